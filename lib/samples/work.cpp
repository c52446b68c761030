#include "samples/work.hpp"

namespace convoy::samples {

std::string operator_type(const WorkShape& work) {
    if (work.kind == graph::Kind::whole) return "whole:" + work.onnx_type;
    const bool depthwise = work.kind == graph::Kind::convolution && work.group > 1 && work.channels == 1;
    return depthwise ? "depthwise_convolution" : graph::to_string(work.kind);
}

}  // namespace convoy::samples

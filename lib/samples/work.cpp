#include "samples/work.hpp"

namespace convoy::samples {

namespace {

graph::Index summed_channels(const graph::Operator& op, const WorkShape& shape) {
    if (shape.inputs.empty()) return 0;
    const graph::Index read = shape.inputs.front()[graph::Axis::c].size();
    if (op.kind == graph::Kind::convolution && op.weights && op.weights->dims.size() > 1) {
        return op.group > 1 ? op.weights->dims[1] : read;
    }
    return op.kind == graph::Kind::gemm ? read : 1;
}

}  // namespace

WorkShape describe(const graph::Graph& graph, const graph::Work& work) {
    const graph::Operator& op = graph.op(work.op);
    WorkShape shape;
    shape.kind = op.kind;
    shape.onnx_type = op.onnx_type;
    shape.kernel = op.window.kernel;
    shape.stride = op.window.stride;
    shape.group = op.group;
    shape.addend = work.in.has_value();
    shape.whole_output = graph.tensor(op.outputs.at(0)).full;
    if (!work.outputs.empty()) shape.output = work.outputs.front().hull();
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        const graph::Slab read = graph::needed(graph, work.op, i, work.outputs, work.in);
        shape.inputs.push_back(read.hull());
        shape.input_bytes += util::Bytes(read.volume() * graph.tensor(op.inputs[i]).element_bytes);
    }
    shape.channels = summed_channels(op, shape);
    shape.flops = graph::flops(graph, work);
    shape.weight_bytes = graph::weight_bytes(graph, work);
    for (std::size_t i = 0; i < work.outputs.size(); ++i) {
        shape.output_bytes += util::Bytes(work.outputs[i].volume() * graph.tensor(op.outputs.at(i)).element_bytes);
    }
    return shape;
}

std::string operator_type(const WorkShape& work) {
    if (work.kind == graph::Kind::whole) return "whole:" + work.onnx_type;
    const bool depthwise = work.kind == graph::Kind::convolution && work.group > 1 && work.channels == 1;
    return depthwise ? "depthwise_convolution" : graph::to_string(work.kind);
}

}  // namespace convoy::samples

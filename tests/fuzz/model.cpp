// The ONNX reader: the walk over the wire format, the checks, folding, shape inference and conversion.
#include "fuzz/target.hpp"
#include "graph/onnx.hpp"

void convoy::fuzz::check(std::string_view input) {
    (void)graph::read_onnx(util::FileView::from_bytes(std::string(input), "fuzz.onnx"));
}

#include "graph/warm_up.hpp"

#include <onnx/onnx_pb.h>

#include "graph/onnx.hpp"

namespace convoy::graph {
namespace {

void describe(onnx::ValueInfoProto& value, const char* name) {
    value.set_name(name);
    auto& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const int dim : {1, 1, 4, 4}) type.mutable_shape()->add_dim()->set_dim_value(dim);
}

}  // namespace

void warm_up() {
    onnx::ModelProto model;
    model.set_ir_version(7);
    model.add_opset_import()->set_version(13);
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.set_name("warm-up");
    describe(*graph.add_input(), "x");
    describe(*graph.add_output(), "y");
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type("Relu");
    node.add_input("x");
    node.add_output("y");
    (void)read_onnx(util::FileView::from_bytes(model.SerializeAsString(), "warm-up"));
}

}  // namespace convoy::graph

#include "graph/onnx_write.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <limits>

#include "graph/onnx_nodes.hpp"
#include "util/error.hpp"

namespace convoy::graph {
namespace detail {
namespace {

// Field numbers of onnx.proto whose contents are written apart.
constexpr std::uint32_t kModelGraph = 7;
constexpr std::uint32_t kGraphInitializer = 5;
constexpr std::uint32_t kTensorRawData = 9;

/// A constant per channel, shaped so that it broadcasts to the operator's output.
std::string per_channel(Nodes& nodes, const Operator& op, const char* suffix, std::vector<float> values) {
    const auto channels = static_cast<Index>(values.size());
    const std::size_t rank = nodes.graph().tensor(op.outputs[0]).dims.size();
    std::vector<Index> dims(rank, 1);
    if (rank > 1) dims[1] = channels;
    return nodes.floats(op.name + suffix, std::move(dims), std::move(values));
}

void add_constant_step(Nodes& nodes, Chain& chain, const Operator& op, const char* type, std::vector<float> values) {
    if (values.empty()) return;
    const char* suffix = type == std::string_view("Mul") ? "_scale" : "_shift";
    chain.then([&, type, suffix, values = std::move(values)](const std::string& from, const std::string& to) {
        nodes.add(type, chain.name(suffix), {from, per_channel(nodes, op, suffix, values)}, to);
    });
}

void add_tail(Nodes& nodes, Chain& chain, const Operator& op) {
    const Tail& tail = op.tail;
    if (tail.bias && !op.weights) {
        std::vector<float> bias(static_cast<std::size_t>(tail.bias->elements()));
        copy_floats(*tail.bias, 0, tail.bias->elements(), bias.data());
        add_constant_step(nodes, chain, op, "Add", std::move(bias));
    }
    add_constant_step(nodes, chain, op, "Mul", tail.scale);
    add_constant_step(nodes, chain, op, "Add", tail.shift);
    add_function(nodes, chain, {tail.activation, tail.alpha, tail.beta, tail.low, tail.high});
}

void write_operator(Nodes& nodes, const Operator& op) {
    if (op.kind == Kind::whole) return write_whole(nodes, op);
    Chain chain(nodes, op, nodes.graph().tensor(op.inputs[0]).name, nodes.graph().tensor(op.outputs[0]).name);
    add_core(nodes, chain, op);
    add_tail(nodes, chain, op);
    chain.finish();
}

void describe(const TensorInfo& tensor, onnx::ValueInfoProto& info) {
    info.set_name(tensor.name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(static_cast<int>(tensor.type));
    type.mutable_shape();
    for (const Index dim : tensor.dims) type.mutable_shape()->add_dim()->set_dim_value(dim);
}

/// Tag and length of a length-delimited field.
std::string field_header(std::uint32_t number, std::uint64_t length) {
    std::string header;
    google::protobuf::io::StringOutputStream stream(&header);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.WriteTag(number << 3U | 2U);
    coded.WriteVarint64(length);
    coded.Trim();
    return header;
}

/// An initializer without its values, in the wire format, and how many bytes of them follow.
struct Head {
    std::string bytes;  ///< up to and including the header of raw_data
    std::uint64_t values = 0;
    [[nodiscard]] std::uint64_t length() const noexcept { return bytes.size() + values; }
};

Head head_of(const onnx::TensorProto& tensor) {
    Head head{tensor.SerializeAsString(),
              static_cast<std::uint64_t>(element_size(static_cast<ElementType>(tensor.data_type())))};
    for (const std::int64_t dim : tensor.dims()) head.values *= static_cast<std::uint64_t>(dim);
    head.bytes += field_header(kTensorRawData, head.values);
    return head;
}

onnx::ModelProto model_of(Index opset) {
    onnx::ModelProto model;
    model.set_ir_version(opset > 14 ? 8 : 7);
    model.set_producer_name("convoy");
    auto& import = *model.add_opset_import();
    import.set_domain("");
    import.set_version(opset);
    return model;
}

void write(Nodes& nodes, const Sink& sink) {
    const std::string model = model_of(nodes.opset()).SerializeAsString();
    const std::string rest = nodes.proto().SerializeAsString();
    std::vector<Head> heads;
    std::uint64_t length = rest.size();
    for (const WrittenTensor& tensor : nodes.tensors()) {
        const Head& head = heads.emplace_back(head_of(tensor.head));
        length += field_header(kGraphInitializer, head.length()).size() + head.length();
    }
    if (length > std::numeric_limits<std::int32_t>::max()) {
        throw util::Error(util::Errc::impossible,
                          fmt::format("the model has {} bytes; one ONNX file holds 2 GiB", length));
    }
    sink(model);
    sink(field_header(kModelGraph, length));
    sink(rest);
    for (std::size_t i = 0; i < heads.size(); ++i) {
        const std::string values = nodes.tensors()[i].values();
        if (values.size() != heads[i].values) {
            throw util::Error(util::Errc::internal, "a weight has another size than its dimensions say");
        }
        sink(field_header(kGraphInitializer, heads[i].length()));
        sink(heads[i].bytes);
        sink(values);
    }
}

}  // namespace
}  // namespace detail

void write_onnx(const Graph& graph, const Sink& sink) {
    detail::Nodes nodes(graph);
    for (const Operator& op : graph.operators()) detail::write_operator(nodes, op);
    for (const TensorId id : graph.inputs()) detail::describe(graph.tensor(id), *nodes.proto().add_input());
    for (const TensorId id : graph.outputs()) detail::describe(graph.tensor(id), *nodes.proto().add_output());
    detail::write(nodes, sink);
}

std::string onnx_bytes(const Graph& graph) {
    std::string bytes;
    write_onnx(graph, [&](std::string_view part) { bytes += part; });
    return bytes;
}

}  // namespace convoy::graph

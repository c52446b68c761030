// The parts of a model that is being written: names, initializers, activations.
#include "graph/onnx_nodes.hpp"

#include <algorithm>

#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

/// The meaning of operators that run whole depends on the opset they were read with.
Index opset_of(const Graph& graph) {
    constexpr Index kOpset = 13;
    for (const Operator& op : graph.operators()) {
        const auto opset = op.attributes.find("opset");
        if (op.kind == Kind::whole && opset != op.attributes.end()) return std::get<std::int64_t>(opset->second);
    }
    return kOpset;
}

std::string unique(std::set<std::string, std::less<>>& taken, std::string name) {
    while (!taken.insert(name).second) name += "'";
    return name;
}

const char* type_of(Activation function) {
    switch (function) {
        case Activation::none:
            return "Identity";
        case Activation::relu:
            return "Relu";
        case Activation::leaky_relu:
            return "LeakyRelu";
        case Activation::clip:
            return "Clip";
        case Activation::sigmoid:
        case Activation::silu:
            return "Sigmoid";
        case Activation::hard_sigmoid:
        case Activation::hard_swish:
            return "HardSigmoid";
        case Activation::tanh:
            return "Tanh";
        case Activation::elu:
            return "Elu";
        case Activation::softplus:
            return "Softplus";
        case Activation::softsign:
            return "Softsign";
        case Activation::abs:
            return "Abs";
        case Activation::neg:
            return "Neg";
        case Activation::exp:
            return "Exp";
        case Activation::log:
            return "Log";
        case Activation::sqrt:
            return "Sqrt";
        case Activation::erf:
            return "Erf";
        case Activation::reciprocal:
            return "Reciprocal";
        case Activation::floor:
            return "Floor";
        case Activation::ceil:
            return "Ceil";
        case Activation::round:
            return "Round";
        case Activation::sign:
            return "Sign";
    }
    throw util::Error(util::Errc::internal, "an activation that cannot be written");
}

void write_function(Nodes& nodes, const std::string& name, const WrittenFunction& written, const std::string& from,
                    const std::string& to) {
    const Activation function = written.function;
    const bool gated = function == Activation::silu || function == Activation::hard_swish;
    const std::string out = gated ? nodes.tensor_name(to + "_gate") : to;
    std::vector<std::string> inputs{from};
    if (function == Activation::clip && nodes.opset() >= 11) {
        inputs.push_back(nodes.floats(name + "_low", {}, {written.low}));
        inputs.push_back(nodes.floats(name + "_high", {}, {written.high}));
    }
    onnx::NodeProto& node = nodes.add(type_of(function), gated ? nodes.node_name(name + "_gate") : name, inputs, out);
    if (function == Activation::clip && nodes.opset() < 11) {
        set_attribute(node, "min", written.low);
        set_attribute(node, "max", written.high);
    }
    if (function == Activation::leaky_relu || function == Activation::elu) set_attribute(node, "alpha", written.alpha);
    if (function == Activation::hard_sigmoid || function == Activation::hard_swish) {
        set_attribute(node, "alpha", written.alpha);
        set_attribute(node, "beta", written.beta);
    }
    if (gated) nodes.add("Mul", name, {from, out}, to);
}

}  // namespace

Nodes::Nodes(const Graph& graph) : graph_(graph), opset_(opset_of(graph)) {
    proto_.set_name("convoy");
    for (const Operator& op : graph.operators()) node_names_.insert(op.name);
    for (const TensorInfo& info : graph.tensors()) tensor_names_.insert(info.name);
}

onnx::NodeProto& Nodes::add(const std::string& type, const std::string& name, const std::vector<std::string>& inputs,
                            const std::string& output) {
    onnx::NodeProto& node = *proto_.add_node();
    node.set_op_type(type);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
}

std::string Nodes::node_name(std::string name) { return unique(node_names_, std::move(name)); }

std::string Nodes::tensor_name(std::string name) { return unique(tensor_names_, std::move(name)); }

std::string Nodes::made(const std::string& name, ElementType type, const std::vector<Index>& dims,
                        std::function<std::string()> values) {
    WrittenTensor tensor;
    tensor.head.set_name(tensor_name(name));
    tensor.head.set_data_type(static_cast<int>(type));
    for (const Index dim : dims) tensor.head.add_dims(dim);
    tensor.values = std::move(values);
    tensors_.push_back(std::move(tensor));
    return tensors_.back().head.name();
}

std::string Nodes::constant(const std::string& name, const Constant& value) {
    return made(name, value.type, value.dims,
                [data = value.data] { return std::string(reinterpret_cast<const char*>(data.data()), data.size()); });
}

std::string Nodes::floats(const std::string& name, std::vector<Index> dims, std::vector<float> values) {
    return made(name, ElementType::float32, dims, [values = std::move(values)] {
        return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    });
}

std::string Nodes::integers(const std::string& name, std::vector<Index> values) {
    const auto count = static_cast<Index>(values.size());
    return made(name, ElementType::int64, {count}, [values = std::move(values)] {
        return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Index));
    });
}

void set_attribute(onnx::NodeProto& node, const std::string& name, const Attribute& value) {
    onnx::AttributeProto& written = *node.add_attribute();
    written.set_name(name);
    if (const auto* i = std::get_if<std::int64_t>(&value)) {
        written.set_type(onnx::AttributeProto::INT);
        written.set_i(*i);
    } else if (const auto* f = std::get_if<float>(&value)) {
        written.set_type(onnx::AttributeProto::FLOAT);
        written.set_f(*f);
    } else if (const auto* s = std::get_if<std::string>(&value)) {
        written.set_type(onnx::AttributeProto::STRING);
        written.set_s(*s);
    } else if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&value)) {
        written.set_type(onnx::AttributeProto::INTS);
        for (const std::int64_t one : *ints) written.add_ints(one);
    } else {
        written.set_type(onnx::AttributeProto::FLOATS);
        for (const float one : std::get<std::vector<float>>(value)) written.add_floats(one);
    }
}

std::string Chain::name(const std::string& suffix) {
    if (named_) return nodes_.node_name(op_.name + suffix);
    named_ = true;
    return op_.name;
}

void Chain::finish() {
    if (links_.empty()) {
        nodes_.add("Identity", op_.name, {at_}, to_);
        return;
    }
    for (std::size_t i = 0; i < links_.size(); ++i) {
        const std::string to = i + 1 == links_.size() ? to_ : nodes_.tensor_name(to_ + "_raw");
        links_[i](at_, to);
        at_ = to;
    }
}

void add_function(Nodes& nodes, Chain& chain, const WrittenFunction& written) {
    if (written.function == Activation::none) return;
    chain.then([&nodes, &chain, written](const std::string& from, const std::string& to) {
        write_function(nodes, chain.name("_function"), written, from, to);
    });
}

}  // namespace convoy::graph::detail

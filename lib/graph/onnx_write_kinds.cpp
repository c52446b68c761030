// How each kind of operator is written in ONNX.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "graph/onnx_nodes.hpp"
#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

using Pair = std::array<Index, 2>;

std::vector<std::int64_t> ints(const Pair& pair) { return {pair[0], pair[1]}; }

std::vector<std::int64_t> pads_of(const Window& window) {
    return {window.pad_begin[0], window.pad_begin[1], window.pad_end[0], window.pad_end[1]};
}

/// The weights as the engine computes with them, batch norm multiplied in.
std::string scaled_weights(const Operator& op) {
    std::vector<float> values(static_cast<std::size_t>(op.weights->elements()));
    copy_floats(*op.weights, 0, op.weights->elements(), values.data());
    const std::size_t row = op.weight_scale.empty() ? 0 : values.size() / op.weight_scale.size();
    for (std::size_t i = 0; i < values.size() && row > 0; ++i) values[i] *= op.weight_scale[i / row];
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// [f, c/group, kh, kw], as in the graph, -> [c, f/group, kh, kw], as ConvTranspose has them.
std::string swapped_weights(const Operator& op) {
    const std::vector<Index>& dims = op.weights->dims;
    const std::string from = scaled_weights(op);
    std::string to(from.size(), '\0');
    const Index outputs = dims[0] / op.group;
    const auto area = static_cast<std::size_t>(dims[2] * dims[3]) * sizeof(float);
    for (Index f = 0; f < dims[0]; ++f) {
        for (Index c = 0; c < dims[1]; ++c) {
            const Index place = (f / outputs * dims[1] + c) * outputs + f % outputs;
            std::memcpy(to.data() + static_cast<std::size_t>(place) * area,
                        from.data() + static_cast<std::size_t>(f * dims[1] + c) * area, area);
        }
    }
    return to;
}

/// Input, weights and bias of a node with weights.
std::vector<std::string> with_weights(const Part& part, const std::string& from, const std::vector<Index>& dims,
                                      std::function<std::string()> values) {
    const Operator& op = part.op;
    std::vector<std::string> inputs{from};
    inputs.push_back(part.nodes.made(op.name + ".weight", ElementType::float32, dims, std::move(values)));
    if (op.tail.bias) inputs.push_back(part.nodes.constant(op.name + ".bias", *op.tail.bias));
    return inputs;
}

void set_window(onnx::NodeProto& node, const Window& window) {
    set_attribute(node, "kernel_shape", ints(window.kernel));
    set_attribute(node, "strides", ints(window.stride));
    set_attribute(node, "pads", pads_of(window));
}

void add_convolution(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        const Operator& op = part.op;
        const auto inputs = with_weights(part, from, op.weights->dims, [&op] { return scaled_weights(op); });
        onnx::NodeProto& node = part.nodes.add("Conv", part.chain.name(""), inputs, to);
        set_window(node, op.window);
        set_attribute(node, "dilations", ints(op.window.dilation));
        set_attribute(node, "group", op.group);
    });
}

void add_transposed_convolution(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        const Operator& op = part.op;
        const Window& window = op.window;
        const std::vector<Index>& dims = op.weights->dims;
        const auto inputs = with_weights(part, from, {dims[1] * op.group, dims[0] / op.group, dims[2], dims[3]},
                                         [&op] { return swapped_weights(op); });
        onnx::NodeProto& node = part.nodes.add("ConvTranspose", part.chain.name(""), inputs, to);
        set_window(node, window);
        set_attribute(node, "dilations", ints(window.dilation));
        set_attribute(node, "group", op.group);
        std::vector<std::int64_t> extra;
        for (std::size_t i = 0; i < 2; ++i) {
            const Index covered =
                (part.input().dims[i + 2] - 1) * window.stride[i] + (window.kernel[i] - 1) * window.dilation[i] + 1;
            extra.push_back(part.output().dims[i + 2] - covered + window.pad_begin[i] + window.pad_end[i]);
        }
        set_attribute(node, "output_padding", std::move(extra));
    });
}

/// How many positions a pool's window moves along an axis; what is left over is less than a stride.
Index room_of(const Part& part, std::size_t i) {
    const Window& window = part.op.window;
    return part.input().dims[i + 2] + window.pad_begin[i] + window.pad_end[i] -
           (window.kernel[i] - 1) * window.dilation[i] - 1;
}

enum class Ends { complete, incomplete, one_incomplete };

/// Whether a pool's output has the incomplete window at its end: ONNX says so for both axes together.
Ends ends_of(const Part& part) {
    const Window& window = part.op.window;
    bool complete = true;
    bool incomplete = true;
    for (std::size_t i = 0; i < 2; ++i) {
        const Index steps = part.output().dims[i + 2] - 1;
        complete = complete && steps == room_of(part, i) / window.stride[i];
        incomplete = incomplete && steps == (room_of(part, i) + window.stride[i] - 1) / window.stride[i];
    }
    return complete ? Ends::complete : incomplete ? Ends::incomplete : Ends::one_incomplete;
}

/// With as much padding at the end as completes the last window, where padding does not count.
Window completed(const Part& part) {
    Window window = part.op.window;
    for (std::size_t i = 0; i < 2; ++i) {
        const Index lacking = (part.output().dims[i + 2] - 1) * window.stride[i] - room_of(part, i);
        window.pad_end[i] += std::max<Index>(0, lacking);
    }
    return window;
}

[[noreturn]] void refuse_pool(const Part& part, const char* why) {
    throw util::Error(util::Errc::impossible, fmt::format("operator '{}' is {}", part.op.name, why));
}

void add_pool(const Part& part) {
    const bool max = part.op.kind == Kind::max_pool;
    if (!max && part.op.window.dilation != Pair{1, 1}) {
        refuse_pool(part, "an average pool with dilation, which ONNX has only from opset 19");
    }
    const Ends ends = ends_of(part);
    if (ends == Ends::one_incomplete && part.op.window.count_include_pad) {
        refuse_pool(part, "a pool that counts its padding, with an incomplete window along one axis only");
    }
    part.chain.then([part, max, ends](const std::string& from, const std::string& to) {
        const Window window = ends == Ends::one_incomplete ? completed(part) : part.op.window;
        onnx::NodeProto& node = part.nodes.add(max ? "MaxPool" : "AveragePool", part.chain.name(""), {from}, to);
        set_window(node, window);
        if (max && window.dilation != Pair{1, 1}) set_attribute(node, "dilations", ints(window.dilation));
        if (ends == Ends::incomplete) set_attribute(node, "ceil_mode", std::int64_t{1});
        if (!max && window.count_include_pad) set_attribute(node, "count_include_pad", std::int64_t{1});
    });
}

void add_global_pool(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        const Kind kind = part.op.kind;
        const bool map = part.output().dims.size() == 4;
        if (map && kind != Kind::global_sum_pool) {
            const char* type = kind == Kind::global_max_pool ? "GlobalMaxPool" : "GlobalAveragePool";
            part.nodes.add(type, part.chain.name(""), {from}, to);
            return;
        }
        const bool sum = kind == Kind::global_sum_pool;
        const char* type = sum ? "ReduceSum" : kind == Kind::global_max_pool ? "ReduceMax" : "ReduceMean";
        std::vector<std::string> inputs{from};
        const bool axes_as_input = sum && part.nodes.opset() >= 13;
        if (axes_as_input) inputs.push_back(part.nodes.integers(part.op.name + "_axes", {2, 3}));
        onnx::NodeProto& node = part.nodes.add(type, part.chain.name(""), inputs, to);
        if (!axes_as_input) set_attribute(node, "axes", std::vector<std::int64_t>{2, 3});
        set_attribute(node, "keepdims", std::int64_t{map ? 1 : 0});
    });
}

void add_gemm(const Part& part) {
    if (part.input().dims.size() == 4) {
        part.chain.then([part](const std::string& from, const std::string& to) {
            part.nodes.add("Flatten", part.nodes.node_name(part.op.name + "_flatten"), {from}, to);
        });
    }
    part.chain.then([part](const std::string& from, const std::string& to) {
        const Operator& op = part.op;
        const auto inputs = with_weights(part, from, op.weights->dims, [&op] { return scaled_weights(op); });
        set_attribute(part.nodes.add("Gemm", part.chain.name(""), inputs, to), "transB", std::int64_t{1});
    });
}

const char* type_of(Arithmetic arithmetic) {
    switch (arithmetic) {
        case Arithmetic::add:
            return "Add";
        case Arithmetic::sub:
            return "Sub";
        case Arithmetic::mul:
            return "Mul";
        case Arithmetic::div:
            return "Div";
        case Arithmetic::pow:
            return "Pow";
        case Arithmetic::min:
            return "Min";
        case Arithmetic::max:
            return "Max";
        case Arithmetic::prelu:
            return "PRelu";
    }
    throw util::Error(util::Errc::internal, "an arithmetic that cannot be written");
}

Arithmetic arithmetic_of(const Operator& op) {
    if (op.kind == Kind::binary) return op.arithmetic;
    return op.kind == Kind::mul ? Arithmetic::mul : Arithmetic::add;
}

/// Names of all operands, constants included, in their order.
std::vector<std::string> operands_of(const Part& part) {
    std::vector<std::string> operands;
    std::size_t activation = 0;
    const std::size_t count = std::max(part.op.constant_inputs.size(), part.op.inputs.size());
    for (std::size_t i = 0; i < count; ++i) {
        const bool constant = i < part.op.constant_inputs.size() && part.op.constant_inputs[i].has_value();
        operands.push_back(constant ? part.nodes.constant(part.op.name + "_operand", *part.op.constant_inputs[i])
                                    : part.input(activation++).name);
    }
    return operands;
}

/// PRelu alone broadcasts only its slope: the first operand needs the dims of the output.
void widen_first(const Part& part, std::vector<std::string>& operands) {
    const auto& constants = part.op.constant_inputs;
    const bool constant = !constants.empty() && constants[0].has_value();
    if ((constant ? constants[0]->dims : part.input().dims) == part.output().dims) return;
    const std::string shape = part.nodes.integers(part.op.name + "_shape", part.output().dims);
    const std::string wide = part.nodes.tensor_name(part.output().name + "_wide");
    part.nodes.add("Expand", part.nodes.node_name(part.op.name + "_wide"), {operands[0], shape}, wide);
    operands[0] = wide;
}

void add_arithmetic(const Part& part) {
    part.chain.then([part](const std::string&, const std::string& to) {
        const Arithmetic arithmetic = arithmetic_of(part.op);
        std::vector<std::string> operands = operands_of(part);
        const bool variadic = arithmetic == Arithmetic::min || arithmetic == Arithmetic::max;
        if (variadic || (arithmetic == Arithmetic::add && operands.size() > 2)) {
            part.nodes.add(variadic ? type_of(arithmetic) : "Sum", part.chain.name(""), operands, to);
            return;
        }
        if (arithmetic == Arithmetic::prelu) widen_first(part, operands);
        std::string left = operands[0];  // from the left, two at a time
        for (std::size_t i = 1; i < operands.size(); ++i) {
            const bool last = i + 1 == operands.size();
            const std::string out = last ? to : part.nodes.tensor_name(to + "_part");
            const std::string name = last ? part.chain.name("") : part.nodes.node_name(part.op.name + "_part");
            part.nodes.add(type_of(arithmetic), name, {left, operands[i]}, out);
            left = out;
        }
    });
}

void add_concat(const Part& part) {
    part.chain.then([part](const std::string&, const std::string& to) {
        std::vector<std::string> inputs;
        for (std::size_t i = 0; i < part.op.inputs.size(); ++i) inputs.push_back(part.input(i).name);
        set_attribute(part.nodes.add("Concat", part.chain.name(""), inputs, to), "axis", std::int64_t{1});
    });
}

void add_softmax(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        onnx::NodeProto& node = part.nodes.add("Softmax", part.chain.name(""), {from}, to);
        set_attribute(node, "axis", static_cast<std::int64_t>(part.op.axis));
    });
}

void add_pad(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        const Window& window = part.op.window;
        const std::vector<Index> pads{0, 0, window.pad_begin[0], window.pad_begin[1],
                                      0, 0, window.pad_end[0],   window.pad_end[1]};
        std::vector<std::string> inputs{from};
        if (part.nodes.opset() >= 11) {
            inputs.push_back(part.nodes.integers(part.op.name + "_pads", pads));
            inputs.push_back(part.nodes.floats(part.op.name + "_value", {}, {part.op.pad_value}));
        }
        onnx::NodeProto& node = part.nodes.add("Pad", part.chain.name(""), inputs, to);
        if (part.nodes.opset() >= 11) return;
        set_attribute(node, "pads", pads);
        set_attribute(node, "value", part.op.pad_value);
    });
}

void add_lrn(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        const LocalResponse& response = part.op.local_response;
        onnx::NodeProto& node = part.nodes.add("LRN", part.chain.name(""), {from}, to);
        set_attribute(node, "size", response.size);
        set_attribute(node, "alpha", response.alpha);
        set_attribute(node, "beta", response.beta);
        set_attribute(node, "bias", response.bias);
    });
}

}  // namespace

void add_core(Nodes& nodes, Chain& chain, const Operator& op) {
    const Part part{nodes, chain, op};
    switch (op.kind) {
        case Kind::convolution:
            return add_convolution(part);
        case Kind::transposed_convolution:
            return add_transposed_convolution(part);
        case Kind::max_pool:
        case Kind::average_pool:
            return add_pool(part);
        case Kind::global_average_pool:
        case Kind::global_max_pool:
        case Kind::global_sum_pool:
            return add_global_pool(part);
        case Kind::gemm:
            return add_gemm(part);
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::unary:
            return add_function(nodes, chain, {function_of(op), op.alpha, op.beta, op.low, op.high});
        case Kind::add:
        case Kind::mul:
        case Kind::binary:
            return add_arithmetic(part);
        case Kind::concat:
            return add_concat(part);
        case Kind::batch_norm:
            return;  // all of it is tail
        case Kind::softmax:
            return add_softmax(part);
        case Kind::pad:
            return add_pad(part);
        case Kind::flatten:
            return add_reshape(part);
        case Kind::gather:
            return add_gather(part);
        case Kind::resize:
            return add_resize(part);
        case Kind::depth_to_space:
        case Kind::space_to_depth:
            return add_blocks(part);
        case Kind::lrn:
            return add_lrn(part);
        case Kind::whole:
            break;
    }
    throw util::Error(util::Errc::internal, "a kind of operator that cannot be written");
}

void write_whole(Nodes& nodes, const Operator& op) {
    onnx::NodeProto& node = *nodes.proto().add_node();
    node.set_op_type(op.onnx_type);
    node.set_name(op.name);
    std::size_t activation = 0;
    const std::size_t count = std::max(op.constant_inputs.size(), op.inputs.size());
    for (std::size_t i = 0; i < count; ++i) {
        const bool given = i < op.constant_inputs.size() && op.constant_inputs[i].has_value();
        if (!given) {
            node.add_input(nodes.graph().tensor(op.inputs.at(activation++)).name);
        } else if (op.constant_inputs[i]->dims == std::vector<Index>{0}) {
            node.add_input("");
        } else {
            node.add_input(nodes.constant(op.name + "_operand", *op.constant_inputs[i]));
        }
    }
    for (const TensorId output : op.outputs) node.add_output(nodes.graph().tensor(output).name);
    for (const auto& [name, value] : op.attributes) {
        if (name != "opset") set_attribute(node, name, value);
    }
}

}  // namespace convoy::graph::detail

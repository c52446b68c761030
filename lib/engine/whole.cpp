// Dispatch, and the operators that only move values.
#include "engine/whole.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "engine/functions.hpp"
#include "engine/operators.hpp"

namespace convoy::engine {

using graph::Index;
using graph::Slab;

namespace {

std::optional<graph::Arithmetic> arithmetic_of(const std::string& type) {
    static const std::map<std::string, graph::Arithmetic> table{
        {"Add", graph::Arithmetic::add}, {"Sum", graph::Arithmetic::add}, {"Sub", graph::Arithmetic::sub},
        {"Mul", graph::Arithmetic::mul}, {"Div", graph::Arithmetic::div}, {"Pow", graph::Arithmetic::pow},
        {"Min", graph::Arithmetic::min}, {"Max", graph::Arithmetic::max}, {"PRelu", graph::Arithmetic::prelu},
    };
    const auto found = table.find(type);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Reduction::What> reduction_of(const std::string& type) {
    using What = Reduction::What;
    static const std::map<std::string, What> table{
        {"ReduceSum", What::sum},        {"ReduceMean", What::mean},
        {"ReduceMax", What::max},        {"ReduceMin", What::min},
        {"ReduceProd", What::product},   {"ReduceSumSquare", What::sum_square},
        {"ReduceL1", What::l1},          {"ReduceL2", What::l2},
        {"ReduceLogSum", What::log_sum}, {"ReduceLogSumExp", What::log_sum_exp},
    };
    const auto found = table.find(type);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

constexpr std::size_t kMostDims = 32;  // CV_MAX_DIM

}  // namespace

std::vector<int> mat_dims(const std::vector<Index>& dims) {
    Index volume = 1;
    for (const Index dim : dims) {
        volume = dim < 1 || volume > std::numeric_limits<int>::max() / dim ? -1 : volume * dim;
        if (volume < 0 || dims.size() > kMostDims) {
            throw util::Error(util::Errc::data,
                              fmt::format("a tensor of dims [{}] is too large for the engine", fmt::join(dims, ", ")));
        }
    }
    std::vector<int> result(dims.size() < 2 ? 2 - dims.size() : 0, 1);
    result.insert(result.end(), dims.begin(), dims.end());
    return result;
}

Index count(const std::vector<int>& dims) {
    return std::accumulate(dims.begin(), dims.end(), Index{1}, std::multiplies<>());
}

WholeBuilder::WholeBuilder(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs)
    : builder_(builder), graph_(builder.graph()), op_(graph_.op(work.op)), inputs_(inputs) {
    for (std::size_t i = 0; i < op_.inputs.size(); ++i) inputs_[i] = whole_input(i);
}

std::vector<Value> WholeBuilder::build() {
    if (inputs_.empty()) throw unsupported();
    const std::string& type = op_.onnx_type;
    if (const auto arithmetic = arithmetic_of(type)) return {fold(*arithmetic, operands())};
    if (type == "Concat") return {concat()};
    if (type == "Gemm") return {gemm()};
    if (type == "MatMul") {
        const std::vector<Value> values = operands();
        if (values.size() == 2) return {matrix_product(values[0], values[1])};
    }
    if (!op_.constant_inputs.empty() && op_.constant_inputs[0]) throw unsupported();
    if (type == "Reshape" || type == "Flatten" || type == "Squeeze" || type == "Unsqueeze") return {reshape()};
    if (type == "Transpose") return {transpose()};
    if (type == "Split") return split();
    const bool same_dims = inputs_[0].dims == dims_out(0);
    if (type == "Cast" && same_dims) {
        return {add(std::make_unique<Cast>(dims_out(0), output(0).type), {inputs_[0]})};
    }
    if ((type == "Softmax" || type == "LogSoftmax") && same_dims) return {softmax()};
    if (type == "Clip") return {clip()};
    if (const auto what = reduction_of(type)) return {reduction(*what)};
    if (type == "LayerNormalization") return {layer_norm()};
    throw unsupported();
}

util::Error WholeBuilder::unsupported() const {
    return {util::Errc::data, fmt::format("operator '{}' ({}) has no layer in the engine", op_.name, op_.onnx_type)};
}

std::vector<int> WholeBuilder::dims_out(std::size_t k) const { return mat_dims(output(k).dims); }

Slab WholeBuilder::slab_out(std::size_t k) const { return shape_of(output(k), graph::make_slab(output(k).full)); }

Value WholeBuilder::whole_input(std::size_t i) {
    const graph::TensorInfo& tensor = graph_.tensor(op_.inputs[i]);
    const Slab full = shape_of(tensor, graph::make_slab(tensor.full));
    return builder_.reshaped(builder_.cropped(inputs_[i], full), mat_dims(tensor.dims));
}

Value WholeBuilder::add(std::unique_ptr<Kernel> kernel, const std::vector<Value>& inputs, std::size_t k) {
    return builder_.add_kernel(std::move(kernel), slab_out(k), inputs);
}

Value WholeBuilder::reshape() {
    if (count(inputs_[0].dims) != count(dims_out(0))) throw unsupported();
    Value value = builder_.reshaped(inputs_[0], dims_out(0));
    value.slab = slab_out(0);
    return value;
}

Value WholeBuilder::transpose() {
    const std::size_t rank = inputs_[0].dims.size();
    if (graph_.tensor(op_.inputs[0]).dims.size() < 2) return reshape();
    std::vector<Index> order(rank);
    std::iota(order.rbegin(), order.rend(), 0);
    if (const auto* perm = attribute<std::vector<std::int64_t>>("perm")) order = *perm;
    const Value value = permuted(inputs_[0], order);
    if (value.dims != dims_out(0)) throw unsupported();
    return value;
}

Value WholeBuilder::permuted(const Value& value, const std::vector<Index>& order) {
    std::vector<Index> all(value.dims.size());
    std::iota(all.begin(), all.end(), 0);
    if (!std::ranges::is_permutation(order, all)) throw unsupported();
    const std::vector<Index> steps = dense_steps(value.dims);
    std::vector<int> dims;
    Strides strides;
    for (const Index axis : order) {
        dims.push_back(value.dims[static_cast<std::size_t>(axis)]);
        strides.steps.push_back(steps[static_cast<std::size_t>(axis)]);
    }
    return add(std::make_unique<Gather>(dims, std::move(strides)), {value});
}

std::vector<Value> WholeBuilder::split() {
    const std::vector<int>& dims = inputs_[0].dims;
    const std::size_t axis = axis_of(0);
    const std::vector<Index> steps = dense_steps(dims);
    std::vector<Value> values;
    Index begin = 0;
    for (std::size_t k = 0; k < op_.outputs.size(); ++k) {
        values.push_back(
            add(std::make_unique<Gather>(dims_out(k), Strides{begin * steps[axis], steps}), {inputs_[0]}, k));
        begin += dims_out(k).at(axis);
    }
    if (begin != dims[axis]) throw unsupported();
    return values;
}

Value WholeBuilder::concat() {
    const std::vector<Value> values = operands();
    const std::size_t axis = axis_of(0);
    const std::vector<int> dims = dims_out(0);
    int extent = 0;
    for (const Value& value : values) {
        std::vector<int> without = value.dims;
        if (without.size() != dims.size()) throw unsupported();
        extent += without[axis];
        without[axis] = dims[axis];
        if (without != dims) throw unsupported();
    }
    if (extent != dims[axis]) throw unsupported();
    // Not OpenCV's layer: it has its inputs write into parts of its output, which kernels that point elsewhere do not.
    std::vector<Index> blocks;
    for (const Value& value : values)
        blocks.push_back(count({value.dims.begin() + static_cast<std::ptrdiff_t>(axis), value.dims.end()}));
    return add(std::make_unique<Joined>(dims, std::move(blocks)), values);
}

std::size_t WholeBuilder::axis_of(Index otherwise) const {
    const auto rank = static_cast<Index>(graph_.tensor(op_.inputs[0]).dims.size());
    const auto* given = attribute<std::int64_t>("axis");
    Index axis = given ? *given : otherwise;
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) throw unsupported();
    return static_cast<std::size_t>(axis) + inputs_[0].dims.size() - static_cast<std::size_t>(rank);
}

std::vector<Value> WholeBuilder::operands() {
    std::vector<Value> operands;
    std::size_t next = 0;
    for (const auto& constant : op_.constant_inputs) {
        if (constant && constant->elements() > 0) {
            operands.push_back(known(*constant));
        } else if (!constant && next < inputs_.size()) {
            operands.push_back(inputs_[next++]);
        }
    }
    while (next < inputs_.size()) operands.push_back(inputs_[next++]);
    return operands;
}

Value WholeBuilder::known(const graph::Constant& constant) {
    return builder_.add_kernel(std::make_unique<Known>(mat_dims(constant.dims), floats(constant)), {}, {});
}

std::optional<Value> WholeBuilder::operand(std::size_t place) {
    if (op_.constant_inputs.empty()) return place < inputs_.size() ? std::optional(inputs_[place]) : std::nullopt;
    if (place >= op_.constant_inputs.size()) return std::nullopt;
    const auto& constant = op_.constant_inputs[place];
    if (constant) return constant->elements() > 0 ? std::optional(known(*constant)) : std::nullopt;
    const auto before = op_.constant_inputs.begin() + static_cast<std::ptrdiff_t>(place);
    return inputs_.at(static_cast<std::size_t>(std::count(op_.constant_inputs.begin(), before, std::nullopt)));
}

std::size_t WholeBuilder::onnx_rank(std::size_t place) const {
    std::size_t next = 0;
    for (std::size_t i = 0; i < place && i < op_.constant_inputs.size(); ++i) next += op_.constant_inputs[i] ? 0 : 1;
    if (place < op_.constant_inputs.size() && op_.constant_inputs[place]) {
        return op_.constant_inputs[place]->dims.size();
    }
    return graph_.tensor(op_.inputs.at(op_.constant_inputs.empty() ? place : next)).dims.size();
}

std::vector<Index> WholeBuilder::integers(const graph::Constant& constant) const {
    if (constant.type != graph::ElementType::int64) throw unsupported();
    std::vector<Index> values(static_cast<std::size_t>(constant.elements()));
    if (!values.empty()) std::memcpy(values.data(), constant.data.data(), values.size() * sizeof(Index));
    return values;
}

std::vector<float> WholeBuilder::floats(const graph::Constant& constant) const {
    if (!has_floats(constant.type)) throw unsupported();
    std::vector<float> values(static_cast<std::size_t>(constant.elements()));
    to_floats(constant.type, constant.data.data(), values.data(), constant.elements());
    return values;
}

std::vector<Value> add_whole(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs) {
    return WholeBuilder(builder, work, inputs).build();
}

}  // namespace convoy::engine

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "engine/elementwise.hpp"
#include "engine/operators.hpp"
#include "util/error.hpp"

namespace convoy::engine {

using graph::Index;
using graph::Operator;
using graph::Slab;

namespace {

/// Dims as OpenCV has them, which knows no rank below 2.
std::vector<int> ints(const std::vector<Index>& dims) {
    std::vector<int> result(dims.size() < 2 ? 2 - dims.size() : 0, 1);
    result.insert(result.end(), dims.begin(), dims.end());
    return result;
}

std::vector<Index> dense_steps(const std::vector<int>& dims) {
    std::vector<Index> steps(dims.size(), 1);
    for (std::size_t axis = dims.size(); axis-- > 1;) steps[axis - 1] = steps[axis] * dims[axis];
    return steps;
}

/// The layers of one operator that only runs whole. Its Mats have the dims of ONNX.
class WholeBuilder {
  public:
    WholeBuilder(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs)
        : builder_(builder), graph_(builder.graph()), op_(graph_.op(work.op)), inputs_(inputs) {
        for (std::size_t i = 0; i < op_.inputs.size(); ++i) inputs_[i] = whole_input(i);
    }

    std::vector<Value> build() {
        if (inputs_.empty()) throw unsupported();
        const std::string& type = op_.onnx_type;
        if (type == "Reshape" || type == "Flatten" || type == "Squeeze" || type == "Unsqueeze") return {reshape()};
        if (type == "Transpose") return {transpose()};
        if (type == "Split") return split();
        const bool same_dims = !inputs_.empty() && inputs_[0].dims == dims_out(0);
        if ((type == "Softmax" || type == "LogSoftmax") && same_dims) return {softmax()};
        if (Function function = unary_function(op_); function && same_dims) {
            return {add(std::make_unique<Unary>(dims_out(0), std::move(function)), {inputs_[0]})};
        }
        if (Function2 function = binary_function(type)) return {arithmetic(std::move(function))};
        throw unsupported();
    }

  private:
    [[nodiscard]] util::Error unsupported() const {
        return {util::Errc::data,
                fmt::format("operator '{}' ({}) has no layer in the engine", op_.name, op_.onnx_type)};
    }

    [[nodiscard]] const graph::TensorInfo& output(std::size_t k) const { return graph_.tensor(op_.outputs[k]); }
    [[nodiscard]] std::vector<int> dims_out(std::size_t k) const { return ints(output(k).dims); }
    [[nodiscard]] Slab slab_out(std::size_t k) const { return shape_of(output(k), graph::make_slab(output(k).full)); }

    /// An operand in the dims that ONNX gives it.
    Value whole_input(std::size_t i) {
        const graph::TensorInfo& tensor = graph_.tensor(op_.inputs[i]);
        const Slab full = shape_of(tensor, graph::make_slab(tensor.full));
        return builder_.reshaped(builder_.cropped(inputs_[i], full), ints(tensor.dims));
    }

    Value add(std::unique_ptr<Kernel> kernel, const std::vector<Value>& inputs, std::size_t k = 0) {
        return builder_.add_kernel(std::move(kernel), slab_out(k), inputs);
    }

    Value reshape() {
        Value value = builder_.reshaped(inputs_[0], dims_out(0));
        value.slab = slab_out(0);
        return value;
    }

    Value transpose() {
        const std::vector<int>& dims = inputs_[0].dims;
        std::vector<Index> order(dims.size());
        std::iota(order.rbegin(), order.rend(), 0);
        if (graph_.tensor(op_.inputs[0]).dims.size() < 2) return reshape();
        if (const auto* perm = attribute<std::vector<std::int64_t>>("perm")) order = *perm;
        std::vector<Index> all(dims.size());
        std::iota(all.begin(), all.end(), 0);
        if (!std::ranges::is_permutation(order, all)) throw unsupported();
        const std::vector<Index> steps = dense_steps(dims);
        std::vector<int> permuted;
        Strides strides;
        for (const Index axis : order) {
            permuted.push_back(dims[static_cast<std::size_t>(axis)]);
            strides.steps.push_back(steps[static_cast<std::size_t>(axis)]);
        }
        if (permuted != dims_out(0)) throw unsupported();
        return add(std::make_unique<Gather>(dims_out(0), std::move(strides)), {inputs_[0]});
    }

    std::vector<Value> split() {
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

    /// Along one axis; before opset 13 along all axes from there on, as one.
    Value softmax() {
        const auto opset = op_.attributes.find("opset");
        const bool coerces = opset != op_.attributes.end() && std::get<std::int64_t>(opset->second) < 13;
        std::size_t axis = axis_of(coerces ? 1 : -1);
        Value value = inputs_[0];
        if (coerces) {
            const auto cut = value.dims.begin() + static_cast<std::ptrdiff_t>(axis);
            const int rows = std::accumulate(value.dims.begin(), cut, 1, std::multiplies<>());
            const int columns = std::accumulate(cut, value.dims.end(), 1, std::multiplies<>());
            value = builder_.reshaped(value, {rows, columns});
            axis = 1;
        }
        cv::dnn::LayerParams params;
        params.set("axis", static_cast<int>(axis));
        params.set("log_softmax", op_.onnx_type == "LogSoftmax");
        value = builder_.add_stock("Softmax", params, slab_out(0), {value}, value.dims);
        return builder_.reshaped(value, dims_out(0));
    }

    /// The attribute `axis`, counted in the dims of the Mat.
    [[nodiscard]] std::size_t axis_of(Index otherwise) const {
        const auto rank = static_cast<Index>(graph_.tensor(op_.inputs[0]).dims.size());
        const auto* given = attribute<std::int64_t>("axis");
        Index axis = given ? *given : otherwise;
        if (axis < 0) axis += rank;
        if (axis < 0 || axis >= rank) throw unsupported();
        return static_cast<std::size_t>(axis) + inputs_[0].dims.size() - static_cast<std::size_t>(rank);
    }

    /// An attribute, or nullptr when the operator does not have it.
    template <class T>
    [[nodiscard]] const T* attribute(const char* name) const {
        const auto found = op_.attributes.find(name);
        if (found == op_.attributes.end()) return nullptr;
        const T* value = std::get_if<T>(&found->second);
        if (!value) throw unsupported();
        return value;
    }

    [[nodiscard]] static bool broadcasts(const std::vector<int>& dims, const std::vector<int>& to) {
        if (dims.size() > to.size()) return false;
        return std::equal(dims.rbegin(), dims.rend(), to.rbegin(), [](int a, int b) { return a == 1 || a == b; });
    }

    Value arithmetic(Function2 function) {
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
        if (operands.size() != 2) throw unsupported();
        const std::vector<int> dims = dims_out(0);
        for (const Value& operand : operands) {
            if (!broadcasts(operand.dims, dims)) throw unsupported();
        }
        return add(std::make_unique<Arithmetic>(dims, broadcast(operands[0].dims, dims),
                                                broadcast(operands[1].dims, dims), std::move(function)),
                   operands);
    }

    Value known(const graph::Constant& constant) {
        if (constant.type != graph::ElementType::float32) throw unsupported();
        std::vector<float> values(static_cast<std::size_t>(constant.elements()));
        graph::copy_floats(constant, 0, constant.elements(), values.data());
        return builder_.add_kernel(std::make_unique<Known>(ints(constant.dims), std::move(values)), {}, {});
    }

    NetBuilder& builder_;
    const graph::Graph& graph_;
    const Operator& op_;
    std::vector<Value> inputs_;
};

}  // namespace

std::vector<Value> add_whole(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs) {
    return WholeBuilder(builder, work, inputs).build();
}

}  // namespace convoy::engine

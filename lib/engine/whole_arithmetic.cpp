// Operators that run whole and compute.
#include <algorithm>
#include <functional>
#include <numeric>

#include "engine/whole.hpp"

namespace convoy::engine {

using graph::Index;

namespace {

bool broadcasts(const std::vector<int>& dims, const std::vector<int>& to) {
    if (dims.size() > to.size()) return false;
    return std::equal(dims.rbegin(), dims.rend(), to.rbegin(), [](int a, int b) { return a == 1 || a == b; });
}

/// Distances along the leading axes of a stack of matrices.
Strides batch_steps(const std::vector<int>& dims) {
    std::vector<Index> steps = dense_steps(dims);
    steps.resize(dims.size() - 2);
    return {0, steps};
}

}  // namespace

/// Along one axis; before opset 13 along all axes from there on, as one.
Value WholeBuilder::softmax() {
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

Value WholeBuilder::clip() {
    Value value = inputs_[0];
    if (const auto low = operand(1)) value = fold(graph::Arithmetic::max, {value, *low});
    if (const auto high = operand(2)) value = fold(graph::Arithmetic::min, {value, *high});
    return value;
}

Value WholeBuilder::fold(graph::Arithmetic arithmetic, const std::vector<Value>& values) {
    if (values.empty()) throw unsupported();
    const std::vector<int> dims = dims_out(0);
    std::vector<Strides> strides;
    for (const Value& value : values) {
        if (!broadcasts(value.dims, dims)) throw unsupported();
        strides.push_back(broadcast(value.dims, dims));
    }
    if (op_.onnx_type == "PRelu" && values.size() != 2) throw unsupported();
    return add(std::make_unique<Fold>(dims, std::move(strides), arithmetic), values);
}

std::vector<bool> WholeBuilder::reduced_axes() const {
    if (op_.inputs.size() != 1) throw unsupported();
    const std::vector<Index>& dims = graph_.tensor(op_.inputs[0]).dims;
    std::vector<Index> axes;
    if (const auto* given = attribute<std::vector<std::int64_t>>("axes")) axes = *given;
    if (op_.constant_inputs.size() > 1 && op_.constant_inputs[1]) axes = integers(*op_.constant_inputs[1]);
    const auto* noop = attribute<std::int64_t>("noop_with_empty_axes");
    std::vector<bool> reduced(dims.size(), axes.empty() && !(noop && *noop != 0));
    for (Index axis : axes) {
        if (axis < 0) axis += static_cast<Index>(dims.size());
        if (axis < 0 || axis >= static_cast<Index>(dims.size())) throw unsupported();
        reduced[static_cast<std::size_t>(axis)] = true;
    }
    return reduced;
}

Value WholeBuilder::reduction(Reduction::What what) {
    const std::vector<int>& dims = inputs_[0].dims;
    std::vector<bool> is_reduced = reduced_axes();
    is_reduced.insert(is_reduced.begin(), dims.size() - is_reduced.size(), false);
    const std::vector<Index> steps = dense_steps(dims);
    Reduction::Axes kept;
    Reduction::Axes reduced{{1}, {0, {0}}};  // of a scalar there is one value to reduce
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        Reduction::Axes& side = is_reduced[axis] ? reduced : kept;
        side.dims.push_back(dims[axis]);
        side.steps.steps.push_back(steps[axis]);
    }
    const std::vector<int> out = dims_out(0);
    if (count(kept.dims) != count(out)) throw unsupported();
    return add(std::make_unique<Reduction>(out, what, std::move(kept), std::move(reduced)), {inputs_[0]});
}

/// As numpy's matmul: a vector on the left is a row, one on the right a column, leading axes are broadcast.
Value WholeBuilder::matrix_product(const Value& first, const Value& second) {
    const std::vector<int>& left = first.dims;
    std::vector<int> right = second.dims;
    if (onnx_rank(1) == 1) right = {right[1], 1};
    const int inner = left.back();
    if (right[right.size() - 2] != inner) throw unsupported();
    MatrixProduct::Geometry geometry;
    geometry.rows = left[left.size() - 2];
    geometry.inner = inner;
    geometry.columns = right.back();
    const Strides steps_left = batch_steps(left);
    const Strides steps_right = batch_steps(right);
    const std::size_t rank = std::max(left.size(), right.size()) - 2;
    const auto extent = [&](const std::vector<int>& dims, std::size_t axis) {
        return axis + dims.size() < rank + 2 ? 1 : dims[axis + dims.size() - rank - 2];
    };
    const auto step = [&](const Strides& strides, const std::vector<int>& dims, std::size_t axis) {
        return extent(dims, axis) == 1 ? Index{0} : strides.steps[axis + dims.size() - rank - 2];
    };
    for (std::size_t axis = 0; axis < rank; ++axis) {
        const int a = extent(left, axis);
        const int b = extent(right, axis);
        if (a != b && a != 1 && b != 1) throw unsupported();
        geometry.batch.push_back(std::max(a, b));
        geometry.left.steps.push_back(step(steps_left, left, axis));
        geometry.right.steps.push_back(step(steps_right, right, axis));
    }
    if (count(geometry.batch) * geometry.rows * geometry.columns != count(dims_out(0))) throw unsupported();
    return add(std::make_unique<MatrixProduct>(dims_out(0), std::move(geometry)), {first, second});
}

/// alpha A' B' + beta C.
Value WholeBuilder::gemm() {
    const auto left = operand(0);
    const auto right = operand(1);
    if (!left || !right || left->dims.size() != 2 || right->dims.size() != 2) throw unsupported();
    const auto turned = [&](const Value& value, const char* flag) {
        return attribute_or<std::int64_t>(flag, 0) != 0 ? permuted(value, {1, 0}) : value;
    };
    const Value product =
        scaled(matrix_product(turned(*left, "transA"), turned(*right, "transB")), attribute_or("alpha", 1.0F));
    const auto added = operand(2);
    if (!added) return product;
    return fold(graph::Arithmetic::add, {product, scaled(*added, attribute_or("beta", 1.0F))});
}

Value WholeBuilder::scaled(const Value& value, float factor) {
    if (factor == 1) return value;
    const Value number =
        builder_.add_kernel(std::make_unique<Known>(std::vector<int>{1, 1}, std::vector{factor}), {}, {});
    std::vector<Strides> strides{broadcast(value.dims, value.dims), broadcast({1, 1}, value.dims)};
    return add(std::make_unique<Fold>(value.dims, std::move(strides), graph::Arithmetic::mul), {value, number});
}

Value WholeBuilder::layer_norm() {
    const auto& constants = op_.constant_inputs;
    const bool constant = constants.size() > 1 && constants[1] && (constants.size() < 3 || constants[2]);
    if (op_.outputs.size() != 1 || !constant) throw unsupported();
    const std::size_t axis = axis_of(-1);
    const std::vector<int>& dims = inputs_[0].dims;
    const Index size = count({dims.begin() + static_cast<std::ptrdiff_t>(axis), dims.end()});
    const auto* epsilon = attribute<float>("epsilon");
    std::vector<float> scale = floats(*constants[1]);
    std::vector<float> shift;
    if (constants.size() > 2) shift = floats(*constants[2]);
    const bool fits = static_cast<Index>(scale.size()) == size &&
                      (shift.empty() || static_cast<Index>(shift.size()) == size) && dims == dims_out(0);
    if (!fits) throw unsupported();
    return add(std::make_unique<LayerNorm>(dims, size, epsilon ? *epsilon : 1e-5F, std::move(scale), std::move(shift)),
               {inputs_[0]});
}

}  // namespace convoy::engine

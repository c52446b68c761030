// Conversions of linear operators, batch norm, concatenation and flattening.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "graph/onnx_convert.hpp"

namespace convoy::graph::detail {
namespace {

using Dims = std::vector<Index>;

Index channels_of(const Dims& dims) { return dims[1]; }

std::vector<float> floats_of(const Constant& constant) {
    std::vector<float> values(static_cast<std::size_t>(constant.elements()));
    copy_floats(constant, 0, constant.elements(), values.data());
    return values;
}

Constant make_floats(Draft& draft, Dims dims, const std::vector<float>& values) {
    return draft.own(ElementType::float32, std::move(dims),
                     std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
}

/// [rows, columns] -> [columns, rows].
Constant transposed(Draft& draft, const Constant& matrix) {
    const auto rows = static_cast<std::size_t>(matrix.dims[0]);
    const auto columns = static_cast<std::size_t>(matrix.dims[1]);
    const std::vector<float> from = floats_of(matrix);
    std::string bytes(from.size() * sizeof(float), '\0');
    constexpr std::size_t kBlock = 32;  // both sides stay in the first-level cache
    for (std::size_t row0 = 0; row0 < rows; row0 += kBlock) {
        for (std::size_t column = 0; column < columns; ++column) {
            for (std::size_t row = row0; row < std::min(rows, row0 + kBlock); ++row) {
                std::memcpy(bytes.data() + (column * rows + row) * sizeof(float), &from[row * columns + column],
                            sizeof(float));
            }
        }
    }
    return draft.own(ElementType::float32, {matrix.dims[1], matrix.dims[0]}, std::move(bytes));
}

/// The bias of a Gemm, one value per output, or nothing when C has rows.
std::optional<Constant> gemm_bias(Draft& draft, const Constant& written, Index outputs, float beta) {
    const auto values = per_channel(written, {1, outputs});
    if (!values) return std::nullopt;
    if (beta == 1 && written.elements() == outputs) return Constant{written.type, {outputs}, written.data};
    std::vector<float> scaled(values->size());
    std::transform(values->begin(), values->end(), scaled.begin(),
                   [&](double value) { return beta * static_cast<float>(value); });
    return make_floats(draft, {outputs}, scaled);
}

}  // namespace

Conversion convert_gemm(Draft& draft, const onnx::NodeProto& node) {
    const auto* in = feature_dims(draft, node.input(0));
    const Constant* matrix = float_input(draft, node, 1);
    const Constant* added = float_input(draft, node, 2);
    if (in == nullptr || in->size() != 2 || matrix == nullptr || matrix->dims.size() != 2) return {};
    if (int_attribute(node, "transA", 0) != 0 || (has_input(node, 2) && added == nullptr)) return {};
    const bool is_transposed = int_attribute(node, "transB", 0) != 0;
    const Index outputs = matrix->dims[is_transposed ? 0 : 1];
    const Index features = matrix->dims[is_transposed ? 1 : 0];
    if (features != (*in)[1] || matrix->elements() == 0) refuse(node, "its weights do not fit its input");
    const float alpha = float_attribute(node, "alpha", 1);
    DraftOperator converted = start(node, Kind::gemm, {0});
    if (added != nullptr) {
        converted.op.tail.bias = gemm_bias(draft, *added, outputs, float_attribute(node, "beta", 1));
        if (!converted.op.tail.bias) return {};
    }
    converted.op.weights = is_transposed ? *matrix : transposed(draft, *matrix);
    if (alpha != 1) converted.op.weight_scale.assign(static_cast<std::size_t>(outputs), alpha);
    return converted;
}

Conversion convert_matmul(Draft& draft, const onnx::NodeProto& node) {
    const auto* in = feature_dims(draft, node.input(0));
    const Constant* matrix = float_input(draft, node, 1);
    if (in == nullptr || in->size() != 2 || matrix == nullptr || matrix->dims.size() != 2) return {};
    if (matrix->dims[0] != (*in)[1] || matrix->elements() == 0) refuse(node, "its weights do not fit its input");
    DraftOperator converted = start(node, Kind::gemm, {0});
    converted.op.weights = transposed(draft, *matrix);
    return converted;
}

Conversion convert_batch_norm(Draft& draft, const onnx::NodeProto& node) {
    const auto* dims = feature_dims(draft, node.input(0));
    if (dims == nullptr || node.input_size() != 5 || int_attribute(node, "training_mode", 0) != 0) return {};
    std::array<std::vector<float>, 4> values;  // scale, shift, mean, variance
    for (int i = 0; i < 4; ++i) {
        const Constant* constant = float_input(draft, node, i + 1);
        if (constant == nullptr) return {};
        if (constant->dims != Dims{channels_of(*dims)}) {
            refuse(node, fmt::format("input {} does not have {} values", i + 1, channels_of(*dims)));
        }
        values[static_cast<std::size_t>(i)] = floats_of(*constant);
    }
    const double epsilon = float_attribute(node, "epsilon", 1e-5F);
    DraftOperator converted = start(node, Kind::batch_norm, {0});
    for (std::size_t c = 0; c < values[0].size(); ++c) {
        const double deviation = std::sqrt(values[3][c] + epsilon);
        if (!(deviation > 0)) refuse(node, fmt::format("the variance of channel {} is {}", c, values[3][c]));
        converted.scale.push_back(values[0][c] / deviation);
        converted.shift.push_back(values[1][c] - values[2][c] * converted.scale.back());
    }
    return converted;
}

Conversion convert_concat(Draft& draft, const onnx::NodeProto& node) {
    std::vector<int> places;
    std::size_t rank = 0;
    for (int i = 0; i < node.input_size(); ++i) {
        const auto* dims = feature_dims(draft, node.input(i));
        if (dims == nullptr) return {};
        rank = dims->size();
        places.push_back(i);
    }
    const Index axis = int_attribute(node, "axis", 1);
    if (axis != 1 && axis != 1 - static_cast<Index>(rank)) return {};
    return start(node, Kind::concat, places);
}

Conversion convert_flatten(Draft& draft, const onnx::NodeProto& node) {
    const auto* in = feature_dims(draft, node.input(0));
    const auto* out = feature_dims(draft, node.output(0));
    if (in == nullptr || out == nullptr || (*in)[0] != (*out)[0]) return {};
    if (checked_elements(*in, node.input(0)) != checked_elements(*out, node.output(0))) {
        refuse(node, "its output does not have as many elements as its input");
    }
    const bool from_map = in->size() == 4 && out->size() == 2;
    // [n, c] to [n, c, 1, 1]: the same elements in the same box.
    const bool to_map = in->size() == 2 && out->size() == 4 && (*out)[2] == 1 && (*out)[3] == 1;
    return from_map || to_map ? Conversion(start(node, Kind::flatten, {0})) : std::nullopt;
}

}  // namespace convoy::graph::detail

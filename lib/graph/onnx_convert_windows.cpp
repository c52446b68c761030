// Conversions of operators that slide a window: convolution, pools, pad.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "graph/onnx_arithmetic.hpp"
#include "graph/onnx_convert.hpp"

namespace convoy::graph::detail {
namespace {

using Pair = std::array<Index, 2>;

Pair pair_attribute(const onnx::NodeProto& node, const char* name, Pair absent) {
    const auto written = ints_attribute(node, name);
    if (!written) return absent;
    if (written->size() != 2) refuse(node, fmt::format("attribute '{}' needs two values", name));
    return {(*written)[0], (*written)[1]};
}

void set_pads(const onnx::NodeProto& node, Window& window) {
    const auto pads = ints_attribute(node, "pads");
    if (!pads) return;
    const bool negative = std::any_of(pads->begin(), pads->end(), [](Index pad) { return pad < 0; });
    if (pads->size() != 4 || negative) refuse(node, "attribute 'pads' needs four values of at least 0");
    window.pad_begin = {(*pads)[0], (*pads)[1]};
    window.pad_end = {(*pads)[2], (*pads)[3]};
}

/// Pads so that the output has ceil(in / stride) elements; an odd one goes to the end (upper) or the beginning.
void set_same_pads(Window& window, const Pair& in, bool upper) {
    for (std::size_t i = 0; i < 2; ++i) {
        const Index out = (in[i] - 1) / window.stride[i] + 1;
        const Index extent = (window.kernel[i] - 1) * window.dilation[i] + 1;
        const Index total = std::max<Index>(0, (out - 1) * window.stride[i] + extent - in[i]);
        window.pad_begin[i] = upper ? total / 2 : total - total / 2;
        window.pad_end[i] = total - window.pad_begin[i];
    }
}

/// Whether sliding the window over `in` elements gives `out`; with ceil_mode the last one may stick out.
bool slides(const Window& window, std::size_t i, Index in, Index out, bool ceil_mode) {
    const Index extent = (window.kernel[i] - 1) * window.dilation[i] + 1;
    const Index room = in + window.pad_begin[i] + window.pad_end[i] - extent;
    if (room < 0) return false;
    const Index whole = room / window.stride[i] + 1;
    return out == whole || (ceil_mode && room % window.stride[i] != 0 && out == whole + 1);
}

/// The window of a node between two feature maps. @throws Error data when it contradicts their shapes
Window window_of(const Draft& draft, const onnx::NodeProto& node, Pair kernel) {
    const std::vector<Index>& in = *feature_dims(draft, node.input(0));
    const std::vector<Index>* out = feature_dims(draft, node.output(0));
    if (out == nullptr || out->size() != 4) refuse(node, "its output is no feature map");
    Window window;
    window.kernel = kernel;
    window.stride = pair_attribute(node, "strides", {1, 1});
    window.dilation = pair_attribute(node, "dilations", {1, 1});
    const std::string automatic = string_attribute(node, "auto_pad", "NOTSET");
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
        set_same_pads(window, {in[2], in[3]}, automatic == "SAME_UPPER");
    } else if (automatic != "VALID") {
        set_pads(node, window);
    }
    const bool ceil_mode = int_attribute(node, "ceil_mode", 0) != 0;
    for (std::size_t i = 0; i < 2; ++i) {
        if (!slides(window, i, in[i + 2], (*out)[i + 2], ceil_mode)) {
            refuse(node,
                   fmt::format("its window does not lead from {} x {} to {} x {}", in[2], in[3], (*out)[2], (*out)[3]));
        }
    }
    return window;
}

/// What a transposed convolution's output is cropped by. `out` follows from all attributes: with `output_shape`, or
/// pads that are to be found, the rest of what its taps cover is shared out between both ends.
Window transposed_window(const onnx::NodeProto& node, const std::vector<Index>& in, const std::vector<Index>& out,
                         Pair kernel) {
    Window window;
    window.kernel = kernel;
    window.stride = pair_attribute(node, "strides", {1, 1});
    window.dilation = pair_attribute(node, "dilations", {1, 1});
    const std::string automatic = string_attribute(node, "auto_pad", "NOTSET");
    const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
    if (!same && !ints_attribute(node, "output_shape")) {
        if (automatic != "VALID") set_pads(node, window);
        return window;
    }
    const Pair extra = pair_attribute(node, "output_padding", {0, 0});
    for (std::size_t i = 0; i < 2; ++i) {
        if (std::max(window.stride[i], window.dilation[i]) > (1 << 16)) refuse(node, "its stride is too large");
        const Index covered = (in[i + 2] - 1) * window.stride[i] + (kernel[i] - 1) * window.dilation[i] + 1 + extra[i];
        const Index total = std::max<Index>(0, covered - out[i + 2]);
        window.pad_begin[i] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
        window.pad_end[i] = total - window.pad_begin[i];
    }
    return window;
}

/// [c, f/group, kh, kw] -> [f, c/group, kh, kw], which is how a convolution's weights lie.
Constant grouped_transposed(Draft& draft, const Constant& weights, Index group) {
    const Index inputs = weights.dims[0] / group;
    const Index outputs = weights.dims[1];
    const auto area = static_cast<std::size_t>(weights.dims[2] * weights.dims[3]) * sizeof(float);
    std::string bytes(weights.data.size(), '\0');
    char* to = bytes.data();
    for (Index f = 0; f < group * outputs; ++f) {
        for (Index c = 0; c < inputs; ++c, to += area) {
            const Index pair = (f / outputs * inputs + c) * outputs + f % outputs;
            std::memcpy(to, weights.data.data() + static_cast<std::size_t>(pair) * area, area);
        }
    }
    return draft.own(ElementType::float32, {group * outputs, inputs, weights.dims[2], weights.dims[3]},
                     std::move(bytes));
}

bool is_map(const Draft& draft, const std::string& name) {
    const auto* dims = feature_dims(draft, name);
    return dims != nullptr && dims->size() == 4;
}

/// Sorted non-negative axes of a reduction, given as an attribute or (ReduceSum since opset 13) as a constant input.
std::vector<Index> reduced_axes(const Draft& draft, const onnx::NodeProto& node, std::size_t rank) {
    std::vector<Index> axes = ints_attribute(node, "axes").value_or(std::vector<Index>{});
    if (has_input(node, 1)) {
        const Constant* given = draft.constant(node.input(1));
        axes = given != nullptr ? integers_of(*given).value_or(axes) : axes;
    }
    for (Index& axis : axes) axis += axis < 0 ? static_cast<Index>(rank) : 0;
    std::sort(axes.begin(), axes.end());
    return axes;
}

Kind global_kind(const std::string& type) {
    if (type == "GlobalMaxPool" || type == "ReduceMax") return Kind::global_max_pool;
    return type == "ReduceSum" ? Kind::global_sum_pool : Kind::global_average_pool;
}

/// What Pad pads along every axis, first all begins, then all ends; nothing when it is not constant.
std::optional<std::vector<Index>> written_pads(const Draft& draft, const onnx::NodeProto& node) {
    if (draft.opset < 11) return ints_attribute(node, "pads");
    const Constant* pads = has_input(node, 1) ? draft.constant(node.input(1)) : nullptr;
    return pads != nullptr ? integers_of(*pads) : std::nullopt;
}

std::optional<float> written_pad_value(const Draft& draft, const onnx::NodeProto& node) {
    if (draft.opset < 11) return float_attribute(node, "value", 0);
    if (!has_input(node, 2)) return 0.0F;
    const Constant* value = float_input(draft, node, 2);
    if (value == nullptr || value->elements() != 1) return std::nullopt;
    return float_at(*value, 0);
}

}  // namespace

Conversion convert_convolution(Draft& draft, const onnx::NodeProto& node) {
    const Constant* weights = float_input(draft, node, 1);
    const Constant* bias = float_input(draft, node, 2);
    if (!is_map(draft, node.input(0)) || weights == nullptr || (has_input(node, 2) && bias == nullptr)) return {};
    const std::vector<Index>& dims = weights->dims;
    const Index channels = (*feature_dims(draft, node.input(0)))[1];
    const Index group = int_attribute(node, "group", 1);
    if (dims.size() != 4 || weights->elements() == 0) refuse(node, "its weights are not four-dimensional");
    if (channels % group != 0 || channels / group != dims[1] || dims[0] % group != 0) {
        refuse(node, fmt::format("weights [{}, {}, ...] in {} groups do not fit an input of {} channels", dims[0],
                                 dims[1], group, channels));
    }
    if (bias != nullptr && bias->dims != std::vector<Index>{dims[0]}) {
        refuse(node, fmt::format("its bias does not have {} values", dims[0]));
    }
    if (pair_attribute(node, "kernel_shape", {dims[2], dims[3]}) != Pair{dims[2], dims[3]}) {
        refuse(node, "kernel_shape differs from the weights' dims");
    }
    DraftOperator converted = start(node, Kind::convolution, {0});
    converted.op.window = window_of(draft, node, {dims[2], dims[3]});
    converted.op.group = group;
    converted.op.weights = *weights;
    if (bias != nullptr) converted.op.tail.bias = *bias;
    return converted;
}

Conversion convert_transposed_convolution(Draft& draft, const onnx::NodeProto& node) {
    const Constant* weights = float_input(draft, node, 1);
    const Constant* bias = float_input(draft, node, 2);
    const auto* out = feature_dims(draft, node.output(0));
    if (!is_map(draft, node.input(0)) || weights == nullptr || (has_input(node, 2) && bias == nullptr)) return {};
    const std::vector<Index>& in = *feature_dims(draft, node.input(0));
    const Index group = int_attribute(node, "group", 1);
    if (weights->dims.size() != 4 || weights->elements() == 0 || out == nullptr || out->size() != 4) {
        refuse(node, "its weights or its output are not four-dimensional");
    }
    if (weights->dims[0] != in[1] || in[1] % group != 0) {
        refuse(node, fmt::format("weights [{}, ...] in {} groups do not fit an input of {} channels", weights->dims[0],
                                 group, in[1]));
    }
    DraftOperator converted = start(node, Kind::transposed_convolution, {0});
    converted.op.group = group;
    converted.op.weights = grouped_transposed(draft, *weights, group);
    const Pair kernel{weights->dims[2], weights->dims[3]};
    if (pair_attribute(node, "kernel_shape", kernel) != kernel) refuse(node, "kernel_shape differs from the weights");
    if (bias != nullptr) {
        if (bias->elements() != (*out)[1]) refuse(node, fmt::format("its bias does not have {} values", (*out)[1]));
        converted.op.tail.bias = *bias;
    }
    converted.op.window = transposed_window(node, in, *out, kernel);
    return converted;
}

Conversion convert_pool(Draft& draft, const onnx::NodeProto& node) {
    if (!is_map(draft, node.input(0))) return {};
    const bool max = node.op_type() == "MaxPool";
    DraftOperator converted = start(node, max ? Kind::max_pool : Kind::average_pool, {0});
    if (!ints_attribute(node, "kernel_shape")) refuse(node, "attribute 'kernel_shape' is missing");
    converted.op.window = window_of(draft, node, pair_attribute(node, "kernel_shape", {1, 1}));
    converted.op.window.count_include_pad = !max && int_attribute(node, "count_include_pad", 0) != 0;
    return converted;
}

Conversion convert_global_pool(Draft& draft, const onnx::NodeProto& node) {
    if (!is_map(draft, node.input(0))) return {};
    // Over h and w a reduction is a global pool; without keepdims [n, c] is the same box as [n, c, 1, 1].
    const bool reduces = node.op_type().starts_with("Reduce");
    if (reduces && reduced_axes(draft, node, 4) != std::vector<Index>{2, 3}) return {};
    return start(node, global_kind(node.op_type()), {0});
}

Conversion convert_pad(Draft& draft, const onnx::NodeProto& node) {
    if (!is_map(draft, node.input(0)) || string_attribute(node, "mode", "constant") != "constant") return {};
    const auto pads = written_pads(draft, node);
    const auto value = written_pad_value(draft, node);
    if (!pads || pads->size() != 8 || !value || !std::isfinite(*value)) return {};
    const bool negative = std::any_of(pads->begin(), pads->end(), [](Index pad) { return pad < 0; });
    if (negative || (*pads)[0] != 0 || (*pads)[1] != 0 || (*pads)[4] != 0 || (*pads)[5] != 0) return {};
    DraftOperator converted = start(node, Kind::pad, {0});
    converted.op.window.pad_begin = {(*pads)[2], (*pads)[3]};
    converted.op.window.pad_end = {(*pads)[6], (*pads)[7]};
    converted.op.pad_value = *value;
    return converted;
}

}  // namespace convoy::graph::detail

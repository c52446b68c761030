// Resize and Upsample: which input positions make an output position. Coordinates are computed in float, as ONNX
// Runtime does: in double some of them would fall on the other side of a rounding.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/onnx_convert.hpp"

namespace convoy::graph::detail {
namespace {

using Dims = std::vector<Index>;

/// One axis that is resized.
struct ResizedAxis {
    Index in = 1;
    Index out = 1;
    float scale = 1;
};

struct Settings {
    std::string mode;
    std::string coordinates;
    std::string rounding;  ///< nearest_mode; "simple" before opset 11
    float cubic_coefficient = -0.75F;
    bool exclude_outside = false;
};

Settings settings_of(const Draft& draft, const onnx::NodeProto& node) {
    Settings settings;
    settings.mode = string_attribute(node, "mode", "nearest");
    const bool old = node.op_type() == "Upsample" || draft.opset < 11;
    settings.coordinates = old ? "asymmetric" : string_attribute(node, "coordinate_transformation_mode", "half_pixel");
    settings.rounding = old ? "simple" : string_attribute(node, "nearest_mode", "round_prefer_floor");
    settings.cubic_coefficient = float_attribute(node, "cubic_coeff_a", -0.75F);
    settings.exclude_outside = int_attribute(node, "exclude_outside", 0) != 0;
    return settings;
}

/// One scale per dimension: as written, or what the sizes ask for. Nothing when neither is constant.
std::optional<std::vector<float>> scales_of(const Draft& draft, const onnx::NodeProto& node, const Dims& in,
                                            const Dims& out) {
    std::vector<float> scales;
    if (const auto* written = attribute(node, "scales")) {
        scales.assign(written->floats().begin(), written->floats().end());
    } else {
        const int place = node.op_type() == "Resize" && draft.opset >= 11 ? 2 : 1;
        const Constant* constant = float_input(draft, node, place);
        if (has_input(node, place) && constant == nullptr) return std::nullopt;
        for (Index i = 0; constant != nullptr && i < constant->elements() && i < 32; ++i) {
            scales.push_back(float_at(*constant, i));
        }
    }
    if (scales.empty()) {
        for (std::size_t i = 0; i < in.size(); ++i) {
            scales.push_back(static_cast<float>(out[i]) / static_cast<float>(in[i]));
        }
    }
    const bool sane = scales.size() == in.size() &&
                      std::all_of(scales.begin(), scales.end(), [](float s) { return std::isfinite(s) && s > 0; });
    if (!sane) refuse(node, "its scales do not fit its input");
    return scales;
}

/// Length of the resized axis before it was rounded down to whole positions, which ONNX's expected results of
/// align_corners reckon with; ONNX Runtime takes the rounded one.
float resized_length(const ResizedAxis& axis) {
    constexpr float kRounding = 1e-3F;  // of a scale that was computed from two lengths
    const float exact = static_cast<float>(axis.in) * axis.scale;
    const auto whole = static_cast<float>(axis.out);
    return std::abs(exact - whole) < kRounding ? whole : exact;
}

/// Where output position `o` lies in the input; nothing for a transformation that is not known.
std::optional<float> coordinate(const ResizedAxis& axis, const std::string& transformation, Index o) {
    const auto at = static_cast<float>(o);
    if (axis.scale == 1 && axis.in == axis.out) return at;
    if (transformation == "asymmetric") return at / axis.scale;
    if (transformation == "half_pixel") return (at + 0.5F) / axis.scale - 0.5F;
    if (transformation == "pytorch_half_pixel") return axis.out > 1 ? (at + 0.5F) / axis.scale - 0.5F : 0.0F;
    if (transformation == "tf_half_pixel_for_nn") return (at + 0.5F) / axis.scale;
    if (transformation == "align_corners") {
        return axis.out > 1 ? at * static_cast<float>(axis.in - 1) / (resized_length(axis) - 1) : 0.0F;
    }
    return std::nullopt;
}

std::optional<float> rounded(float x, const std::string& rounding, float scale) {
    if (rounding == "simple") return scale < 1 ? std::ceil(x) : std::floor(x);
    if (rounding == "floor") return std::floor(x);
    if (rounding == "ceil") return std::ceil(x);
    if (rounding == "round_prefer_floor") return x == std::floor(x) + 0.5F ? std::floor(x) : std::round(x);
    if (rounding == "round_prefer_ceil") return std::round(x);
    return std::nullopt;
}

std::optional<std::vector<Index>> nearest(const ResizedAxis& axis, const Settings& settings) {
    std::vector<Index> positions;
    for (Index o = 0; o < axis.out; ++o) {
        const auto x = coordinate(axis, settings.coordinates, o);
        const auto position = x ? rounded(*x, settings.rounding, axis.scale) : std::nullopt;
        if (!position) return std::nullopt;
        positions.push_back(static_cast<Index>(std::clamp(*position, 0.0F, static_cast<float>(axis.in - 1))));
    }
    return positions;
}

/// A tap without weight is not read: it repeats the heaviest one's position.
void append(Resampling& resampling, std::vector<Index> positions, const std::vector<float>& weights) {
    const auto heaviest = std::max_element(weights.begin(), weights.end()) - weights.begin();
    for (std::size_t t = 0; t < weights.size(); ++t) {
        if (weights[t] == 0) positions[t] = positions[static_cast<std::size_t>(heaviest)];
    }
    resampling.positions.insert(resampling.positions.end(), positions.begin(), positions.end());
    resampling.weights.insert(resampling.weights.end(), weights.begin(), weights.end());
}

std::optional<Resampling> linear(const ResizedAxis& axis, const Settings& settings) {
    Resampling resampling;
    resampling.taps = 2;
    for (Index o = 0; o < axis.out; ++o) {
        const auto written = coordinate(axis, settings.coordinates, o);
        if (!written) return std::nullopt;
        const float x = std::clamp(*written, 0.0F, static_cast<float>(axis.in - 1));
        const Index first = std::min(static_cast<Index>(x), axis.in - 1);
        const float part = x - static_cast<float>(first);
        append(resampling, {first, std::min(first + 1, axis.in - 1)}, {1 - part, part});
    }
    return resampling;
}

/// Keys, "Cubic convolution interpolation for digital image processing", 1981: taps at distance d of a position.
float cubic_weight(float d, float a) {
    d = std::abs(d);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0.0F;
}

std::optional<Resampling> cubic(const ResizedAxis& axis, const Settings& settings) {
    Resampling resampling;
    resampling.taps = 4;
    for (Index o = 0; o < axis.out; ++o) {
        const auto x = coordinate(axis, settings.coordinates, o);
        if (!x) return std::nullopt;
        const auto first = static_cast<Index>(std::floor(*x)) - 1;
        std::vector<Index> positions;
        std::vector<float> weights;
        float sum = 0;
        for (Index at = first; at < first + 4; ++at) {
            const bool outside = settings.exclude_outside && (at < 0 || at >= axis.in);
            weights.push_back(outside ? 0 : cubic_weight(*x - static_cast<float>(at), settings.cubic_coefficient));
            positions.push_back(std::clamp<Index>(at, 0, axis.in - 1));
            sum += weights.back();
        }
        if (!std::isfinite(sum) || (settings.exclude_outside && sum == 0)) return std::nullopt;
        for (float& weight : weights) weight /= settings.exclude_outside ? sum : 1;
        append(resampling, std::move(positions), weights);
    }
    return resampling;
}

bool unchanged(const ResizedAxis& axis) { return axis.in == axis.out && axis.scale == 1; }

Conversion gather_nearest(const onnx::NodeProto& node, const std::vector<ResizedAxis>& axes, const Settings& settings) {
    DraftOperator converted = start(node, Kind::gather, {0});
    for (const ResizedAxis& axis : axes) {
        auto positions = unchanged(axis) ? std::vector<Index>{} : nearest(axis, settings);
        if (!positions) return {};
        converted.op.picks.push_back(std::move(*positions));
    }
    return converted;
}

/// How the operator is to be written again.
std::map<std::string, Attribute> attributes_of(const std::vector<ResizedAxis>& axes, const Settings& settings) {
    std::vector<float> scales;
    for (const ResizedAxis& axis : axes) scales.push_back(axis.scale);
    return {{"mode", settings.mode == "cubic" ? "cubic" : "linear"},
            {"coordinate_transformation_mode", settings.coordinates},
            {"cubic_coeff_a", settings.cubic_coefficient},
            {"exclude_outside", std::int64_t{settings.exclude_outside ? 1 : 0}},
            {"scales", std::move(scales)}};
}

Conversion resample(const onnx::NodeProto& node, const std::vector<ResizedAxis>& axes, const Settings& settings) {
    if (axes.size() != 4 || !unchanged(axes[0]) || !unchanged(axes[1])) return {};
    DraftOperator converted = start(node, Kind::resize, {0});
    converted.op.attributes = attributes_of(axes, settings);
    for (std::size_t i = 0; i < 2; ++i) {
        if (unchanged(axes[2 + i])) continue;
        const bool is_cubic = settings.mode == "cubic";
        auto resampling = is_cubic ? cubic(axes[2 + i], settings) : linear(axes[2 + i], settings);
        if (!resampling) return {};
        converted.op.resampling[i] = std::move(*resampling);
    }
    return converted;
}

}  // namespace

Conversion convert_resize(Draft& draft, const onnx::NodeProto& node) {
    const TensorShape* in = draft.constant(node.input(0)) == nullptr ? draft.shape(node.input(0)) : nullptr;
    const TensorShape* out = draft.shape(node.output(0));
    if (in == nullptr || out == nullptr || in->type != onnx::TensorProto::FLOAT) return {};
    if (in->dims.size() != out->dims.size()) refuse(node, "its output does not have as many dimensions as its input");
    const auto scales = scales_of(draft, node, in->dims, out->dims);
    if (!scales) return {};
    std::vector<ResizedAxis> axes;
    for (std::size_t i = 0; i < in->dims.size(); ++i) {
        if (in->dims[i] < 1 || out->dims[i] < 1) refuse(node, "it leaves nothing of its input");
        axes.push_back({in->dims[i], out->dims[i], (*scales)[i]});
        if (!unchanged(axes.back())) require_listable(node, out->dims[i]);
    }
    const Settings settings = settings_of(draft, node);
    if (settings.mode == "nearest") return gather_nearest(node, axes, settings);
    const bool smooth = settings.mode == "linear" || settings.mode == "bilinear" || settings.mode == "cubic";
    return smooth ? resample(node, axes, settings) : std::nullopt;
}

}  // namespace convoy::graph::detail

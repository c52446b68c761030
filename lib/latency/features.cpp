#include "latency/features.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "util/error.hpp"

namespace convoy::latency {

namespace {

using samples::WorkShape;

double bytes_of(const WorkShape& work) {
    return static_cast<double>((work.input_bytes + work.output_bytes + work.weight_bytes).value);
}

// What is left of a core when others take the share `load` of it.
double slowed(double value, const DeviceState& state) { return value / (1 - state.load); }

constexpr Feature kFeatures[] = {
    {"one", [](const WorkShape&, const DeviceState&) { return 1.0; }, "1: what each operator costs by itself"},
    {"flops", [](const WorkShape& work, const DeviceState&) { return work.flops.value; }, "floating-point operations"},
    {"flops_loaded", [](const WorkShape& work, const DeviceState& state) { return slowed(work.flops.value, state); },
     "floating-point operations / (1 - load)"},
    {"bytes", [](const WorkShape& work, const DeviceState&) { return bytes_of(work); },
     "bytes of inputs, outputs and weights"},
    {"bytes_loaded", [](const WorkShape& work, const DeviceState& state) { return slowed(bytes_of(work), state); },
     "bytes of inputs, outputs and weights / (1 - load)"},
    {"load", [](const WorkShape&, const DeviceState& state) { return state.load; }, "CPU load by others"},
    {"flops_by_load", [](const WorkShape& work, const DeviceState& state) { return work.flops.value * state.load; },
     "floating-point operations * load"},
    {"bytes_by_load", [](const WorkShape& work, const DeviceState& state) { return bytes_of(work) * state.load; },
     "bytes of inputs, outputs and weights * load"},
    {"flops_paced", [](const WorkShape& work, const DeviceState& state) { return work.flops.value / state.pace; },
     "floating-point operations / pace"},
    {"flops_loaded_paced",
     [](const WorkShape& work, const DeviceState& state) { return slowed(work.flops.value, state) / state.pace; },
     "floating-point operations / (1 - load) / pace"},
    {"flops_by_load_paced",
     [](const WorkShape& work, const DeviceState& state) { return work.flops.value * state.load / state.pace; },
     "floating-point operations * load / pace"},
};

// What is empty has the logarithm 0, too.
double log_of(double size) { return std::log1p(size); }
double log_of(util::Bytes bytes) { return log_of(static_cast<double>(bytes.value)); }
double log_of(const WorkShape& work, graph::Axis axis) { return log_of(static_cast<double>(work.output[axis].size())); }
double log_of(const std::array<graph::Index, 2>& extents) {
    return log_of(static_cast<double>(extents[0]) * static_cast<double>(extents[1]));
}

// OpenCV 4.6 has a kernel of its own for depthwise convolutions, 3 by 3, of rows of at least 18: on a Xeon it takes 4
// to 15 GFLOP/s, and narrower rows 0.5. Of all others the value is 0, so they do not look at it.
constexpr graph::Index kLeastWideRow = 18;
double wide_depthwise(const WorkShape& work, const DeviceState&) {
    const bool depthwise = work.group > 1 && work.channels == 1;
    const bool small = work.kernel == std::array<graph::Index, 2>{3, 3} && work.stride[1] <= 2;
    return depthwise && small && !work.inputs.empty() && work.inputs[0][graph::Axis::w].size() >= kLeastWideRow;
}

constexpr Feature kShapeFeatures[] = {
    {"log_flops", [](const WorkShape& work, const DeviceState&) { return log_of(work.flops.value); },
     "floating-point operations"},
    {"load", [](const WorkShape&, const DeviceState& state) { return state.load; }, "CPU load by others"},
    {"log_input_bytes", [](const WorkShape& work, const DeviceState&) { return log_of(work.input_bytes); },
     "bytes read"},
    {"log_output_bytes", [](const WorkShape& work, const DeviceState&) { return log_of(work.output_bytes); },
     "bytes written"},
    {"log_weight_bytes", [](const WorkShape& work, const DeviceState&) { return log_of(work.weight_bytes); },
     "bytes of weights"},
    {"log_kernel", [](const WorkShape& work, const DeviceState&) { return log_of(work.kernel); },
     "elements of the kernel"},
    {"log_stride", [](const WorkShape& work, const DeviceState&) { return log_of(work.stride); },
     "stride, down times across"},
    {"log_channels",
     [](const WorkShape& work, const DeviceState&) { return log_of(static_cast<double>(work.channels)); },
     "channels that each element sums over"},
    {"log_output_channels", [](const WorkShape& work, const DeviceState&) { return log_of(work, graph::Axis::c); },
     "channels computed"},
    {"log_height", [](const WorkShape& work, const DeviceState&) { return log_of(work, graph::Axis::h); },
     "rows computed"},
    {"log_width", [](const WorkShape& work, const DeviceState&) { return log_of(work, graph::Axis::w); },
     "columns computed"},
    {"log_pace", [](const WorkShape&, const DeviceState& state) { return std::log(state.pace); },
     "how fast the device computes, relative to its usual pace"},
    {"wide_depthwise", wide_depthwise, "1 for depthwise convolutions, 3 by 3, of rows of at least 18, else 0"},
};
constexpr std::size_t kFcpmFeatures = 2;  // the first ones, FLOPs and load

}  // namespace

std::span<const Feature> shape_features() noexcept { return kShapeFeatures; }

std::vector<std::string> shape_features(FeatureSet set) {
    std::vector<std::string> names;
    for (const Feature& feature : shape_features()) {
        if (set == FeatureSet::all || names.size() < kFcpmFeatures) names.emplace_back(feature.name);
    }
    return names;
}

std::span<const Feature> features() noexcept { return kFeatures; }

const char* to_string(FeatureSet set) noexcept { return set == FeatureSet::fcpm ? "fcpm" : "all"; }

FeatureSet feature_set(std::string_view name) {
    for (const FeatureSet set : {FeatureSet::all, FeatureSet::fcpm}) {
        if (name == to_string(set)) return set;
    }
    throw util::Error(util::Errc::internal, fmt::format("no set of features is called '{}'", name));
}

const Feature* find_feature(std::string_view name) noexcept {
    for (const std::span<const Feature> table : {features(), shape_features()}) {
        for (const Feature& feature : table) {
            if (name == feature.name) return &feature;
        }
    }
    return nullptr;
}

std::vector<double> feature_vector(std::span<const std::string> names, const samples::WorkShape& work,
                                   const DeviceState& state) {
    std::vector<double> values;
    values.reserve(names.size());
    for (const std::string& name : names) {
        const Feature* feature = find_feature(name);
        if (!feature) throw util::Error(util::Errc::internal, fmt::format("no feature is called '{}'", name));
        values.push_back(feature->value(work, state));
    }
    return values;
}

}  // namespace convoy::latency

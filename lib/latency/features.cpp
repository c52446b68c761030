#include "latency/features.hpp"

#include <fmt/format.h>

#include "util/error.hpp"

namespace convoy::latency {

namespace {

using samples::WorkShape;

double bytes_of(const WorkShape& work) {
    return static_cast<double>((work.input_bytes + work.output_bytes + work.weight_bytes).value);
}

// What is left of a core when others take the share `load` of it.
double slowed(double value, double load) { return value / (1 - load); }

constexpr Feature kFeatures[] = {
    {"one", [](const WorkShape&, double) { return 1.0; }, "1: what each operator costs by itself"},
    {"flops", [](const WorkShape& work, double) { return work.flops.value; }, "floating-point operations"},
    {"flops_loaded", [](const WorkShape& work, double load) { return slowed(work.flops.value, load); },
     "floating-point operations / (1 - load)"},
    {"bytes", [](const WorkShape& work, double) { return bytes_of(work); }, "bytes of inputs, outputs and weights"},
    {"bytes_loaded", [](const WorkShape& work, double load) { return slowed(bytes_of(work), load); },
     "bytes of inputs, outputs and weights / (1 - load)"},
    {"load", [](const WorkShape&, double load) { return load; }, "CPU load by others"},
    {"flops_by_load", [](const WorkShape& work, double load) { return work.flops.value * load; },
     "floating-point operations * load"},
    {"bytes_by_load", [](const WorkShape& work, double load) { return bytes_of(work) * load; },
     "bytes of inputs, outputs and weights * load"},
};

}  // namespace

std::span<const Feature> features() noexcept { return kFeatures; }

const Feature* find_feature(std::string_view name) noexcept {
    for (const Feature& feature : kFeatures) {
        if (name == feature.name) return &feature;
    }
    return nullptr;
}

std::vector<double> feature_vector(std::span<const std::string> names, const samples::WorkShape& work, double load) {
    std::vector<double> values;
    values.reserve(names.size());
    for (const std::string& name : names) {
        const Feature* feature = find_feature(name);
        if (!feature) throw util::Error(util::Errc::internal, fmt::format("no feature is called '{}'", name));
        values.push_back(feature->value(work, load));
    }
    return values;
}

}  // namespace convoy::latency

#include "latency/fit.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "latency/algorithm.hpp"
#include "latency/layer_shapes.hpp"
#include "latency/operator_fit.hpp"
#include "latency/pace.hpp"
#include "util/error.hpp"
#include "util/statistics.hpp"

namespace convoy::latency {

namespace {

using detail::Group;

std::vector<Group> group(std::span<const samples::Profile> profiles, std::span<const UsualPace> usual) {
    std::map<std::pair<std::string, int>, Group> groups;
    for (const samples::Profile& profile : profiles) {
        const std::vector<std::string> shapes = layer_shapes(profile);
        for (std::size_t i = 0; i < profile.layers.size(); ++i) {
            const samples::LayerSample& sample = profile.layers[i];
            const std::string type = samples::operator_type(sample.work);
            Group& of_type = groups[{type, sample.threads}];
            of_type.type = type;
            of_type.threads = sample.threads;
            of_type.samples.push_back(
                {shapes[i], &sample, relative_pace(sample.pace, sample.threads, sample.load(), usual)});
        }
    }
    std::vector<Group> result;
    for (auto& [key, of_type] : groups) result.push_back(std::move(of_type));
    return result;
}

void check_profiles(std::span<const samples::Profile> profiles) {
    std::size_t layers = 0;
    for (const samples::Profile& profile : profiles) {
        layers += profile.layers.size();
        if (profile.context.cpu != profiles.front().context.cpu)
            throw util::Error(util::Errc::data, fmt::format("profiles of different devices: '{}' and '{}'",
                                                            profiles.front().context.cpu, profile.context.cpu))
                .hint(
                    "a latency model is of one device: fit each device's profiles "
                    "apart");
    }
    if (layers == 0)
        throw util::Error(util::Errc::data, "there are no layer samples to fit")
            .key("layers")
            .hint("convoy-profile MODEL.onnx measures layers");
}

util::Seconds overhead_of(std::span<const samples::Profile> profiles) {
    std::vector<double> overheads;
    for (const samples::Profile& profile : profiles) {
        if (profile.piece_overhead) overheads.push_back(profile.piece_overhead->median.count());
    }
    return util::Seconds(overheads.empty() ? 0 : util::median(overheads));
}

void note(const Group& group, const OperatorModel& model, const FitOptions& options, std::vector<std::string>& notes) {
    if (!model.held_out)
        notes.push_back(
            fmt::format("{}: all samples are of one shape of layer, so "
                        "there is no held-out error",
                        group.type));
    const std::size_t unknowns = model.parameters.size();
    if (group.samples.size() < unknowns)
        notes.push_back(fmt::format("{}: {} sample{} for {} coefficients: the fit is not unique", group.type,
                                    group.samples.size(), group.samples.size() == 1 ? "" : "s", unknowns));
    if (options.algorithm != kAutomatic && options.algorithm != model.algorithm)
        notes.push_back(fmt::format("{}: {} shape{} of layers are too few for {}: {} stands in", group.type,
                                    group.shapes(), group.shapes() == 1 ? "" : "s", options.algorithm,
                                    model.algorithm));
}

}  // namespace

Fitted fit(std::span<const samples::Profile> profiles, const FitOptions& options) {
    check_profiles(profiles);
    if (options.algorithm != kAutomatic && !find_algorithm(options.algorithm))
        throw util::Error(util::Errc::internal, fmt::format("no algorithm is called '{}'", options.algorithm));
    const util::Seconds overhead = overhead_of(profiles);
    DeviceModel::Parts parts{profiles.front().context, overhead, {}, options.features, usual_paces(profiles)};
    std::vector<std::string> notes;
    bool loads = false;
    for (const Group& of_type : group(profiles, parts.usual_paces)) {
        parts.operators.push_back(detail::fit_operator(of_type, overhead, options));
        note(of_type, parts.operators.back(), options, notes);
        loads = loads || of_type.has_loads();
    }
    if (!loads)
        notes.push_back(
            "all samples are under one load: times are taken to grow "
            "with 1 / (1 - load)");
    return {DeviceModel(std::move(parts)), std::move(notes)};
}

}  // namespace convoy::latency

#include "engine/earlier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/error.hpp"

namespace convoy::engine {

namespace {

template <class Sample>
Condition condition_of(const Sample& sample) {
    return {sample.threads, sample.load_offered};
}

void require(bool same, const std::string& what) {
    if (same) return;
    throw util::Error(util::Errc::data, "cannot resume a profile of " + what)
        .hint("without --resume all is measured anew");
}

void require_same(const std::string& then, const std::string& now, const char* what) {
    require(then == now, fmt::format("another {}: '{}', not '{}'", what, then, now));
}

}  // namespace

Earlier::Earlier(samples::Profile profile, const samples::Profile& now)
    : profile_(std::move(profile)), taken_(profile_.layers.size()) {
    const samples::Context& then = profile_.context;
    require_same(then.device, now.context.device, "device");
    require_same(then.cpu, now.context.cpu, "CPU");
    require_same(then.kernel, now.context.kernel, "kernel");
    require_same(then.governor, now.context.governor, "CPU governor");
    require(then.affinity == now.context.affinity && then.cpu_limit == now.context.cpu_limit,
            "other cores, or another limit of CPU time");
    require(then.versions == now.context.versions, "other versions of OpenCV or convoy");
    require_same(profile_.model_sha256, now.model_sha256, "model, by its SHA-256");
    const bool swept = profile_.sweep.has_value();
    require(swept == now.sweep.has_value() && (!swept || profile_.sweep->seed == now.sweep->seed), "another sweep");
}

const samples::LayerSample* Earlier::take(const Target& target, const Condition& condition) {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        const samples::LayerSample& sample = profile_.layers[i];
        if (taken_[i] || sample.op != target.op || condition_of(sample) != condition || sample.work != target.shape)
            continue;
        taken_[i] = true;
        return &sample;
    }
    return nullptr;
}

const samples::ModelSample* Earlier::model(const Condition& condition) const {
    const auto found = std::ranges::find_if(
        profile_.whole_model, [&](const samples::ModelSample& sample) { return condition_of(sample) == condition; });
    return found == profile_.whole_model.end() ? nullptr : &*found;
}

void Earlier::add_rest(samples::Profile& profile) const {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        if (taken_[i]) continue;
        profile.layers.push_back(profile_.layers[i]);
        profile.missing = std::max<std::int64_t>(0, profile.missing - 1);
    }
    for (const samples::ModelSample& sample : profile_.whole_model) {
        const bool known = std::ranges::any_of(profile.whole_model, [&](const samples::ModelSample& other) {
            return condition_of(other) == condition_of(sample);
        });
        if (!known) profile.whole_model.push_back(sample);
    }
    if (profile_.piece_overhead) profile.piece_overhead = profile_.piece_overhead;
    if (profile.codecs.empty()) profile.codecs = profile_.codecs;
}

}  // namespace convoy::engine

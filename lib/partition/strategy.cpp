#include "partition/strategy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "cost/explain.hpp"
#include "partition/assemble.hpp"
#include "partition/dipm.hpp"
#include "partition/iop.hpp"
#include "partition/pipeline.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition {

namespace {

constexpr std::array kStrategies{
    Strategy{"local", "everything on the source", detail::make_local},
    Strategy{"cloud", "everything on the other device that is predicted fastest", detail::make_cloud},
    Strategy{"layerwise", "the first layers on one device, the next on another", detail::make_layerwise},
    Strategy{"rows", "feature maps cut into rows, runs of layers fused", detail::make_rows},
    Strategy{"cols", "feature maps cut into columns, runs of layers fused", detail::make_cols},
    Strategy{"grid", "feature maps cut into tiles, runs of layers fused", detail::make_grid},
    Strategy{"neurosurgeon", "the first layers on the source, the others on one other device",
             detail::make_neurosurgeon, detail::kNeurosurgeonSettings},
    Strategy{"dads", "a DAG cut once between source and one other device", detail::make_dads, detail::kDadsSettings},
    Strategy{"modnn", "each layer along its longer edge, gathered after each", detail::make_modnn},
    Strategy{"coedge", "rows in one proportion, by a linear program", detail::make_coedge, detail::kCoedgeSettings},
    Strategy{"deepthings", "the first layers fused, in equal tiles dealt out in turn", detail::make_deepthings,
             detail::kDeepthingsSettings},
    Strategy{"aofl", "fused blocks on grids, by dynamic programming", detail::make_aofl},
    Strategy{"edgeld", "fused blocks in rows by compute and bandwidth", detail::make_edgeld, detail::kEdgeldSettings},
    Strategy{"deepslicing", "proportional rows, synchronised every few layers", detail::make_deepslicing,
             detail::kDeepslicingSettings},
    Strategy{"fpm", "each layer whole or in equal rows", detail::make_fpm},
    Strategy{"opm", "each layer in rows by demand", detail::make_opm, detail::kOfpmSettings},
    Strategy{"ofpm", "each layer whole or in rows by demand", detail::make_ofpm, detail::kOfpmSettings},
    Strategy{"oc", "every operator cut into output channels, all-gather after each", detail::make_oc},
    Strategy{"dipm", "single convolutions cut into input and output channels, around a master", detail::make_dipm,
             detail::kDipmSettings},
    Strategy{"iop", "interleaved pairs of output and input channels, greedily", detail::make_iop, detail::kIopSettings},
    Strategy{"iop-dp", "interleaved pairs, rows, channels and single devices, by dynamic programming",
             detail::make_iop_dp},
    Strategy{"pipeline", "stages over frames, for throughput", detail::make_pipeline, detail::kPipelineSettings},
    Strategy{"replicate", "whole frames on each device, for throughput", detail::make_replicate},
    Strategy{"auto", "a search over all of that, never worse than any other", detail::make_auto, detail::kAutoSettings},
};

}  // namespace

std::span<const Strategy> strategies() noexcept { return kStrategies; }

const Strategy& strategy(std::string_view name) {
    std::vector<std::string> names;
    for (const Strategy& candidate : kStrategies) {
        if (candidate.name == name) return candidate;
        names.emplace_back(candidate.name);
    }
    std::string hint = util::suggestion(name, names);
    if (hint.empty()) hint = fmt::format("the strategies are {}", fmt::join(names, ", "));
    throw util::Error(util::Errc::usage, fmt::format("no strategy is called '{}'", name)).hint(std::move(hint));
}

std::string Choice::name() const {
    const std::string chosen = settings.to_string();
    return std::string(strategy->name) + (chosen.empty() ? "" : ":" + chosen);
}

plan::Plan Choice::make(const Problem& problem) const {
    Problem with_settings = problem;
    with_settings.settings = settings;
    if (strategy->make != detail::make_auto) {
        with_settings.deadline.reset();
        with_settings.accuracy_budget = 0;
    }
    return strategy->make(with_settings);
}

Choice choose(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const Strategy& named = strategy(text.substr(0, colon));
    if (colon == text.size()) return {&named};
    return {&named, Settings(named.name, named.settings, text.substr(colon + 1))};
}

std::vector<Choice> choose(const std::vector<std::string>& parts) {
    std::vector<std::string> texts;
    for (const std::string& part : parts) {
        const bool goes_on = part.find('=') < part.find(':');
        if (goes_on && !texts.empty()) {
            texts.back() += "," + part;
        } else {
            texts.push_back(part);
        }
    }
    std::vector<Choice> choices;
    for (const std::string& text : texts) choices.push_back(choose(text));
    return choices;
}

std::vector<Choice> all_choices() {
    std::vector<Choice> choices;
    for (const Strategy& strategy : kStrategies) choices.push_back({&strategy});
    return choices;
}

Proposal evaluate(const Problem& problem, plan::Plan plan) {
    const plan::Compiled compiled(plan, problem.graph);
    cost::Prediction prediction = problem.predictor.predict(plan, compiled);
    return {std::move(plan), std::move(prediction), {}};
}

Problem moved(const Problem& problem, const latency::Bed& bed, cost::Predictor& predictor) {
    return {.graph = problem.graph,
            .bed = bed,
            .predictor = predictor,
            .least_devices = problem.least_devices,
            .most_devices = problem.most_devices,
            .settings = problem.settings,
            .objective = problem.objective,
            .deadline = problem.deadline,
            .accuracy_budget = problem.accuracy_budget};
}

Proposal judged_on(const Problem& problem, const Proposal& made) {
    for (const std::string& name : made.plan.devices) {
        if (!problem.bed.cluster().find(name))
            throw util::Error(util::Errc::impossible, fmt::format("its plan has the device '{}'", name));
    }
    Proposal here = evaluate(problem, made.plan);
    here.strategy = made.strategy;
    if (const auto why = memory_problem(problem, here)) throw util::Error(util::Errc::impossible, *why);
    return here;
}

std::optional<std::string> memory_problem(const Problem& problem, const Proposal& proposal) {
    const std::vector<std::size_t> devices = cost::bed_devices(proposal.plan, problem.bed);
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const cluster::Device& device = problem.bed.cluster().devices[devices[i]];
        const util::Bytes peak = proposal.prediction.peak_memory[i];
        if (device.memory && peak > *device.memory) {
            return fmt::format("device '{}' needs {} bytes and has {}", device.name, peak.value, device.memory->value);
        }
    }
    return std::nullopt;
}

plan::Plan single_device_plan(const Problem& problem, std::size_t device) {
    detail::require_operators(problem);
    plan::Plan plan = detail::empty_plan(problem.bed);
    plan.routes.front().stages.push_back(
        detail::device_stage(problem.graph, {0, problem.graph.operators().size()}, device));
    return detail::without_idle_devices(plan);
}

std::optional<BestDevice> best_device(const Problem& problem) {
    std::optional<BestDevice> best;
    for (std::size_t device = 0; device < problem.bed.cluster().devices.size(); ++device) {
        Proposal proposal = evaluate(problem, single_device_plan(problem, device));
        if (memory_problem(problem, proposal)) continue;
        if (!best || proposal.prediction.latency() < best->proposal.prediction.latency())
            best = BestDevice{device, std::move(proposal)};
    }
    return best;
}

std::string faster_alone(const Problem& problem, const cost::Prediction& prediction, const BestDevice& best) {
    const cost::Prediction& alone = best.proposal.prediction;
    if (alone.latency() >= prediction.latency()) return "";
    std::string text = fmt::format("one device ('{}') is faster: {:.4g} ms against {:.4g} ms, because {}",
                                   problem.bed.cluster().devices[best.device].name, util::milliseconds(alone.latency()),
                                   util::milliseconds(prediction.latency()), cost::explain(prediction, alone));
    if (prediction.throughput_per_s > alone.throughput_per_s) {
        text += fmt::format("; but the plan completes more frames: {:.4g} per second against {:.4g}",
                            prediction.throughput_per_s, alone.throughput_per_s);
    }
    return text;
}

std::vector<double> compute_shares(const cost::Prediction& prediction) {
    util::Seconds sum{};
    for (const util::Seconds time : prediction.compute) sum += time;
    std::vector<double> shares;
    for (const util::Seconds time : prediction.compute) shares.push_back(sum.count() > 0 ? time / sum : 0);
    return shares;
}

}  // namespace convoy::partition

#include "partition/best_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "partition/assemble.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

BestPlan::BestPlan(const Problem& problem, std::size_t least_devices, Goal goal)
    : problem_(problem), least_devices_(least_devices), goal_(goal) {}

namespace {

/// On any of the plan's routes: frames are shared by all of them.
std::size_t devices_for_frames(const plan::Plan& plan) {
    std::set<plan::DeviceId> devices;
    for (const plan::Route& route : plan.routes) {
        for (const plan::Stage& stage : route.stages) {
            for (const plan::Share& share : stage.shares) devices.insert(share.device);
        }
    }
    return devices.size();
}

}  // namespace

const cost::Prediction* BestPlan::offer(plan::Plan plan) {
    improved_ = false;
    return enough(plan) ? judge(evaluate(problem_, std::move(plan))) : nullptr;
}

const cost::Prediction* BestPlan::offer(Proposal proposal) {
    improved_ = false;
    return enough(proposal.plan) ? judge(std::move(proposal)) : nullptr;
}

bool BestPlan::enough(const plan::Plan& plan) const {
    const std::size_t devices = goal_ == Goal::throughput ? devices_for_frames(plan) : computing_devices(plan);
    return devices >= least_devices_ && devices <= problem_.most_devices;
}

const cost::Prediction* BestPlan::judge(Proposal proposal) {
    last_ = std::move(proposal);
    if (auto too_little = memory_problem(problem_, last_)) {
        why_ = std::move(*too_little);
        return nullptr;
    }
    // Pieces that nobody reads are not computed.
    const auto computes = [](util::Seconds time) { return time.count() > 0; };
    const auto& times = last_.prediction.compute;
    if (static_cast<std::size_t>(std::count_if(times.begin(), times.end(), computes)) < least_devices_) return nullptr;
    improved_ = !best_ || score(last_.prediction) < score(best_->prediction);
    if (!improved_) return &last_.prediction;
    best_ = std::move(last_);
    return &best_->prediction;
}

double BestPlan::score(const cost::Prediction& prediction) const {
    constexpr double kMissed = 1e12;
    const double latency = prediction.latency().count();
    if (problem_.deadline && prediction.latency() > *problem_.deadline) return kMissed + latency;
    switch (goal_) {
        case Goal::throughput:
            return -prediction.throughput_per_s;
        case Goal::energy:
            return prediction.energy.value().value;
        case Goal::memory:
            return static_cast<double>(
                std::max_element(prediction.peak_memory.begin(), prediction.peak_memory.end())->value);
        case Goal::latency:
            return latency;
    }
    return latency;
}

util::Seconds BestPlan::latency() const {
    return best_ ? best_->prediction.latency() : util::Seconds(std::numeric_limits<double>::infinity());
}

double BestPlan::throughput_per_s() const { return best_ ? best_->prediction.throughput_per_s : 0; }

Proposal BestPlan::take_proposal(const std::string& why) && {
    if (best_) return std::move(*best_);
    throw util::Error(util::Errc::impossible, why_.empty() ? why : why_);
}

void require_devices(const Problem& problem, std::string_view strategy, std::size_t least) {
    const std::size_t all = problem.bed.cluster().devices.size();
    if (all < least) {
        throw util::Error(util::Errc::impossible,
                          fmt::format("{} needs at least {} devices, and the cluster has {}", strategy, least, all));
    }
    if (problem.most_devices < least) {
        throw util::Error(util::Errc::impossible, fmt::format("{} needs at least {} devices, and only {} may compute",
                                                              strategy, least, problem.most_devices));
    }
}

plan::Plan best_on_fastest(const Problem& problem, std::string_view strategy, const MakeOnDevices& make) {
    const std::size_t least = problem.least_devices.value_or(2);
    require_devices(problem, strategy, least);
    constexpr int kEnough = 2;
    BestPlan best(problem, least);
    int worse = 0;
    for (const std::vector<std::size_t>& devices : fastest_sets(problem, least)) {
        if (worse >= kEnough) break;
        std::string why;
        auto plan = fit_memory(
            problem, [&](const Room& room) { return make(devices, room); }, why);
        if (!plan) {
            best.refuse(why.empty() ? "the devices' memory is too small for the model's weights" : why);
            continue;
        }
        const util::Seconds before = best.latency();
        const cost::Prediction* prediction = best.offer(std::move(*plan));
        if (prediction != nullptr) worse = prediction->latency() > before ? worse + 1 : 0;
    }
    return std::move(best).take(fmt::format("{} finds nothing to share among {} devices", strategy, least));
}

}  // namespace convoy::partition::detail

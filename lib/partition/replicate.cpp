#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "partition/assemble.hpp"
#include "partition/best_plan.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

using util::Seconds;

/// Frames in one turn of the routes, at most: weights beyond that tell devices apart by less than a percent.
constexpr std::size_t kLongestTurn = 2048;
/// Frames in a turn for each device.
constexpr std::size_t kTurnPerDevice = 16;
/// So much less throughput is given for a shorter turn, or for fewer frames in flight.
constexpr double kWorthIt = 0.01;

/// What one frame costs on one device of the bed.
struct Replica {
    Seconds compute{};
    Seconds send{};     ///< of the source's interface, for the input
    Seconds receive{};  ///< of the sink's interface, for the output
};

/// Deals frames one after another to whoever would be done with it first, the source's and the sink's interfaces, or
/// the medium, being shared by all: optimal for replicas that only compute.
class Dealer {
  public:
    Dealer(const Problem& problem, std::vector<std::size_t> devices)
        : devices_(std::move(devices)),
          shared_(problem.bed.cluster().medium == cluster::Medium::shared),
          busy_(devices_.size()),
          counts_(devices_.size(), 0) {
        const latency::Bed& bed = problem.bed;
        util::Bytes input;
        util::Bytes output;
        for (const graph::TensorId id : problem.graph.inputs()) input += problem.graph.tensor(id).bytes();
        for (const graph::TensorId id : problem.graph.outputs()) output += problem.graph.tensor(id).bytes();
        for (const std::size_t device : devices_) {
            Replica replica;
            replica.compute = bed.piece_overhead(device);
            for (std::uint32_t op = 0; op < problem.graph.operators().size(); ++op) {
                const graph::Work work = graph::whole_work(problem.graph, graph::OperatorId{op});
                replica.compute += problem.predictor.time(device, work);
            }
            const cluster::Cluster& cluster = bed.cluster();
            if (device != cluster.source) replica.send = bed.occupancy(cluster.source, device, input);
            if (device != cluster.sink) replica.receive = bed.occupancy(device, cluster.sink, output);
            replicas_.push_back(replica);
        }
    }

    void deal_one() {
        std::size_t best = 0;
        for (std::size_t i = 1; i < devices_.size(); ++i) {
            if (done(i) < done(best)) best = i;
        }
        busy_[best] += replicas_[best].compute;
        sent_ += replicas_[best].send;
        received_ += replicas_[best].receive;
        ++counts_[best];
        ++frames_;
    }

    /// Frames per second when the same turn comes again and again.
    [[nodiscard]] double throughput_per_s() const {
        Seconds longest = shared_ ? sent_ + received_ : std::max(sent_, received_);
        for (const Seconds busy : busy_) longest = std::max(longest, busy);
        return static_cast<double>(frames_) / std::max(longest.count(), 1e-12);
    }

    /// Frames of a turn by device.
    [[nodiscard]] const std::vector<int>& counts() const noexcept { return counts_; }

  private:
    [[nodiscard]] Seconds done(std::size_t i) const {
        const Seconds network = shared_ ? sent_ + received_ + replicas_[i].send + replicas_[i].receive
                                        : std::max(sent_ + replicas_[i].send, received_ + replicas_[i].receive);
        return std::max(busy_[i] + replicas_[i].compute, uses_network(i) ? network : Seconds{});
    }
    [[nodiscard]] bool uses_network(std::size_t i) const {
        return replicas_[i].send.count() > 0 || replicas_[i].receive.count() > 0;
    }

    std::vector<std::size_t> devices_;
    std::vector<Replica> replicas_;
    bool shared_;
    std::vector<Seconds> busy_;  ///< by device
    std::vector<int> counts_;
    Seconds sent_{};
    Seconds received_{};
    std::size_t frames_ = 0;
};

/// Frames of the turn with the most throughput, the shortest one that is as good.
std::vector<int> best_turn(const Problem& problem, const std::vector<std::size_t>& devices, std::size_t least) {
    Dealer dealer(problem, devices);
    std::vector<int> best;
    double highest = 0;
    const std::size_t longest = std::max(std::min(kLongestTurn, kTurnPerDevice * devices.size()), devices.size());
    for (std::size_t frame = 0; frame < longest || (best.empty() && frame < kLongestTurn); ++frame) {
        dealer.deal_one();
        const auto used = static_cast<std::size_t>(
            std::count_if(dealer.counts().begin(), dealer.counts().end(), [](int count) { return count > 0; }));
        if (used < least || dealer.throughput_per_s() <= highest * (1 + kWorthIt)) continue;
        highest = dealer.throughput_per_s();
        best = dealer.counts();
    }
    return best;
}

plan::Plan plan_of(const Problem& problem, const std::vector<std::size_t>& devices, const std::vector<int>& counts) {
    plan::Plan plan = empty_plan(problem.bed);
    plan.routes.clear();
    int common = 0;
    for (const int count : counts) common = std::gcd(common, count);
    for (std::size_t i = 0; i < devices.size(); ++i) {
        if (counts[i] == 0) continue;
        const OperatorRange all{0, problem.graph.operators().size()};
        plan.routes.push_back({counts[i] / common, {device_stage(problem.graph, all, devices[i])}});
    }
    return without_idle_devices(plan);
}

/// Devices that have memory for the whole model.
std::vector<std::size_t> able_devices(const Problem& problem, std::string& why) {
    std::vector<std::size_t> able;
    for (std::size_t device = 0; device < problem.bed.cluster().devices.size(); ++device) {
        if (problem.bed.cluster().devices[device].memory) {
            const Proposal alone = evaluate(problem, single_device_plan(problem, device));
            if (auto too_little = memory_problem(problem, alone)) {
                why = std::move(*too_little);
                continue;
            }
        }
        able.push_back(device);
    }
    return able;
}

/// As many as may compute: the fastest.
void keep_fastest(const Problem& problem, std::vector<std::size_t>& devices) {
    if (devices.size() <= problem.most_devices) return;
    const std::vector<double> speeds = speeds_for_model(problem);
    std::stable_sort(devices.begin(), devices.end(),
                     [&](std::size_t a, std::size_t b) { return speeds[a] > speeds[b]; });
    devices.resize(problem.most_devices);
    std::sort(devices.begin(), devices.end());
}

}  // namespace

plan::Plan make_replicate(const Problem& problem) {
    const std::size_t least = problem.least_devices.value_or(2);
    require_devices(problem, "replicate", least);
    if (problem.graph.operators().empty()) {
        throw util::Error(util::Errc::impossible, "the model has no operators: there is nothing to plan");
    }
    BestPlan best(problem, least, Goal::throughput);
    std::string why;
    std::vector<std::size_t> devices = able_devices(problem, why);
    best.refuse(why);
    keep_fastest(problem, devices);
    if (devices.size() >= least) {
        std::vector<int> counts = best_turn(problem, devices, least);
        if (counts.empty()) counts.assign(devices.size(), 1);  // a network so slow that no turn reaches them all
        // With a second frame in flight a device has the next one at hand when it is done.
        plan::Plan plan = plan_of(problem, devices, counts);
        for (const int in_flight : {1, 2, 3}) {
            plan.in_flight = in_flight;
            const double before = best.throughput_per_s();
            const cost::Prediction* prediction = best.offer(plan);
            if (prediction == nullptr || prediction->throughput_per_s <= before * (1 + kWorthIt)) break;
        }
    }
    return std::move(best).take(fmt::format("fewer than {} devices have memory for the whole model", least));
}

}  // namespace convoy::partition::detail

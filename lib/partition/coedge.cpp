#include "partition/coedge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/plan_builder.hpp"
#include "partition/proportion.hpp"
#include "partition/requirements.hpp"
#include "partition/solvers.hpp"
#include "partition/strategies.hpp"
#include "partition/traffic.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using util::Bytes;
using util::Seconds;

std::optional<std::vector<double>> row_shares(const std::vector<RowCosts>& devices, const RowGoal& goal) {
    LinearProgram program;
    const std::size_t count = devices.size();
    LinearProgram::Row whole{{}, 1, 1};
    // Times in units of the slowest device's, for a well scaled program.
    Seconds unit{};
    for (const RowCosts& device : devices) unit = std::max(unit, device.compute + device.transfer + device.fixed);
    if (unit.count() <= 0) unit = Seconds(1);
    for (std::size_t i = 0; i < count; ++i) {
        program.cost.push_back(goal.deadline ? devices[i].energy.value : 0);
        program.upper.push_back(devices[i].most);
        whole.terms.emplace_back(i, 1);
    }
    program.rows.push_back(std::move(whole));
    if (!goal.deadline) {
        program.cost.push_back(1);
        program.upper.push_back(LinearProgram::kOpen);
    }
    for (std::size_t i = 0; i < count; ++i) {
        LinearProgram::Row row;
        row.terms.emplace_back(i, (devices[i].compute + devices[i].transfer) / unit);
        row.high = -(devices[i].fixed / unit);
        if (goal.deadline) {
            row.high += *goal.deadline / unit;
        } else {
            row.terms.emplace_back(count, -1);
        }
        program.rows.push_back(std::move(row));
        if (devices[i].least > 0) program.rows.push_back({{{i, 1}}, devices[i].least, LinearProgram::kOpen});
    }
    auto shares = solve(program);
    if (shares) shares->resize(count);
    return shares;
}

std::optional<Halo> halo_of(const graph::Graph& graph, const Unit& unit) {
    for (std::size_t op = unit.range.begin; op < unit.range.end; ++op) {
        const graph::Operator& layer = graph.operators()[op];
        const bool has_window = layer.kind == graph::Kind::convolution || layer.kind == graph::Kind::max_pool ||
                                layer.kind == graph::Kind::average_pool;
        if (!has_window) continue;
        const graph::Window& window = layer.window;
        const Index rows = (window.kernel[0] - 1) * window.dilation[0] + 1 - window.stride[0];
        if (rows > 0) return Halo{layer.inputs.front(), rows};
    }
    return std::nullopt;
}

double least_share(const graph::Graph& graph, const std::vector<Unit>& units) {
    double least = 0;
    const auto rows_of = [&](graph::TensorId tensor) {
        return static_cast<double>(graph.tensor(tensor).full[Axis::h].size());
    };
    for (const Unit& unit : units) {
        if (!unit.axes.any()) continue;
        least = std::max(least, 1 / rows_of(graph.operators()[unit.range.end - 1].outputs.front()));
        const auto halo = halo_of(graph, unit);
        if (halo) least = std::max(least, static_cast<double>((halo->rows + 1) / 2) / rows_of(halo->tensor));
    }
    return std::min(least, 1.0);
}

namespace {

constexpr std::size_t kMostEnds = 4;

class CoEdge {
  public:
    explicit CoEdge(const Problem& problem)
        : problem_(problem),
          bed_(problem.bed),
          slices_(problem),
          units_(layer_units(problem.graph, {true, false})),
          best_(problem, problem.least_devices.value_or(1), energy() ? Goal::energy : Goal::latency) {
        require_shared("coedge", problem, units_);
        if (energy()) require_powers();
        cut_ = cuttable_ranges(units_);
        threshold_ = least_share(problem.graph, units_);
        devices_ = by_speed(problem, slices_, {0, problem.graph.operators().size()});
        devices_.resize(std::min(devices_.size(), problem.most_devices));
        std::sort(devices_.begin(), devices_.end());
        for (const Unit& unit : units_) {
            halos_.push_back(unit.axes.any() ? halo_bytes(unit) : Bytes{});
        }
    }

    plan::Plan run() && {
        for (const std::size_t end : ends()) offer(end);
        if (!too_large_.empty()) return std::move(best_).take(too_large_);
        return std::move(best_).take(
            energy() ? fmt::format("no shares of rows keep to {:.4g} ms", util::milliseconds(deadline()))
                     : "no shares of rows give so many devices something to compute");
    }

  private:
    struct Shares {
        std::vector<std::size_t> devices;
        std::vector<double> shares;
    };

    [[nodiscard]] bool energy() const { return problem_.settings.is(kCoedgeObjective, "energy"); }

    /// What the user allows, or what the source takes alone.
    [[nodiscard]] Seconds deadline() const {
        if (const auto given = problem_.settings.number(kCoedgeDeadline)) return util::from_milliseconds(*given);
        return evaluate(problem_, single_device_plan(problem_, bed_.cluster().source)).prediction.latency();
    }

    /// What one device gets of its neighbours' rows.
    [[nodiscard]] Bytes halo_bytes(const Unit& unit) const {
        const auto halo = halo_of(problem_.graph, unit);
        if (!halo || !problem_.graph.producer(halo->tensor)) return Bytes{};
        const graph::TensorInfo& tensor = problem_.graph.tensor(halo->tensor);
        return Bytes(tensor.bytes().value / tensor.full[Axis::h].size() * halo->rows);
    }

    /// Devices for the layers that cannot be cut: the ones that are fastest at them, and the source.
    [[nodiscard]] std::vector<std::size_t> ends() {
        const OperatorRange tail{cut_.back().end, problem_.graph.operators().size()};
        if (tail.begin == tail.end) return {bed_.cluster().sink};
        std::vector<std::size_t> ends = by_speed(problem_, slices_, tail);
        std::erase_if(ends, [&](std::size_t device) { return !may_compute(device); });
        ends.resize(std::min(ends.size(), kMostEnds));
        const std::size_t source = bed_.cluster().source;
        const bool has_source = std::find(ends.begin(), ends.end(), source) != ends.end();
        if (!has_source && may_compute(source)) ends.push_back(source);
        return ends;
    }

    [[nodiscard]] bool may_compute(std::size_t device) const {
        return std::binary_search(devices_.begin(), devices_.end(), device);
    }

    [[nodiscard]] RowCosts costs_of(const std::vector<std::size_t>& active, std::size_t i, std::size_t end) const {
        const std::size_t device = active[i];
        RowCosts costs;
        for (const OperatorRange& range : cut_) costs.compute += slices_.whole(range, device);
        costs.fixed = bed_.piece_overhead(device) * static_cast<double>(cut_.size());
        if (problem_.settings.is(kCoedgeTransfer, "all")) {
            add_message(costs, bed_.cluster().source, device, input_bytes());
            add_message(costs, device, end, output_bytes());
        }
        for (const Bytes halo : halos_) {
            if (halo.value == 0) continue;
            if (i > 0) costs.fixed += message_time(bed_, active[i - 1], device, Bytes(halo.value / 2));
            if (i + 1 < active.size()) costs.fixed += message_time(bed_, active[i + 1], device, Bytes(halo.value / 2));
        }
        const auto& power = bed_.cluster().devices[device].power;
        if (power) costs.energy = power->compute * costs.compute + power->radio * costs.transfer;
        return costs;
    }

    /// Start-up and delay are the same for any share.
    void add_message(RowCosts& costs, std::size_t from, std::size_t to, Bytes bytes) const {
        const Seconds empty = message_time(bed_, from, to, Bytes{});
        costs.fixed += empty;
        costs.transfer += message_time(bed_, from, to, bytes) - empty;
    }

    [[nodiscard]] Bytes input_bytes() const {
        Bytes bytes;
        for (const graph::TensorId input : problem_.graph.inputs()) bytes += problem_.graph.tensor(input).bytes();
        return bytes;
    }

    [[nodiscard]] Bytes output_bytes() const {
        return problem_.graph.tensor(problem_.graph.operators()[cut_.back().end - 1].outputs.front()).bytes();
    }

    /// Solves, leaves out the device with the smallest share below the threshold, and solves again. Where there are no
    /// shares without it (a deadline), it gets as much as the threshold instead.
    [[nodiscard]] std::optional<Shares> solve_shares(std::size_t end, const RowGoal& goal,
                                                     const std::vector<double>& most) const {
        std::vector<std::size_t> active = devices_;
        std::vector<double> least(most.size(), 0);
        auto shares = solve_among(active, end, goal, {least, most});
        while (shares) {
            const auto room = static_cast<std::size_t>(1 / (threshold_ * kNearly));
            std::vector<std::size_t> leaving = below_threshold(*shares);
            if (leaving.empty()) return Shares{std::move(active), std::move(*shares)};
            const std::size_t too_many = active.size() > room ? active.size() - room : 1;
            leaving.resize(std::min(leaving.size(), too_many));
            std::vector<std::size_t> others;
            for (std::size_t i = 0; i < active.size(); ++i) {
                if (std::find(leaving.begin(), leaving.end(), i) == leaving.end()) others.push_back(active[i]);
            }
            if (auto without = solve_among(others, end, goal, {least, most})) {
                active = std::move(others);
                shares = std::move(without);
                continue;
            }
            least[active[leaving.front()]] = threshold_;
            shares = solve_among(active, end, goal, {least, most});
        }
        return std::nullopt;
    }

    struct Limits {
        const std::vector<double>& least;  ///< by device of the bed
        const std::vector<double>& most;
    };
    [[nodiscard]] std::optional<std::vector<double>> solve_among(const std::vector<std::size_t>& active,
                                                                 std::size_t end, const RowGoal& goal,
                                                                 const Limits& limits) const {
        std::vector<RowCosts> costs;
        for (std::size_t i = 0; i < active.size(); ++i) {
            costs.push_back(costs_of(active, i, end));
            costs.back().least = limits.least[active[i]];
            costs.back().most = limits.most[active[i]];
        }
        return row_shares(costs, goal);
    }

    /// Smallest share first, of equal ones the last device; never all.
    [[nodiscard]] std::vector<std::size_t> below_threshold(const std::vector<double>& shares) const {
        std::vector<std::size_t> below;
        for (std::size_t i = shares.size(); i-- > 0;) {
            if (shares[i] < threshold_ * kNearly) below.push_back(i);
        }
        std::stable_sort(below.begin(), below.end(),
                         [&](std::size_t a, std::size_t b) { return shares[a] < shares[b]; });
        below.resize(std::min(below.size(), shares.size() - 1));
        return below;
    }

    /// Plans the goal; where a plan needs more memory or time than the program thought, again with less of either.
    void offer(std::size_t end) {
        std::vector<double> most(bed_.cluster().devices.size(), 1);
        RowGoal goal;
        if (energy()) goal.deadline = deadline();
        const Seconds allowed = goal.deadline.value_or(Seconds{});
        if (goal.deadline) *goal.deadline = allowed - tail_time(end);
        constexpr int kMostTries = 12;
        for (int tries = 0; tries < kMostTries; ++tries) {
            const auto shares = solve_shares(end, goal, most);
            if (!shares) return;
            const Proposal proposal = evaluate(problem_, plan_of(*shares, end));
            const std::vector<double> most_before = most;
            const bool fits = lower_limits(proposal, *shares, most);
            const bool late = goal.deadline && proposal.prediction.latency() > allowed;
            if (!fits) too_large_ = memory_problem(problem_, proposal).value_or("");
            if (fits && !late) best_.offer(proposal.plan);
            if ((fits && !late) || (!fits && most == most_before)) return;
            if (late) *goal.deadline = *goal.deadline * 0.98 * (allowed / proposal.prediction.latency());
        }
    }

    void require_powers() const {
        for (const cluster::Device& device : bed_.cluster().devices) {
            if (device.power) continue;
            throw util::Error(util::Errc::impossible,
                              fmt::format("the energy of '{}' cannot be predicted", device.name))
                .hint("give it power_w in the cluster file");
        }
    }

    /// Time behind the cut layers.
    [[nodiscard]] Seconds tail_time(std::size_t end) {
        return slices_.whole({cut_.back().end, problem_.graph.operators().size()}, end);
    }

    /// Whether every device's memory holds its share; allows the others less.
    [[nodiscard]] bool lower_limits(const Proposal& proposal, const Shares& shares, std::vector<double>& most) const {
        bool fits = true;
        const std::vector<std::size_t> devices = cost::bed_devices(proposal.plan, bed_);
        for (std::size_t i = 0; i < devices.size(); ++i) {
            const auto& limit = bed_.cluster().devices[devices[i]].memory;
            if (!limit || proposal.prediction.peak_memory[i] <= *limit) continue;
            fits = false;
            const auto place = std::find(shares.devices.begin(), shares.devices.end(), devices[i]);
            if (place == shares.devices.end()) continue;
            const double share = shares.shares[static_cast<std::size_t>(place - shares.devices.begin())];
            constexpr double kLess = 0.8;
            most[devices[i]] = share * kLess < threshold_ ? 0 : share * kLess;
        }
        return fits;
    }

    [[nodiscard]] plan::Plan plan_of(const Shares& shares, std::size_t end) {
        PlanBuilder builder(problem_);
        for (const Unit& unit : units_) {
            if (unit.axes.any()) {
                builder.tiled(unit.range, proportional_bands(slices_.extent(unit.range), {true, false}, shares.devices,
                                                             shares.shares));
            } else {
                builder.whole(unit.range, end);
            }
        }
        return std::move(builder).finish();
    }

    /// Shares become whole rows in the end.
    static constexpr double kNearly = 0.99;

    const Problem& problem_;
    const latency::Bed& bed_;
    mutable Slices slices_;
    std::vector<Unit> units_;
    std::vector<OperatorRange> cut_;
    std::vector<Bytes> halos_;
    std::vector<std::size_t> devices_;  ///< that may compute, in the cluster's order, which is that of the rows
    std::string too_large_;             ///< the last memory limit that a plan exceeded
    double threshold_ = 0;
    BestPlan best_;
};

}  // namespace

plan::Plan make_coedge(const Problem& problem) { return CoEdge(problem).run(); }

}  // namespace convoy::partition::detail

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cost/predictor.hpp"
#include "graph/graph.hpp"
#include "latency/bed.hpp"
#include "partition/settings.hpp"
#include "plan/plan.hpp"

namespace convoy::partition {

/// What is to be best. Energy needs the powers of all devices that take part.
enum class Objective : std::uint8_t {
    latency,     ///< of one frame
    throughput,  ///< frames per second in steady state
    memory,      ///< the largest peak memory of any device
    energy,      ///< of a frame
};

/// One model that is to be shared by the devices of one cluster. Holds references; not thread-safe.
struct Problem {
    const graph::Graph& graph;
    const latency::Bed& bed;
    cost::Predictor& predictor;  ///< of this graph and this bed
    /// That compute. Nothing: 2 where a strategy is there to share the model, else 1.
    std::optional<std::size_t> least_devices{};
    std::size_t most_devices = std::numeric_limits<std::size_t>::max();
    Settings settings{};  ///< of the strategy that makes a plan
    /// What `auto` makes best; the others have each their own.
    Objective objective = Objective::latency;
    /// Latency that a plan of `auto` keeps to.
    std::optional<util::Seconds> deadline{};
    /// Largest error of an element that crosses the network that `auto` may accept, as a share of the largest magnitude
    /// of its message: 0 for the values as they are.
    double accuracy_budget = 0;
    /// Told how far `auto` is, from 0 to 1; false ends its search, and the best plan so far is taken. Strategies that
    /// take seconds ask it, too, and end with Errc::interrupted then.
    std::function<bool(double done)> go_on{};
};

/// The same problem on another bed, whose predictor is for the same graph.
[[nodiscard]] Problem moved(const Problem& problem, const latency::Bed& bed, cost::Predictor& predictor);

/// A way to share models.
struct Strategy {
    std::string_view name;
    std::string_view about;                      ///< one line for a list
    plan::Plan (*make)(const Problem& problem);  ///< @throws Error impossible, when there is no such plan
    std::span<const Setting> settings = {};      ///< that the user may choose
};

/// All strategies, in the order of tables.
[[nodiscard]] std::span<const Strategy> strategies() noexcept;
/// @throws Error usage for an unknown name, with a suggestion
[[nodiscard]] const Strategy& strategy(std::string_view name);

/// A strategy, and what was chosen of its settings.
struct Choice {
    const Strategy* strategy = nullptr;
    Settings settings{};
    /// "coedge" or "coedge:objective=energy".
    [[nodiscard]] std::string name() const;
    /// @throws Error impossible, when there is no such plan
    [[nodiscard]] plan::Plan make(const Problem& problem) const;
};
/// "coedge" or "coedge:objective=energy,deadline_ms=50".
/// @throws Error usage for an unknown strategy or setting, with a suggestion, and for values out of range
[[nodiscard]] Choice choose(std::string_view text);
/// The comma-separated parts of a list of strategies; a part like "deadline_ms=50" belongs to the strategy before it.
/// @throws Error usage, as choose()
[[nodiscard]] std::vector<Choice> choose(const std::vector<std::string>& parts);
/// Each strategy without settings, in the order of tables.
[[nodiscard]] std::vector<Choice> all_choices();

/// A plan and what it is predicted to do.
struct Proposal {
    plan::Plan plan;
    cost::Prediction prediction;
    std::string_view strategy{};  ///< that made it; not `auto`, but the one that it takes
};
/// The strategy stays open.
[[nodiscard]] Proposal evaluate(const Problem& problem, plan::Plan plan);

/// A plan that was made for another bed on this one. @throws Error impossible, when it has a device that the bed does
/// not have, or exceeds a device's memory here
[[nodiscard]] Proposal judged_on(const Problem& problem, const Proposal& made);

/// The first device whose memory the plan exceeds, as a sentence; empty when all is well.
[[nodiscard]] std::optional<std::string> memory_problem(const Problem& problem, const Proposal& proposal);

/// The whole model on one device of the bed; the frame comes from the source and goes to the sink.
[[nodiscard]] plan::Plan single_device_plan(const Problem& problem, std::size_t device);

/// The single device that is predicted fastest, transfers counted.
struct BestDevice {
    std::size_t device = 0;  ///< of the bed
    Proposal proposal;
};
/// Empty when the model fits into no single device's memory.
[[nodiscard]] std::optional<BestDevice> best_device(const Problem& problem);

/// "one device ('a') is faster: 20 ms against 35 ms, because ..."; and whether the plan completes more frames per
/// second nevertheless. Empty when none is faster.
[[nodiscard]] std::string faster_alone(const Problem& problem, const cost::Prediction& prediction,
                                       const BestDevice& best);

/// The fraction of all predicted computing that each device of the plan does; all 0 when nothing is computed.
[[nodiscard]] std::vector<double> compute_shares(const cost::Prediction& prediction);

}  // namespace convoy::partition

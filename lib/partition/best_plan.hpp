#pragma once

#include <functional>
#include <string>
#include <vector>

#include "partition/capability.hpp"

namespace convoy::partition::detail {

using Goal = Objective;

/// Keeps the best of the plans that are offered: of those that fit into memory and give as many devices something to
/// compute as are asked for, the one that is best for the goal (for energy all devices have powers); the first one on
/// a tie. Where the problem has a deadline, of those that miss it the one of least latency, if all of them do.
class BestPlan {
  public:
    explicit BestPlan(const Problem& problem, std::size_t least_devices, Goal goal = Goal::latency);

    /// @return what the plan is predicted to do; empty when it is none of those
    const cost::Prediction* offer(plan::Plan plan);
    /// The same for a plan that was evaluated before.
    const cost::Prediction* offer(Proposal proposal);
    /// What is to be said when no plan was good enough, if it is not memory.
    void refuse(std::string why) { why_ = std::move(why); }

    [[nodiscard]] bool empty() const noexcept { return !best_; }
    /// Whether the plan that was offered last is the best one now.
    [[nodiscard]] bool improved() const noexcept { return improved_; }
    /// What is made least.
    [[nodiscard]] double score(const cost::Prediction& prediction) const;
    /// Latency of the best plan; infinite without one.
    [[nodiscard]] util::Seconds latency() const;
    /// Frames per second of the best plan; 0 without one.
    [[nodiscard]] double throughput_per_s() const;
    [[nodiscard]] const plan::Plan& plan() const { return best_->plan; }
    [[nodiscard]] const Proposal& proposal() const { return *best_; }
    /// @throws Error impossible: what memory lacks, or refuse() said, or `why`
    [[nodiscard]] plan::Plan take(const std::string& why) && { return std::move(*this).take_proposal(why).plan; }
    [[nodiscard]] Proposal take_proposal(const std::string& why) &&;

  private:
    [[nodiscard]] bool enough(const plan::Plan& plan) const;
    const cost::Prediction* judge(Proposal proposal);

    const Problem& problem_;
    std::size_t least_devices_;
    Goal goal_;
    bool improved_ = false;
    std::optional<Proposal> best_;
    Proposal last_;
    std::string why_;
};

/// A plan on some devices of the bed that keeps to a room; empty when there is none.
using MakeOnDevices =
    std::function<std::optional<plan::Plan>(const std::vector<std::size_t>& devices, const Room& room)>;

/// The plan of least latency on the fastest 2 (or least_devices), 3, ... devices, each within memory. Ends where two
/// numbers of devices in a row are worse than the best: further ones would only send more messages.
/// @throws Error impossible: too few devices, or too little memory
[[nodiscard]] plan::Plan best_on_fastest(const Problem& problem, std::string_view strategy, const MakeOnDevices& make);

/// @throws Error impossible, when fewer devices may compute
void require_devices(const Problem& problem, std::string_view strategy, std::size_t least);

}  // namespace convoy::partition::detail

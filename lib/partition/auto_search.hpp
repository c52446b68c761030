#pragma once

#include <memory>

#include "partition/best_plan.hpp"

namespace convoy::partition::detail {

/// auto's own search: over all ways to compute runs of elements on sets of devices (see Menu), by dynamic programming
/// over layouts with estimated costs (see StepProgramme); then ways, borders between steps, and shares are improved on
/// the simulator, one change at a time, as long as that helps and trials are left.
///
/// Deterministic: how many plans are tried goes by the size of the model and the number of devices.
class AutoSearch {
  public:
    explicit AutoSearch(const Problem& problem);
    ~AutoSearch();
    AutoSearch(const AutoSearch&) = delete;
    AutoSearch& operator=(const AutoSearch&) = delete;

    /// Offers all plans that it finds.
    void run(BestPlan& best);
    /// Improves the shares of the best plan, whoever found it; of run()'s, where the best one shares nothing, those of
    /// the best ones that share something.
    void refine_shares(BestPlan& best);
    /// How far it is, from 0 to 1.
    [[nodiscard]] double done() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace convoy::partition::detail

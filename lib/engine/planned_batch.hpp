#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/records.hpp"

namespace convoy::engine {

/// The name of pieces that compute next to nothing: what they take is the overhead of any piece.
inline constexpr const char* kOverhead = "";

/// A batch that is to be visited, and what is known of it so far.
struct PlannedBatch {
    std::function<Batch()> open;               ///< makes the same batch each time
    double weight = 1;                         ///< of its share of the time
    bool whole_model = false;                  ///< the whole model is timed with it
    bool repeats = false;                      ///< its pieces are also run again, right behind their turn
    std::size_t estimate = 0;                  ///< how many targets there will be
    std::vector<Target> targets;               ///< empty until it is opened first
    std::vector<std::vector<Record>> records;  ///< shape [conditions][targets]
    std::vector<ModelRecord> model;            ///< shape [conditions]
    std::vector<std::size_t> done;             ///< shape [conditions]: samples that need no more runs

    [[nodiscard]] std::size_t size() const noexcept {
        return (targets.empty() ? estimate : targets.size()) + (whole_model ? 1 : 0);
    }
};

/// The rounds of a model (engine/slices.hpp), then the batches of a sweep. Among the pieces of the first one are some
/// that compute next to nothing.
///
/// @param model  nullptr: none; must outlive the batches
[[nodiscard]] std::vector<PlannedBatch> plan_batches(const graph::Graph* model,
                                                     const std::optional<samples::Sweep>& sweep,
                                                     std::size_t conditions);

}  // namespace convoy::engine

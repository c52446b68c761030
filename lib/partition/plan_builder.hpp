#pragma once

#include <optional>

#include "partition/assemble.hpp"
#include "partition/strategy.hpp"

namespace convoy::partition::detail {

/// Puts a plan together range by range, in the graph's order.
class PlanBuilder {
  public:
    explicit PlanBuilder(const Problem& problem) : graph_(problem.graph), plan_(empty_plan(problem.bed)) {}

    /// All of a range on one device; neighbouring ranges on one device become one stage.
    void whole(OperatorRange range, std::size_t device);
    /// The output of the range's last operator in tiles; a single one is the whole range on its device.
    void tiled(OperatorRange range, const Tiling& tiling);
    /// Gathers on one device all tensors that a range makes and that are read behind it.
    void gather(OperatorRange range, std::size_t device);
    /// Devices that compute nothing are left out.
    [[nodiscard]] plan::Plan finish() &&;

  private:
    struct Pending {
        OperatorRange range;
        std::size_t device = 0;
    };
    void flush();

    const graph::Graph& graph_;
    plan::Plan plan_;
    std::optional<Pending> pending_;
};

}  // namespace convoy::partition::detail

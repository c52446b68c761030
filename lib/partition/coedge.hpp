#pragma once

#include <optional>
#include <vector>

#include "partition/slices.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

/// What one device takes, and draws, for its share of the rows: so much for all rows, and so much for any.
struct RowCosts {
    util::Seconds compute{};   ///< of all rows
    util::Seconds transfer{};  ///< of all rows: from the source, and to the device behind the last cut layer
    util::Seconds fixed{};     ///< halos from its neighbours, overheads of pieces
    util::Joules energy;       ///< of all rows
    double least = 0;          ///< the share that it must get
    double most = 1;           ///< the share that its memory holds
};

/// What is to be least: the time of the slowest device, or the energy while no device takes longer than the deadline.
struct RowGoal {
    std::optional<util::Seconds> deadline;  ///< empty: latency
};

/// CoEdge's linear program: shares a >= 0 that add up to 1, so that max_i (a_i (compute_i + transfer_i) + fixed_i) is
/// least, or sum_i a_i energy_i is least and that maximum within the deadline; least_i <= a_i <= most_i.
/// A device without rows
/// still counts its fixed time: who calls this leaves it out then.
///
/// @return  by device; nothing when no shares keep to deadline and memory
[[nodiscard]] std::optional<std::vector<double>> row_shares(const std::vector<RowCosts>& devices, const RowGoal& goal);

/// What a part of a layer's output needs of its neighbours' rows.
struct Halo {
    graph::TensorId tensor{};  ///< input of the layer
    graph::Index rows = 0;     ///< of it, beyond the part's own: the kernel's extent less the stride
};
/// Nothing for layers without windows that overlap.
[[nodiscard]] std::optional<Halo> halo_of(const graph::Graph& graph, const Unit& unit);

/// The least share but 0: as many rows of every layer's input as a neighbour needs of them, and one of its output.
[[nodiscard]] double least_share(const graph::Graph& graph, const std::vector<Unit>& units);

}  // namespace convoy::partition::detail

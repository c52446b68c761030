#pragma once

#include <vector>

#include "latency/bed.hpp"

namespace convoy::cost::detail {

/// What all of an operator's needed operations take, by device of the bed: the part of a time that grows with them.
struct OperatorTimes {
    graph::OperatorId op{};
    double operations = 0;  ///< that are needed, without the tail where addends are possible
    std::vector<double> seconds;
};

/// A latency that no plan goes below, because what others compute must leave the source.
///
/// Proof. Let others than the source do the share y_o of operator o's operations, the source at least 1 - y_o. Along a
/// path of operators, o reading what p makes:
///  - The others read at least y_o operations_o / M_o elements of o's input, if no element takes part in more than M_o
///    operations (those in padding counted with the elements that their window does read).
///  - Of p's output they have made at most y_p operations_p / m_p elements, if each takes m_p operations. For the
///  others
///    a value or an addend must have left the source: with E_o = operations_o / M_o, A_p = operations_p / m_p and
///    r_o = min(1, E_o / A_p) at least A_p (r_o y_o - y_p), of the graph's input E_o y_o.
///  - The source computes, its interface (or the medium) sends, and the others, weighted, compute, each within the
///    latency: it is at least the mean of the three times by any weights.
/// For given weights the least mean over all y is found exactly: with z_o = s_o y_o, s_o = r_o s_p, what leaves is
/// A_p / s_p (z_o - z_p), a total variation, so that each level of z can be minimised for itself, along the path by
/// dynamic programming over who is above the level. The best weights are searched; any are valid. Operators off the
/// path (one path is taken, the longest) go where they are cheaper.
///
/// @param coding  bytes of the shortest coding of an element over those of the element
[[nodiscard]] double egress_bound(const graph::Graph& graph, const latency::Bed& bed,
                                  const std::vector<OperatorTimes>& operators, double coding);

}  // namespace convoy::cost::detail

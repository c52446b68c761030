#pragma once

#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace convoy::partition::detail {

/// Minimise cost * x where low <= row * x <= high for each row, and 0 <= x <= upper.
struct LinearProgram {
    static constexpr double kOpen = std::numeric_limits<double>::infinity();
    struct Row {
        std::vector<std::pair<std::size_t, double>> terms;  ///< variable, coefficient; each variable once
        double low = -kOpen;
        double high = kOpen;
    };
    std::vector<double> cost;   ///< by variable
    std::vector<double> upper;  ///< by variable; kOpen: none
    std::vector<Row> rows;
};

/// The variables of an optimal solution; nothing when there is none. Deterministic. Not re-entrant beyond one call for
/// each thread. @throws Error internal for coefficients that are not finite, or a program without a minimum
[[nodiscard]] std::optional<std::vector<double>> solve(const LinearProgram& program);

/// A directed edge of a network.
struct Arc {
    std::size_t from = 0;
    std::size_t to = 0;
    double capacity = 0;  ///< infinite where it must not be cut
};

/// Which vertices lie on the source's side of a cut of least capacity: those that the source still reaches. Capacities
/// count to a billionth of their sum.
/// @throws Error internal, when only infinite arcs could be cut, or a capacity is negative
[[nodiscard]] std::vector<bool> least_cut(std::size_t vertices, const std::vector<Arc>& arcs, std::size_t source,
                                          std::size_t sink);

}  // namespace convoy::partition::detail

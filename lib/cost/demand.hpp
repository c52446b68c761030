#pragma once

#include <array>
#include <optional>
#include <vector>

#include "graph/calculus.hpp"

namespace convoy::cost::detail {

/// Elements of a tensor that every plan computes, as a product of rows, columns and channels (all of the batch).
/// Between strided windows there are elements that nobody needs, and that a plan of small pieces leaves out.
struct Demand {
    std::vector<bool> rows;
    std::vector<bool> columns;
    std::vector<graph::Interval> channels;
    graph::Index batch = 0;

    [[nodiscard]] graph::Index volume() const;
    /// A slab of as many rows, columns and channels, from the first ones on.
    [[nodiscard]] graph::Slab packed() const;
};

/// What every plan does of one operator, at least: the sum over all pieces is never less.
struct LeastWork {
    graph::Work work;  ///< packed; without the tail where addends are possible
    util::Flops flops;
    util::Bytes bytes;  ///< of inputs, outputs and weights
};

/// By operator; empty where nothing of it is needed for `wanted`, tensors that are needed whole.
[[nodiscard]] std::vector<std::optional<LeastWork>> least_works(const graph::Graph& graph,
                                                                const std::vector<graph::TensorId>& wanted);

/// Whether no plan can share an operator: it is computed by one device at a time.
[[nodiscard]] bool is_undivided(const graph::Graph& graph, graph::OperatorId op);

/// Whether every element that it makes needs some element that it reads: no window lies in padding alone.
[[nodiscard]] bool always_reads(const graph::Graph& graph, graph::OperatorId op);

}  // namespace convoy::cost::detail

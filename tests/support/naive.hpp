#pragma once

#include <optional>
#include <span>
#include <vector>

#include "graph/calculus.hpp"
#include "graph/graph.hpp"
#include "util/random.hpp"

/// A second opinion for the property tests: every operator in double precision, straight from its definition, element
/// by element, without the region calculus. Slow; for small models.
namespace convoy::test {

/// Values of one tensor at its full size, dense in [n, c, h, w] order; NaN where nothing is known.
///
/// What a piece or device holds of a tensor is such a tensor with NaN everywhere else: whatever reads outside of it
/// shows as NaN. A tensor that is only ever whole has `inner` values in its one element.
struct Values {
    Values() = default;
    explicit Values(const graph::TensorInfo& tensor);  ///< all NaN

    [[nodiscard]] std::size_t offset(graph::Index n, graph::Index c, graph::Index h, graph::Index w) const;
    [[nodiscard]] double at(graph::Index n, graph::Index c, graph::Index h, graph::Index w) const {
        return data[offset(n, c, h, w)];
    }

    graph::Box full;
    graph::Index inner = 1;
    std::vector<double> data;
};

/// Normally distributed values.
[[nodiscard]] Values random_values(const graph::TensorInfo& tensor, util::Random& random);
/// Random values for every input of the graph, in the order of Graph::inputs().
[[nodiscard]] std::vector<Values> random_inputs(const graph::Graph& graph, util::Random& random);
/// The same values inside `region`, NaN outside.
[[nodiscard]] Values restricted(const Values& values, const graph::Region& region);
/// Copies the values inside `region`, NaN included.
void copy(const Values& from, Values& to, const graph::Region& region);
/// Adds the values inside `region` to those of `to`.
void add(const Values& from, Values& to, const graph::Region& region);
/// Whether every element of `region` is known (not NaN).
[[nodiscard]] bool known(const Values& values, const graph::Region& region);
/// The largest |a - b| / max(1, |a|, |b|) inside `region`; infinity where exactly one is NaN.
[[nodiscard]] double largest_difference(const Values& a, const Values& b, const graph::Region& region);

/// Every tensor of the graph, by TensorId, computed whole.
[[nodiscard]] std::vector<Values> naive_run(const graph::Graph& graph, std::span<const Values> inputs);

/// Runs one piece of work on what it holds of the operator's inputs (one per entry of Operator::inputs). Returns one
/// tensor per output: the wanted elements, NaN elsewhere and wherever a value was read that is not held. With
/// `work.in` the wanted elements are sums over that box only, without tail; a term outside of it is not read.
[[nodiscard]] std::vector<Values> naive_work(const graph::Graph& graph, const graph::Work& work,
                                             std::span<const Values> inputs);

/// Applies an operator's tail to raw sums inside `region` (output 0); NaN elsewhere.
[[nodiscard]] Values naive_tail(const graph::Graph& graph, graph::OperatorId op, const Values& raw,
                                const graph::Region& region);

}  // namespace convoy::test

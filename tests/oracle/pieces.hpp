#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "graph/tensor.hpp"

namespace convoy::test {

/// An axis of an operator's output that is cut, or of its input that is summed over in parts.
struct Way {
    bool sum = false;
    graph::Axis axis{};
    auto operator<=>(const Way&) const = default;
};
[[nodiscard]] std::string to_string(const Way& way);
[[nodiscard]] std::vector<Way> every_way();

struct Pieces {
    std::set<Way> run;  ///< ways in which an operator was cut
    std::string wrong;  ///< the first that gave something else, and what; empty when all were right
};

/// Cuts each operator of the graph in two pieces on two devices, along each axis where the calculus allows it, the
/// other operators whole on one device or the other. Runs each such plan in this process.
/// @param difference  says how outputs differ from those expected; empty when they are right
void run_in_pieces(const graph::Graph& graph, const std::vector<graph::Tensor>& inputs,
                   const std::function<std::string(const std::vector<graph::Tensor>&)>& difference, Pieces& pieces);

}  // namespace convoy::test

#pragma once

#include <string>

#include "graph/graph.hpp"
#include "util/random.hpp"

namespace convoy::test {

struct RandomGraphOptions {
    int least_operators = 3;
    int most_operators = 10;
    graph::Index most_channels = 8;  ///< of a convolution; concat and channel multipliers reach twice as many
    graph::Index most_rows = 12;     ///< and columns, of the inputs
    graph::Index most_batch = 2;
    bool whole_kinds = true;  ///< with operators that only run whole, and tensors that are only ever whole
};

/// A random small DAG with random weights: chains with branches, residual sums, gates and concats; grouped, depthwise,
/// strided, dilated and asymmetrically padded windows; tails; fully connected layers on maps; often several inputs or
/// outputs. Every tensor is read or an output. Values stay of the order of one. Equal seeds give equal graphs.
[[nodiscard]] graph::Graph random_graph(util::Random& random, const RandomGraphOptions& options = {});

/// One line per operator, for the message of a failed test.
[[nodiscard]] std::string describe(const graph::Graph& graph);

}  // namespace convoy::test

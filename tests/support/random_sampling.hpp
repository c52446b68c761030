#pragma once

#include <optional>
#include <vector>

#include "support/random_graph.hpp"

namespace convoy::test {

struct Drawn {
    graph::Operator op;
    std::vector<graph::Index> output;
};

/// A random gather, resize, depth to space, space to depth or local response normalization of a map or vector; nothing
/// when the drawn one does not fit its dims, or would grow too much.
[[nodiscard]] std::optional<Drawn> random_sampling(util::Random& random, const RandomGraphOptions& options,
                                                   const std::vector<graph::Index>& input);

}  // namespace convoy::test

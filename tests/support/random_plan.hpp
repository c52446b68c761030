#pragma once

#include "plan/plan.hpp"
#include "util/random.hpp"

namespace convoy::test {

struct RandomPlanOptions {
    int most_devices = 4;
    int most_stages = 5;       ///< identity stages come on top
    double in_chance = 0.5;    ///< of `in` pieces, where legal
    double hold_chance = 0.4;  ///< of an identity stage behind a stage
    double replica_chance = 0.3;
    bool routes = true;  ///< sometimes two
    bool codecs = true;  ///< sometimes lossy ones
};

/// A random valid plan: operators grouped into stages so that each reads earlier ones only; outputs cut along legal
/// axes into pieces that several devices have, one device several of; sums cut into p x q; replicas; identity stages
/// that gather, scatter, reduce; `outputs` where no piece needs a tensor; `from`, codecs, routes.
[[nodiscard]] plan::Plan random_plan(const graph::Graph& graph, util::Random& random,
                                     const RandomPlanOptions& options = {});

/// A few lines for the message of a failed test.
[[nodiscard]] std::string describe(const plan::Plan& plan, const graph::Graph& graph);

}  // namespace convoy::test

#pragma once

#include <string>
#include <vector>

#include "plan/program.hpp"
#include "support/naive.hpp"
#include "util/random.hpp"

namespace convoy::test {

/// A plan and its compiled programs, which a test may alter before they run.
struct Deployment {
    Deployment(const plan::Plan& plan, const graph::Graph& graph);

    const graph::Graph& graph;
    plan::Plan plan;
    std::vector<std::vector<plan::Program>> programs;  ///< by [route][device]
    std::vector<plan::Memory> memory;                  ///< by device
};

/// What went wrong while frames ran, one sentence each; empty when all was well.
using Complaints = std::vector<std::string>;

/// Runs `frames` frames through all devices' programs in this process, in doubles, in a random order: devices take
/// steps, messages are delivered late and out of order, up to in_flight frames of a route at once.
///
/// Complains about: a result that differs from the whole model; an element that two devices know with different bits;
/// a step that reads what its device does not hold; a hang; memory above the bound.
[[nodiscard]] Complaints execute(const Deployment& deployment, int frames, util::Random& random);

/// Complaints about programs that can be made without running them: a buffer that is not freed right after its last
/// use, or used before it is made or after it is freed; messages that sender and receiver do not agree on.
[[nodiscard]] Complaints inspect_programs(const Deployment& deployment);

/// Compares what every device receives with what it lacks, element by element, without the region calculus: complains
/// about an element that comes twice, or that the device has computed, or that it does not need; about addends that
/// are missing, come twice, or are zero.
[[nodiscard]] Complaints inspect_moves(const Deployment& deployment);

}  // namespace convoy::test

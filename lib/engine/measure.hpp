#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/shard.hpp"
#include "samples/profile.hpp"

namespace convoy::engine {

/// How carefully a piece is timed: runs are repeated until the median is stable, or one of the limits is reached.
struct Effort {
    /// One measurement repeats the piece at least this long and takes the mean: long enough for the clock, and under
    /// load for the load's whole pattern.
    util::Seconds quantum{0.0002};
    util::Seconds most{0.5};
    std::size_t least_measurements = 5;
    std::size_t most_measurements = 100;
    double precision = 0.01;  ///< standard error of the median that counts as stable
};

/// A piece of one operator, with its fused tail, and of nothing else: what it computes leaves it by no copy.
[[nodiscard]] plan::Run piece_of(const graph::Graph& graph, const graph::Work& work);

/// Times a piece on random inputs, after warm-up.
/// @throws Error data, when an operator has no layer in the engine
[[nodiscard]] samples::Times time_piece(Weights& weights, const plan::Run& piece, const Effort& effort);

/// What each piece costs beside its operators: the time of one that computes next to nothing.
[[nodiscard]] samples::Times time_piece_overhead(const Effort& effort);

/// The pieces of a model that are worth timing: every operator whole, then halves, quarters and eighths along its
/// rows (along its channels where it has few rows), equal ones once.
[[nodiscard]] std::vector<graph::Work> works_to_time(const graph::Graph& graph);

/// This device as profiles describe it: CPU model, cores, kernel, governor, versions.
[[nodiscard]] samples::Context context_of_this_device(std::string name);

}  // namespace convoy::engine

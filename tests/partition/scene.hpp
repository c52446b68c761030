#pragma once

#include <string>

#include "partition/slices.hpp"
#include "partition/strategy.hpp"
#include "planning.hpp"
#include "support/small_models.hpp"
#include "support/synthetic.hpp"

namespace convoy::test {

/// A problem with what it refers to.
struct Scene {
    Scene(graph::Graph model, latency::Bed devices)
        : graph(std::move(model)),
          bed(std::move(devices)),
          predictor(graph, bed),
          problem{.graph = graph, .bed = bed, .predictor = predictor},
          slices(problem) {}
    Scene(const Scene&) = delete;

    /// The plan of a strategy, "coedge:objective=energy".
    [[nodiscard]] partition::Proposal plan(const std::string& strategy) const {
        return partition::evaluate(problem, partition::choose(strategy).make(problem));
    }

    graph::Graph graph;
    latency::Bed bed;
    cost::Predictor predictor;
    partition::Problem problem;
    partition::detail::Slices slices;
};

/// Convolutions of 3 x 3 and so many channels on a map of size x size, and a fully connected layer.
inline graph::Graph conv_chain(int convolutions, graph::Index channels = 8, graph::Index size = 32) {
    Model model;
    graph::TensorId at = model.input("x", {1, channels, size, size});
    for (int i = 0; i < convolutions; ++i) at = model.conv("conv" + std::to_string(i), at, channels);
    return model.finish({model.gemm("fc", at, 10)});
}

/// Links without start-up or delay.
inline cluster::Link fast_link(double mbit_per_s = 1000) { return {util::BytesPerSecond(mbit_per_s * kMbit), {}, {}}; }

}  // namespace convoy::test

#pragma once

#include "graph/onnx.hpp"
#include "partition/strategy.hpp"
#include "support/small_models.hpp"
#include "support/synthetic.hpp"
#include "util/random.hpp"
#include "zoo/models.hpp"

namespace convoy::test {

inline constexpr double kMbit = 1e6 / 8;

/// A problem with what it refers to.
struct Planning {
    Planning(const graph::Graph& graph, latency::Bed on, std::size_t least_devices = 0)
        : bed(std::move(on)), predictor(graph, bed), problem{.graph = graph, .bed = bed, .predictor = predictor} {
        if (least_devices > 0) problem.least_devices = least_devices;
    }
    Planning(const Planning&) = delete;
    Planning& operator=(const Planning&) = delete;

    /// @param choice  a strategy, with settings or without
    [[nodiscard]] partition::Proposal proposal(const std::string& choice) const {
        return partition::evaluate(problem, partition::choose(choice).make(problem));
    }

    latency::Bed bed;
    cost::Predictor predictor;
    partition::Problem problem;
};

inline graph::Graph zoo_graph(const std::string& name) {
    std::string bytes;
    zoo::model(name).build().write(1, [&](std::string_view part) { bytes += part; });
    return graph::read_onnx(util::FileView::from_bytes(std::move(bytes), name + ".onnx"));
}

/// The same devices, each with so much memory.
inline latency::Bed with_memory(const latency::Bed& bed, util::Bytes memory) {
    cluster::Cluster cluster = bed.cluster();
    std::vector<latency::DeviceModel> models;
    for (std::size_t d = 0; d < cluster.devices.size(); ++d) {
        cluster.devices[d].memory = memory;
        models.push_back(bed.model(d));
    }
    return {std::move(cluster), std::move(models)};
}

/// Convolutions and fully connected layers of random widths; most of the latter hold most weights, as in classifiers.
inline graph::Graph random_classifier(util::Random& random, int convolutions, int gemms) {
    Model model;
    graph::TensorId at = model.input("x", {1, 3, 16, 16});
    for (int i = 0; i < convolutions; ++i) {
        const auto channels = static_cast<graph::Index>(4 + 20 * random.uniform());
        at = model.conv("conv" + std::to_string(i), at, channels, 3, 1, "relu" + std::to_string(i));
    }
    for (int i = 0; i < gemms; ++i) {
        at = model.gemm("fc" + std::to_string(i), at, static_cast<graph::Index>(8 + 56 * random.uniform()));
    }
    return model.finish({at});
}

/// Devices of 1 to 10 MFLOP/s on a link of 1 to 100 Mbit/s whose messages take up to 2 ms to start.
inline latency::Bed random_planning_bed(util::Random& random, std::size_t devices) {
    std::vector<double> rates;
    for (std::size_t i = 0; i < devices; ++i) rates.push_back(1e6 * (1 + 9 * random.uniform()));
    const cluster::Link link{util::BytesPerSecond(kMbit * (1 + 99 * random.uniform())),
                             util::Seconds(2e-3 * random.uniform()), util::Seconds(1e-4)};
    return bed(rates, link, random.uniform() < 0.3 ? cluster::Medium::shared : cluster::Medium::switched);
}

}  // namespace convoy::test

#pragma once

#include <string>
#include <vector>

#include "latency/bed.hpp"
#include "latency/model.hpp"

/// Latency models, samples and clusters by simple laws, for tests whose numbers are worked out by hand.
namespace convoy::test {

/// A 3x3 convolution, padding 1, of [1, channels, size, size] to [1, outputs, size, size].
[[nodiscard]] samples::WorkShape convolution_work(graph::Index channels, graph::Index outputs, graph::Index size);

[[nodiscard]] samples::LayerSample layer_sample(const std::string& op, const samples::WorkShape& work, double load,
                                                double seconds);

/// T = overhead + FLOPs / rate / (1 - load) for every operator type.
[[nodiscard]] latency::DeviceModel linear_model(double flops_per_second, util::Seconds per_operator = {},
                                                util::Seconds per_piece = {});

/// Devices a, b, c, ... of these rates (FLOP/s), all pairs joined by one kind of link; source and sink are a.
[[nodiscard]] latency::Bed bed(const std::vector<double>& flops_per_second, const cluster::Link& link,
                               cluster::Medium medium = cluster::Medium::switched);

}  // namespace convoy::test

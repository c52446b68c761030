#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "partition/strategy.hpp"
#include "wire/codec.hpp"

namespace convoy::compress_split {

/// How the tensors at a cut cross, finest first. Graph inputs have a codec of their own where an image loses nothing.
inline constexpr std::array kCodecs{wire::Codec::fp32, wire::Codec::fp16, wire::Codec::int8};

/// How graph inputs cross.
struct InputCodec {
    /// One byte an element: uint8 where images are whole numbers from 0 to 255, which then is exact, else int8.
    wire::Codec narrow = wire::Codec::int8;
    bool always = false;  ///< whatever the codec at the cut is: nothing is lost by it
    [[nodiscard]] wire::Codec of(wire::Codec codec) const noexcept {
        return always || codec == wire::Codec::int8 ? narrow : codec;
    }
};

/// The first operators of a model's topological order on the source, the others on one other device.
struct Cut {
    std::size_t position = 0;  ///< how many operators stay on the source
    std::size_t cloud = 0;     ///< device of the bed
    wire::Codec codec = wire::Codec::fp32;
    util::Seconds edge{};
    util::Seconds transfer{};  ///< of the tensors at the cut, and of the outputs to the sink
    util::Seconds cloud_time{};
    util::Bytes bytes;  ///< at the cut; 0 where everything stays
    [[nodiscard]] util::Seconds latency() const noexcept { return edge + transfer + cloud_time; }
};

/// Every cut between the source and a device of the bed, by the sums of predicted times. What crosses is every tensor
/// that is alive there: residual blocks can be cut inside, too. Position 0 sends the input, the last one nothing.
///
/// Source: Neurosurgeon's search (Kang et al., ASPLOS 2017), as in section 4.3 of ECNU's reconstruction. We differ: any
/// DAG in its topological order, codecs, start-up and delay of each message.
[[nodiscard]] std::vector<Cut> cuts_of(const partition::Problem& problem, std::size_t cloud,
                                       std::span<const wire::Codec> codecs, InputCodec input);

/// What crosses there, each with its codec.
struct CrossingTensor {
    graph::TensorId tensor{};
    wire::Codec codec = wire::Codec::fp32;
};
[[nodiscard]] std::vector<CrossingTensor> crossing(const graph::Graph& graph, const Cut& cut, InputCodec input);

/// A cut with its plan.
struct Placed {
    Cut cut;
    partition::Proposal proposal;
};
/// Of the cuts that are allowed, the fastest one whose plan fits into the devices' memory; of equal ones the first.
/// @throws Error impossible, when none does: what the fastest one lacks
[[nodiscard]] Placed fastest(const partition::Problem& problem, std::vector<Cut> cuts, InputCodec input,
                             const std::function<bool(const Cut&)>& allowed = {});

/// "input", "output", or what crosses: the names of the tensors, "+" between.
[[nodiscard]] std::string place_name(const graph::Graph& graph, const Cut& cut);

/// Two stages, or one where everything runs on one device.
[[nodiscard]] plan::Plan plan_of(const partition::Problem& problem, const Cut& cut, InputCodec input);

}  // namespace convoy::compress_split

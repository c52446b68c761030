#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "graph/graph.hpp"
#include "runtime/executor.hpp"
#include "transport/connection.hpp"

namespace convoy::runtime {

/// The payload of Kind::frame_done: the frame's record and, from the sink, the graph outputs.
[[nodiscard]] std::vector<std::byte> encode(const FinishedFrame& frame);

/// How a worker differs from its hardware: the payload of Kind::deploy_ack.
struct Emulation {
    double stretch = 1;  ///< how many times slower it pretends to be
    bool operator==(const Emulation&) const = default;
};
[[nodiscard]] std::vector<std::byte> encode(const Emulation& emulation);
/// @throws Error protocol
[[nodiscard]] Emulation decode_emulation(std::span<const std::byte> bytes);

/// Tensors that a device sent to another one, counted at the socket.
struct SentTo {
    plan::DeviceId receiver{};
    transport::Traffic traffic;
    bool operator==(const SentTo&) const = default;
};

/// What a device counted since the start of a run.
struct DeviceTotals {
    plan::DeviceId device{};
    util::Bytes peak_buffers;   ///< buffers and waiting messages of all frames, at the worst moment
    util::Bytes peak_resident;  ///< of the process, weights and libraries included
    util::Bytes base_resident;  ///< of the process when it was ready to serve, or to read the model
    util::Bytes planned;        ///< what the plan says; not sent, the coordinator knows it
    std::vector<SentTo> sent;
    bool operator==(const DeviceTotals&) const = default;
};

/// The payload of Kind::totals_result.
[[nodiscard]] std::vector<std::byte> encode(const DeviceTotals& totals);
/// @throws Error protocol
[[nodiscard]] DeviceTotals decode_totals(std::span<const std::byte> bytes);

/// Reads what encode wrote. Outputs are either none, or all of the graph's.
/// @throws Error protocol, for anything else
[[nodiscard]] FinishedFrame decode_finished_frame(std::span<const std::byte> bytes, const graph::Graph& graph);

}  // namespace convoy::runtime

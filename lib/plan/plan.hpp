#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "wire/codec.hpp"

namespace convoy::plan {

/// Index in Plan::devices, the order that settles every tie.
enum class DeviceId : std::uint32_t {};
[[nodiscard]] constexpr std::size_t index(DeviceId id) noexcept { return static_cast<std::size_t>(id); }

/// A part of a stage's output that is computed, and sent, as one.
struct Piece {
    graph::Box box;                ///< in the output of the stage's last operator (hold: of the held tensor)
    std::optional<graph::Box> in;  ///< sums only over this box of the last operator's first input: an addend
    auto operator<=>(const Piece&) const = default;
};

/// The pieces of one device, run in this order.
struct Share {
    DeviceId device{};
    std::vector<Piece> pieces;
    auto operator<=>(const Share&) const = default;
};

/// Operators that are computed piece by piece, nothing being sent in between; or an identity stage that gathers,
/// scatters or reduces one tensor into a layout of its own (`hold`).
struct Stage {
    std::vector<graph::OperatorId> operators;  ///< ascending; empty for an identity stage
    graph::OperatorId last{};                  ///< the operator that shares and `in` refer to; a sink of the stage
    std::optional<graph::TensorId> hold;
    std::vector<Share> shares;                    ///< at most one per device, in device order
    std::map<graph::TensorId, wire::Codec> wire;  ///< codec of layouts that this stage makes
    /// from[T][receiver] = holder that serves the receiver where several hold T.
    std::map<graph::TensorId, std::map<DeviceId, DeviceId>> from;
    /// Boxes of leaving tensors that no piece needs by itself; the k-th box joins the device's k-th piece.
    std::map<graph::TensorId, std::map<DeviceId, std::vector<graph::Box>>> outputs;
    bool operator==(const Stage&) const = default;
};

/// Stages of whole frames. Frames are dealt to the routes by smooth weighted round robin.
struct Route {
    int weight = 1;
    std::vector<Stage> stages;
    bool operator==(const Route&) const = default;
};

/// Who computes which part of which operator of one model. See docs/format-plan.md for the rules.
struct Plan {
    std::vector<std::string> devices;
    DeviceId source{};                            ///< holds the graph inputs
    DeviceId sink{};                              ///< gets the graph outputs
    int in_flight = 1;                            ///< frames admitted at once, per route
    std::map<graph::TensorId, wire::Codec> wire;  ///< codec of graph inputs
    std::vector<Route> routes;
    bool operator==(const Plan&) const = default;
};

/// Which of the plan's routes takes a frame. Pure: smooth weighted round robin of the frame number.
[[nodiscard]] std::size_t route_of(const Plan& plan, std::uint64_t frame);
/// The routes of frames 0, 1, ... until they come again in the same order.
[[nodiscard]] std::vector<std::size_t> turn_of_routes(const Plan& plan);

}  // namespace convoy::plan

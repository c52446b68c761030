#pragma once

#include <array>

#include "support/cut_stages.hpp"

namespace convoy::test {

/// Cuts operators into pieces for a number of devices. Keeps a reference to the graph.
class PieceCutter {
  public:
    PieceCutter(const graph::Graph& graph, std::size_t devices) : graph_(graph), devices_(devices) {}

    /// Uneven parts of the output along one axis, one per device.
    [[nodiscard]] Placed along(graph::OperatorId op, graph::Axis axis) const;
    /// All of the output, each device summing over a part of the input.
    [[nodiscard]] Placed addends(graph::OperatorId op, graph::Axis axis) const;
    /// The whole tensor, on every device.
    [[nodiscard]] Placed replicas(graph::TensorId tensor) const;
    /// rows x columns of the output, dealt so that neighbours are on different devices.
    [[nodiscard]] Placed tiles(graph::OperatorId op, std::size_t rows, std::size_t columns) const;
    /// Tiles of the output, one per device where that is a grid.
    [[nodiscard]] Placed grid(graph::OperatorId op) const;
    /// Parts of the output channels x parts of the input channels.
    [[nodiscard]] Placed crossed(graph::OperatorId op) const;

  private:
    [[nodiscard]] const graph::Box& output(graph::OperatorId op) const;
    [[nodiscard]] const graph::Box& input(graph::OperatorId op) const;
    [[nodiscard]] Placed along(const graph::Box& box, graph::Axis axis) const;
    [[nodiscard]] std::array<std::size_t, 2> grid_parts() const;
    [[nodiscard]] std::size_t grid_device(std::size_t p, std::size_t q) const;

    const graph::Graph& graph_;
    std::size_t devices_;
};

}  // namespace convoy::test

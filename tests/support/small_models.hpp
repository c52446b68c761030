#pragma once

#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "plan/plan.hpp"

namespace convoy::test {

/// Puts small models together: every function adds one operator and returns its output, named `<name>_out`.
class Model {
  public:
    graph::TensorId input(const std::string& name, std::vector<graph::Index> dims);
    /// Stride 1, same size; weights from 0.1 to 1 in turn. `absorbed` names a ReLU that became its tail.
    graph::TensorId conv(const std::string& name, graph::TensorId from, graph::Index channels, graph::Index kernel = 3,
                         graph::Index group = 1, const std::string& absorbed = "");
    graph::TensorId relu(const std::string& name, graph::TensorId from);
    graph::TensorId add(const std::string& name, graph::TensorId a, graph::TensorId b);
    graph::TensorId softmax(const std::string& name, graph::TensorId from);
    graph::TensorId gemm(const std::string& name, graph::TensorId from, graph::Index features);
    graph::Graph finish(std::vector<graph::TensorId> outputs);

  private:
    graph::TensorId put(graph::Operator op, std::vector<graph::Index> dims);

    graph::GraphBuilder builder_;
    std::vector<std::vector<graph::Index>> dims_;
};

/// A plan with one route whose stages a test fills in.
[[nodiscard]] plan::Plan plan_of(std::vector<std::string> devices, std::vector<plan::Stage> stages);
[[nodiscard]] plan::Stage layers(const graph::Graph& graph, const std::vector<std::string>& names,
                                 std::vector<plan::Share> shares);
[[nodiscard]] plan::Stage held(const graph::Graph& graph, const std::string& tensor, std::vector<plan::Share> shares);

/// The extent of an operator's output, or of a tensor, as one piece on a device.
[[nodiscard]] plan::Share whole_on(std::uint32_t device, const graph::Graph& graph, const std::string& name);
/// A piece: the extent of `name` with `axis` cut to [begin, end).
[[nodiscard]] plan::Piece part(const graph::Graph& graph, const std::string& name, graph::Axis axis, graph::Index begin,
                               graph::Index end);
/// A piece that makes all of an operator's output, summed over `axis` of its input in [begin, end).
[[nodiscard]] plan::Piece addend(const graph::Graph& graph, const std::string& name, graph::Axis axis,
                                 graph::Index begin, graph::Index end);
[[nodiscard]] plan::Share on(std::uint32_t device, std::vector<plan::Piece> pieces);

}  // namespace convoy::test

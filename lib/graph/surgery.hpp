#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace convoy::graph {

/// A graph taken apart, to be changed and put together again. Ids are indices into `tensors`, as in the graph.
///
/// Constants go on pointing into the graph it came from, which put_together() keeps alive. Names of tensors that were
/// folded away are not known any more.
class Surgery {
  public:
    explicit Surgery(const Graph& graph);

    std::vector<TensorInfo> tensors;
    std::vector<Operator> operators;  ///< in any order that put_together() can bring into a topological one
    std::vector<TensorId> inputs;
    std::vector<TensorId> outputs;

    /// A new tensor of element type float32. A name that is taken gets `'` appended until it is not.
    TensorId add_tensor(std::string name, std::vector<Index> dims);
    /// A name for a new operator: `name`, with `'` appended until it is not taken.
    [[nodiscard]] std::string fresh_name(std::string name) const;
    /// A constant with memory of its own.
    [[nodiscard]] Constant constant(std::vector<Index> dims, std::vector<float> values);

    /// Operators that no output needs are left out. The graph has the name of the file that the other came from, but no
    /// hash: its own file has yet to be written.
    /// @throws Error data, as GraphBuilder::finish(); also for a circle
    [[nodiscard]] Graph put_together() const;

  private:
    Graph source_;
    std::vector<std::shared_ptr<const void>> storage_;
};

/// The part of a graph that computes `wanted` from `given`: for the halves of a split model. Only what is needed.
/// @throws Error data, when a wanted tensor also needs a graph input that is not given
[[nodiscard]] Graph part_between(const Graph& graph, const std::vector<TensorId>& given,
                                 const std::vector<TensorId>& wanted);

}  // namespace convoy::graph

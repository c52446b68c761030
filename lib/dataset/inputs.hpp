#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataset/preprocess.hpp"
#include "graph/graph.hpp"

namespace convoy::dataset {

/// The frames of a run, loaded one by one: images, folders of images and arrays, .npy files, `random:SEED`, and "-" for
/// one .npy array on stdin.
class Inputs {
  public:
    /// Expands folders (sorted by name; other files in them are left out) and checks that every file exists.
    ///
    /// @param preprocess  needed for images only
    /// @throws Error usage, no_input, impossible: a model with several inputs takes only random:SEED
    Inputs(const std::vector<std::string>& sources, const graph::Graph& graph, std::optional<Preprocess> preprocess);

    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] const std::string& name(std::size_t item) const { return items_.at(item); }
    /// The graph inputs of one frame, each whole. `frame` varies what random:SEED gives.
    /// @throws Error no_input, data: unreadable, or of another shape than the model's input
    [[nodiscard]] std::vector<graph::Tensor> load(std::size_t item, std::uint64_t frame) const;

  private:
    std::vector<std::string> items_;
    const graph::Graph& graph_;
    std::optional<Preprocess> preprocess_;
};

}  // namespace convoy::dataset

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compress/calibration.hpp"
#include "compress/compress.hpp"
#include "graph/graph.hpp"
#include "util/random.hpp"

/// Small networks with random weights, and inputs for them.
namespace convoy::test {

struct ConvOptions {
    graph::Index kernel = 3;
    graph::Index stride = 1;
    graph::Index group = 1;
    bool relu = true;
    bool pad = true;
    /// Changes the weights [outputs, inputs/group, k, k] and the bias [outputs] before they are used.
    std::function<void(std::vector<float>& weights, std::vector<float>& bias)> shape{};
};

/// Puts a network together; the output of operator `name` is tensor `<name>_out`.
class Net {
  public:
    explicit Net(std::uint64_t seed) : random_(seed) {}
    graph::TensorId input(std::vector<graph::Index> dims);
    graph::TensorId conv(const std::string& name, graph::TensorId from, graph::Index channels,
                         const ConvOptions& options = {});
    graph::TensorId fc(const std::string& name, graph::TensorId from, graph::Index outputs, bool relu = false);
    graph::TensorId add(const std::string& name, graph::TensorId a, graph::TensorId b, bool relu = true);
    graph::TensorId concat(const std::string& name, const std::vector<graph::TensorId>& parts);
    graph::TensorId max_pool(const std::string& name, graph::TensorId from);
    graph::TensorId global_pool(const std::string& name, graph::TensorId from);
    /// Every second channel, first the even ones: a channel shuffle of two groups.
    graph::TensorId shuffle(const std::string& name, graph::TensorId from);
    /// A sum with a constant per channel, under an operator of kind binary.
    graph::TensorId plus_constant(const std::string& name, graph::TensorId from);
    graph::TensorId softmax(const std::string& name, graph::TensorId from);
    graph::Graph finish(std::vector<graph::TensorId> outputs);

  private:
    graph::TensorId put(graph::Operator op, std::vector<graph::Index> dims);
    std::vector<float> normal(graph::Index count, double spread);

    util::Random random_;
    graph::GraphBuilder builder_;
    std::vector<std::vector<graph::Index>> dims_;
};

/// Architectures of which every tensor has something to be made smaller.
[[nodiscard]] graph::Graph chain_net(std::uint64_t seed);
[[nodiscard]] graph::Graph residual_net(std::uint64_t seed);
[[nodiscard]] graph::Graph concat_net(std::uint64_t seed);
[[nodiscard]] graph::Graph depthwise_net(std::uint64_t seed);
[[nodiscard]] graph::Graph dense_net(std::uint64_t seed);

/// Normally distributed inputs with smooth structure: neighbouring pixels and channels go together.
[[nodiscard]] compress::Frames random_frames(const graph::Graph& graph, std::uint64_t seed, std::size_t count);

/// Relative error of the answers to these frames.
[[nodiscard]] double error_of(const graph::Graph& original, const graph::Graph& changed,
                              const compress::Frames& frames);

}  // namespace convoy::test

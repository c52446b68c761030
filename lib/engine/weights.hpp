#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

#include "engine/shard.hpp"
#include "util/aligned.hpp"

namespace convoy::engine {

/// Weights of one slice as OpenCV reads them, in memory of their own or in the mapped file.
struct WeightSlice {
    util::AlignedBytes memory;  ///< empty when `values` lies in the mapped file
    cv::Mat values;             ///< convolution [rows, columns, kh, kw], Gemm [rows, features and zeros]
};

/// Layers of OpenCV that multiply matrices make a copy of weights whose rows are no multiple of so many floats.
inline constexpr graph::Index kRowAlignment = 8;

/// Which weights: output channels `rows`, and the terms that lie inside `in`, a box of the first input.
struct WeightKey {
    graph::OperatorId op{};
    std::vector<graph::Interval> rows;
    std::optional<graph::Box> in;
    graph::Index extra_columns = 0;  ///< of zeros, behind the input channels of a convolution
    auto operator<=>(const WeightKey&) const = default;
};

struct Weights::Store {
    explicit Store(const graph::Graph& the_graph) : graph(the_graph) {}

    /// Reads the slice on first use; a slice lives as long as some shard uses it.
    [[nodiscard]] std::shared_ptr<const WeightSlice> slice(const WeightKey& key);

    const graph::Graph& graph;
    std::mutex mutex;
    std::map<WeightKey, std::weak_ptr<const WeightSlice>> slices;
};

/// Bias of the listed output channels, [1, channels]; empty without bias.
[[nodiscard]] cv::Mat bias_of(const graph::Operator& op, const std::vector<graph::Interval>& channels);

/// Input channels of group `group` that lie inside `in`.
[[nodiscard]] graph::Interval group_inputs(const graph::Graph& graph, graph::OperatorId op, graph::Index group,
                                           const std::optional<graph::Box>& in);

}  // namespace convoy::engine

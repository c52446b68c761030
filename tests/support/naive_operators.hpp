#pragma once

#include <optional>
#include <span>

#include "support/naive.hpp"

namespace convoy::test {

struct Point {
    graph::Index n, c, h, w;
};

template <class Visit>
void for_each_point(const graph::Box& box, Visit visit) {
    using graph::Axis;
    for (graph::Index n = box[Axis::n].begin; n < box[Axis::n].end; ++n)
        for (graph::Index c = box[Axis::c].begin; c < box[Axis::c].end; ++c)
            for (graph::Index h = box[Axis::h].begin; h < box[Axis::h].end; ++h)
                for (graph::Index w = box[Axis::w].begin; w < box[Axis::w].end; ++w) visit(Point{n, c, h, w});
}

/// One output of one operator, element by element.
class NaiveOperator {
  public:
    NaiveOperator(const graph::Operator& op, std::size_t output, std::span<const Values> inputs,
                  const graph::TensorInfo& output_tensor, const std::optional<graph::Box>& in);

    /// The value before the tail; `flat` is its place in the output's values.
    [[nodiscard]] double raw(const Point& at, std::size_t flat) const;

  private:
    [[nodiscard]] bool summed(const Point& at) const;
    /// The convolution group of an output channel.
    struct Group {
        graph::Index inputs;  ///< channels that it reads
        graph::Index first;   ///< of them
        double scale;         ///< of the output channel's weights
    };
    [[nodiscard]] Group group_of(graph::Index channel) const;
    /// Scaled weight of an output channel, input channel `c` of its group, and tap (i, j).
    [[nodiscard]] double weight(const Group& group, graph::Index channel, graph::Index c, graph::Index i,
                                graph::Index j) const;
    [[nodiscard]] double convolution(const Point& at) const;
    [[nodiscard]] double pool(const Point& at) const;
    [[nodiscard]] double global_pool(const Point& at) const;
    [[nodiscard]] double gemm(const Point& at) const;
    [[nodiscard]] double broadcast(const Point& at, std::size_t flat) const;
    [[nodiscard]] double concat(const Point& at) const;
    [[nodiscard]] double softmax(const Point& at) const;
    [[nodiscard]] double pad(const Point& at) const;
    [[nodiscard]] double flatten(const Point& at) const;
    [[nodiscard]] double transposed_convolution(const Point& at) const;
    [[nodiscard]] double gather(const Point& at) const;
    [[nodiscard]] double resize(const Point& at) const;
    [[nodiscard]] double depth_to_space(const Point& at) const;
    [[nodiscard]] double space_to_depth(const Point& at) const;
    [[nodiscard]] double lrn(const Point& at) const;
    [[nodiscard]] double whole(std::size_t flat) const;

    const graph::Operator& op_;
    std::size_t output_;
    std::span<const Values> inputs_;
    graph::Box output_full_;
    std::size_t output_rank_;
    std::optional<graph::Box> in_;
    double mean_ = 0;  ///< kind whole: of all inputs
};

[[nodiscard]] double apply_tail(const graph::Tail& tail, graph::Index channel, double value);

}  // namespace convoy::test

#pragma once

#include <array>
#include <vector>

#include "engine/kernel.hpp"

namespace convoy::engine {

/// Moves elements: output element [i0, i1, ...] is the input's element at places[0][i0] + places[1][i1] + ...
///
/// Slices, index lists, repetitions, space to depth and back, whatever part of them a piece computes.
class Pick final : public Kernel {
  public:
    /// @param places  per output dimension, in elements of the one input's buffer
    /// @param tail    for [n, c, h, w]; the identity otherwise
    Pick(std::vector<std::vector<graph::Index>> places, Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    void row(const float* from, float* to) const;
    void block(std::size_t axis, const float* from, float* to) const;

    std::vector<std::vector<graph::Index>> places_;
    std::vector<graph::Index> sizes_;  ///< per dimension, elements of one step in the output
    bool dense_ = false;               ///< the last dimension is one run of the input
    Pointwise tail_;
};

/// Weighted sums of a few rows and columns; the positions are those of the crop.
class Resample final : public Kernel {
  public:
    /// The taps of the output positions that the piece computes, along one axis.
    struct Taps {
        graph::Index count = 1;
        std::vector<graph::Index> positions;
        std::vector<float> weights;
    };
    Resample(const graph::Slab& output, const graph::Slab& input, Crop crop, std::array<Taps, 2> taps, Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    void plane(const float* from, float* to, graph::Index n, graph::Index c) const;

    graph::Slab output_;
    graph::Slab input_;
    Crop crop_;
    std::array<Taps, 2> taps_;
    Pointwise tail_;
};

/// Local response normalization; `nearby` says which channels of the crop each output channel sums, and its own.
class LocalResponse final : public Kernel {
  public:
    struct Nearby {
        graph::Index begin = 0;
        graph::Index end = 0;
        graph::Index own = 0;
    };
    LocalResponse(const graph::Slab& output, Crop crop, std::vector<Nearby> nearby, const graph::LocalResponse& law,
                  Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    graph::Slab output_;
    Crop crop_;
    std::vector<Nearby> nearby_;
    graph::LocalResponse law_;
    Pointwise tail_;
};

/// Puts together what the phases of a transposed convolution computed: output row h is row (h + pad) / stride of phase
/// (h + pad) % stride, likewise along w. A phase without input stays zero.
class Interleave final : public Kernel {
  public:
    /// One phase; `input` counts the kernel's inputs.
    struct Phase {
        int input = -1;
        graph::Index first_row = 0;  ///< (h + pad) / stride of its first row
        graph::Index first_column = 0;
    };
    /// @param phases  [stride_h * stride_w]
    Interleave(const graph::Slab& output, const graph::Window& window, std::vector<Phase> phases, Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    void row(std::span<const cv::Mat> inputs, float* to, graph::Index n, graph::Index c, graph::Index h) const;

    graph::Slab output_;
    graph::Window window_;
    std::vector<Phase> phases_;
    Pointwise tail_;
};

}  // namespace convoy::engine

#pragma once

#include <functional>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <vector>

#include "graph/operator.hpp"
#include "graph/region.hpp"

namespace convoy::engine {

/// What is done to each element of a dense buffer, channel by channel: the tail of an operator, or an elementwise
/// operator. Immutable; thread-safe.
class Pointwise {
  public:
    /// The tail on the listed channels; the bias is left out where the layer before it adds it already.
    Pointwise(const graph::Tail& tail, const std::vector<graph::Interval>& channels, bool with_bias);
    [[nodiscard]] bool identity() const noexcept;
    /// Applies it to `count` elements of channel `channel`, counted in the dense buffer. `from` may be `to`.
    void apply(const float* from, float* to, graph::Index count, graph::Index channel) const noexcept;

  private:
    void affine(const float* from, float* to, graph::Index count, graph::Index channel) const noexcept;

    std::vector<float> bias_;
    std::vector<float> scale_;
    std::vector<float> shift_;
    graph::Activation activation_;
    float alpha_;
    float beta_;
    float low_;
    float high_;
};

/// Where the elements of a slab lie in the dense buffer of a larger one. All coordinates are those of the part.
class Crop {
  public:
    Crop() = default;
    /// @param part must lie inside `whole`
    Crop(const graph::Slab& part, const graph::Slab& whole);
    [[nodiscard]] const float* row(const float* whole, graph::Index n, graph::Index c, graph::Index h) const noexcept {
        return whole + (((n + n_) * channels_ + channel_[c]) * height_ + h + h_) * width_ + w_;
    }
    [[nodiscard]] graph::Index width() const noexcept { return width_; }  ///< distance of two rows in the buffer

  private:
    graph::Index n_ = 0, h_ = 0, w_ = 0;
    graph::Index channels_ = 0, height_ = 0, width_ = 0;
    std::vector<graph::Index> channel_;  ///< of the part -> of the whole
};

/// One layer of ours. It reads and writes dense float32 buffers, and never its output in place.
class Kernel {
  public:
    explicit Kernel(std::vector<int> shape) : shape_(std::move(shape)) {}
    virtual ~Kernel() = default;
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    /// Shape of the output.
    [[nodiscard]] const std::vector<int>& shape() const noexcept { return shape_; }
    /// `output` has memory of its own; a kernel may point it at other memory that stays until the net has run.
    virtual void run(std::span<const cv::Mat> inputs, cv::Mat& output) = 0;

  private:
    std::vector<int> shape_;
};

/// The dims of a slab's dense buffer.
/// @throws Error data, when one does not fit in an int
[[nodiscard]] std::vector<int> dims_of(const graph::Slab& slab);

/// Runs body(n, c) for every plane of a buffer, on several threads when `work` (about one element each) is worth it.
void for_each_plane(const graph::Slab& slab, graph::Index work,
                    const std::function<void(graph::Index, graph::Index)>& body);

}  // namespace convoy::engine

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/kernel.hpp"
#include "graph/graph.hpp"

namespace convoy::engine {

/// Assembles a slab from the views of one run; where a single view is exactly the slab, it points at it. Other types
/// than float32 become floats.
class Source final : public Kernel {
  public:
    /// @param slab   of the tensor; `shape` is the same as the kernels see it
    /// @param views  read at each run: what the run was called with
    Source(const graph::TensorInfo& tensor, const graph::Slab& slab, const graph::Slab& shape,
           const std::vector<graph::TensorView>* const* views);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    std::vector<graph::Box> boxes_;
    graph::ElementType type_;
    graph::Index element_bytes_;
    std::vector<std::byte> raw_;  ///< the slab in its own type, when that is not float32
    const std::vector<graph::TensorView>* const* views_;
};

/// Copies each of its inputs into the view that the run was called with, in the type of the tensor; nothing into a view
/// without boxes.
class Sink final : public Kernel {
  public:
    /// What one input holds.
    struct Part {
        std::vector<graph::Box> boxes;
        graph::ElementType type = graph::ElementType::float32;
        graph::Index element_bytes = 4;
        std::vector<std::byte> raw = {};
    };
    /// @param values  gets where each input lies
    Sink(std::vector<Part> parts, const std::span<const graph::TensorView>* views,
         std::vector<std::span<float>>* values);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    std::vector<Part> parts_;
    const std::span<const graph::TensorView>* views_;
    std::vector<std::span<float>>* values_;
};

/// Crops a slab and surrounds it with a value, in one copy.
class Window final : public Kernel {
  public:
    struct Pads {
        graph::Index top = 0, bottom = 0, left = 0, right = 0;
    };
    /// Without `crop` everything is `value`; `part` then gives the size inside the pads.
    Window(const graph::Slab& part, std::optional<Crop> crop, const Pads& pads, float value);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    void plane(const float* from, float* to, graph::Index n, graph::Index c) const;

    graph::Slab part_;
    graph::Slab out_;
    std::optional<Crop> crop_;
    Pads pads_;
    float value_;
};

/// Max and average pooling in coordinates of the whole tensor, so that each element is the same in every piece.
class Pool final : public Kernel {
  public:
    struct Geometry {
        bool maximum = false;
        graph::Window window;
        graph::Slab output;
        graph::Slab input;        ///< what the crop gives; may be empty
        graph::Index height = 0;  ///< of the whole input
        graph::Index width = 0;
    };
    Pool(Geometry geometry, std::optional<Crop> crop, Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    /// One output coordinate's window along one axis: the rows of the crop that it reads, and how many it counts.
    struct Span {
        graph::Index first = 0;  ///< in the crop; the others follow at the distance of the dilation
        graph::Index count = 0;
        float counted = 0;  ///< with padding where the window says so
    };
    [[nodiscard]] Span span(std::size_t axis, graph::Index position) const;
    void plane(const float* from, float* to, graph::Index n, graph::Index c) const;
    template <class Operation>
    void down(const float* from, std::vector<float>& line, graph::Index n, graph::Index c, const Span& rows) const;
    template <class Operation>
    void along(const std::vector<float>& line, float* to) const;
    void zero_padding_windows(const Span& rows, float* to) const;
    void divide(const Span& rows, float* to) const;

    Geometry geometry_;
    std::optional<Crop> crop_;
    Pointwise tail_;
    std::vector<Span> rows_;
    std::vector<Span> columns_;
    std::size_t inner_begin_ = 0;  ///< columns whose window has no padding
    std::size_t inner_end_ = 0;
};

/// Maximum, or sum divided by the whole area, over the rows and columns that the piece holds.
class GlobalPool final : public Kernel {
  public:
    GlobalPool(bool maximum, const graph::Slab& output, const graph::Slab& input, Crop crop, graph::Index area,
               Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    bool maximum_;
    graph::Slab output_;
    graph::Slab input_;
    Crop crop_;
    graph::Index area_;
    Pointwise tail_;
};

/// A function of two elements, folded over the operands from the left; each may have one element along an axis.
class Binary final : public Kernel {
  public:
    struct Operand {
        Crop crop;
        graph::Slab part;           ///< what the crop gives
        std::size_t input = 0;      ///< of the layer
        std::vector<float> values;  ///< of a constant, then instead of an input
    };
    Binary(graph::Arithmetic arithmetic, const graph::Slab& output, std::vector<Operand> operands, Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    graph::Arithmetic arithmetic_;
    graph::Slab output_;
    std::vector<Operand> operands_;
    Pointwise tail_;
};

/// Concatenation along c of the parts that the piece wants.
class Concat final : public Kernel {
  public:
    /// Channels of the output, in order, as (input, channel in that input's crop).
    struct Origin {
        std::size_t input = 0;
        graph::Index channel = 0;
    };
    Concat(const graph::Slab& output, std::vector<std::optional<Crop>> crops, std::vector<Origin> origins,
           Pointwise tail);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    graph::Slab output_;
    std::vector<std::optional<Crop>> crops_;
    std::vector<Origin> origins_;
    Pointwise tail_;
};

/// Elementwise functions, one after the other.
class Map final : public Kernel {
  public:
    Map(const graph::Slab& output, Crop crop, std::vector<Pointwise> functions);
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    graph::Slab output_;
    Crop crop_;
    std::vector<Pointwise> functions_;
};

}  // namespace convoy::engine

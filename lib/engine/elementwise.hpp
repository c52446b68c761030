#pragma once

#include "engine/kernel.hpp"

/// Kernels on tensors of any rank, for operators that run whole.
namespace convoy::engine {

/// Element [i0, i1, ...] of the output is the input's element at offset + i0 * steps[0] + i1 * steps[1] + ...
struct Strides {
    graph::Index offset = 0;
    std::vector<graph::Index> steps;  ///< one per output dimension
};
/// The distances of neighbours in a dense tensor.
[[nodiscard]] std::vector<graph::Index> dense_steps(const std::vector<int>& dims);
/// Of a dense tensor with these dims, broadcast to `to` as ONNX does.
[[nodiscard]] Strides broadcast(const std::vector<int>& dims, const std::vector<int>& to);

/// Transpositions, slices, parts and expansions: every output element is one input element.
class Gather final : public Kernel {
  public:
    Gather(std::vector<int> dims, Strides from) : Kernel(std::move(dims)), from_(std::move(from)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    Strides from_;
};

/// A function of two elements, folded over the inputs from the left, with ONNX broadcasting.
class Fold final : public Kernel {
  public:
    Fold(std::vector<int> dims, std::vector<Strides> operands, graph::Arithmetic arithmetic)
        : Kernel(std::move(dims)), operands_(std::move(operands)), arithmetic_(arithmetic) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    std::vector<Strides> operands_;
    graph::Arithmetic arithmetic_;
};

/// Sum, mean, maximum, ... over some axes.
class Reduction final : public Kernel {
  public:
    enum class What : std::uint8_t { sum, mean, max, min, product, sum_square, l1, l2, log_sum, log_sum_exp };
    /// @param dims     of the output, with or without the reduced axes
    /// @param kept     extents and steps in the input of the axes that are kept, in order
    /// @param reduced  the same of the axes that are reduced
    struct Axes {
        std::vector<int> dims;
        Strides steps;
    };
    Reduction(std::vector<int> dims, What what, Axes kept, Axes reduced)
        : Kernel(std::move(dims)), what_(what), kept_(std::move(kept)), reduced_(std::move(reduced)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    What what_;
    Axes kept_;
    Axes reduced_;
};

/// Products of matrices, one per element of the leading axes, which are broadcast.
class MatrixProduct final : public Kernel {
  public:
    /// Steps of the leading axes in units of elements; a matrix is [rows, inner] times [inner, columns], dense.
    struct Geometry {
        std::vector<int> batch;
        Strides left;
        Strides right;
        graph::Index rows = 1;
        graph::Index inner = 1;
        graph::Index columns = 1;
    };
    MatrixProduct(std::vector<int> dims, Geometry geometry) : Kernel(std::move(dims)), geometry_(std::move(geometry)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    Geometry geometry_;
};

/// Normalization over the last axes: (x - mean) / sqrt(variance + epsilon) * scale + shift.
class LayerNorm final : public Kernel {
  public:
    LayerNorm(std::vector<int> dims, graph::Index size, float epsilon, std::vector<float> scale,
              std::vector<float> shift)
        : Kernel(std::move(dims)), size_(size), epsilon_(epsilon), scale_(std::move(scale)), shift_(std::move(shift)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    graph::Index size_;
    float epsilon_;
    std::vector<float> scale_;
    std::vector<float> shift_;
};

/// Values of one type as those of another.
class Cast final : public Kernel {
  public:
    Cast(std::vector<int> dims, graph::ElementType type) : Kernel(std::move(dims)), type_(type) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    graph::ElementType type_;
};

/// Tensors one after another along an axis.
class Joined final : public Kernel {
  public:
    /// @param blocks  per input how many of its elements follow each other in the output
    Joined(std::vector<int> dims, std::vector<graph::Index> blocks)
        : Kernel(std::move(dims)), blocks_(std::move(blocks)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    std::vector<graph::Index> blocks_;
};

/// Values that are known when the net is built.
class Known final : public Kernel {
  public:
    Known(std::vector<int> dims, std::vector<float> values) : Kernel(std::move(dims)), values_(std::move(values)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    std::vector<float> values_;
};

}  // namespace convoy::engine

#pragma once

#include <functional>
#include <string>

#include "engine/kernel.hpp"

namespace convoy::engine {

/// A function of one element, from an ONNX type and its attributes; null when there is none of that name.
using Function = std::function<float(float)>;
[[nodiscard]] Function unary_function(const graph::Operator& op);

/// A function of two elements; null when there is none of that name.
using Function2 = std::function<float(float, float)>;
[[nodiscard]] Function2 binary_function(const std::string& onnx_type);

/// Element [i0, i1, ...] of the output is the input's element at offset + i0 * strides[0] + i1 * strides[1] + ...
struct Strides {
    graph::Index offset = 0;
    std::vector<graph::Index> steps;  ///< one per output dimension
};
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

/// One function for every element, whatever the dims.
class Unary final : public Kernel {
  public:
    Unary(std::vector<int> dims, Function function) : Kernel(std::move(dims)), function_(std::move(function)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    Function function_;
};

/// Elementwise arithmetic of two tensors with ONNX broadcasting.
class Arithmetic final : public Kernel {
  public:
    Arithmetic(std::vector<int> dims, Strides a, Strides b, Function2 function)
        : Kernel(std::move(dims)), a_(std::move(a)), b_(std::move(b)), function_(std::move(function)) {}
    void run(std::span<const cv::Mat> inputs, cv::Mat& output) override;

  private:
    Strides a_;
    Strides b_;
    Function2 function_;
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

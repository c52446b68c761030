#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "graph/region.hpp"
#include "util/aligned.hpp"
#include "util/units.hpp"

namespace convoy::graph {

/// Stored in ONNX's own numbering of TensorProto.DataType.
enum class ElementType : std::uint8_t {
    float32 = 1,
    uint8 = 2,
    int8 = 3,
    int32 = 6,
    int64 = 7,
    boolean = 9,
    float16 = 10,
    float64 = 11
};
[[nodiscard]] Index element_size(ElementType type) noexcept;
[[nodiscard]] const char* to_string(ElementType type) noexcept;

/// Values of some boxes of one tensor: the boxes lie one after another, each dense in [n, c, h, w] order.
///
/// One box is an ordinary NCHW tensor. A tensor that is only ever whole is the box [1, 1, 1, 1] whose one element has
/// `element_bytes` bytes. Not thread-safe for writing.
class TensorView {
  public:
    TensorView() = default;
    TensorView(std::span<const Box> boxes, std::byte* data, Index element_bytes)
        : boxes_(boxes), data_(data), element_bytes_(element_bytes) {}

    [[nodiscard]] std::span<const Box> boxes() const noexcept { return boxes_; }
    [[nodiscard]] std::byte* data() const noexcept { return data_; }
    [[nodiscard]] float* floats() const noexcept { return reinterpret_cast<float*>(data_); }
    [[nodiscard]] Index element_bytes() const noexcept { return element_bytes_; }
    [[nodiscard]] Index volume() const noexcept;
    [[nodiscard]] util::Bytes bytes() const noexcept { return util::Bytes(volume() * element_bytes_); }

  private:
    std::span<const Box> boxes_;
    std::byte* data_ = nullptr;
    Index element_bytes_ = 4;
};

/// Values of some boxes of one tensor, with memory of its own (64-byte aligned).
class Tensor {
  public:
    Tensor() = default;
    explicit Tensor(std::vector<Box> boxes, Index element_bytes = 4);
    /// Refers to memory that already holds the values; it must be at least as large as the boxes need.
    Tensor(std::vector<Box> boxes, util::SharedBytes memory, Index element_bytes = 4);

    [[nodiscard]] TensorView view() const noexcept { return {boxes_, memory_.bytes.data(), element_bytes_}; }
    [[nodiscard]] float* floats() const noexcept { return view().floats(); }
    [[nodiscard]] const std::vector<Box>& boxes() const noexcept { return boxes_; }

  private:
    std::vector<Box> boxes_;
    Index element_bytes_ = 4;
    util::SharedBytes memory_;
};

/// Copies every element of `region` that both views hold from `from` to `to`. Strided rows by memcpy.
void copy(const TensorView& from, const TensorView& to, const Region& region);
/// Copies every element that both views hold.
void copy(const TensorView& from, const TensorView& to);

}  // namespace convoy::graph

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/tensor.hpp"

namespace convoy::wire {

/// How the elements of a message are written. The numbers are sent over the network: never reuse one.
enum class Codec : std::uint8_t {
    fp32 = 0,   ///< as they are; the only codec of tensors that are not float32
    fp16 = 1,   ///< IEEE half, nearest even; overflow becomes the largest finite half
    int8 = 2,   ///< affine per message: 4-byte scale, 4-byte offset, then one byte an element
    uint8 = 3,  ///< whole numbers 0 to 255, exactly; anything else is clamped and rounded: for images
};
[[nodiscard]] const char* to_string(Codec codec) noexcept;
[[nodiscard]] std::optional<Codec> codec_from_string(std::string_view name) noexcept;
[[nodiscard]] std::vector<std::string> codec_names();
[[nodiscard]] std::optional<Codec> codec_from_number(std::uint8_t number) noexcept;

/// Whether the codec gives back exactly what went in, for every float32.
[[nodiscard]] constexpr bool exact(Codec codec) noexcept { return codec == Codec::fp32; }

/// Payload bytes of `elements` elements of `element_bytes` bytes each. fp32 moves bytes as they are.
[[nodiscard]] util::Bytes encoded_size(Codec codec, graph::Index elements, graph::Index element_bytes);

/// Largest error of one element, as a share of the largest magnitude in the message.
[[nodiscard]] double error_bound(Codec codec) noexcept;

/// Writes all elements of `tensor` in their order. Every codec but fp32 needs float32 elements.
[[nodiscard]] util::AlignedBytes encode(Codec codec, const graph::TensorView& tensor);

/// Reads what encode wrote into `tensor`, whose boxes say how many elements are expected.
/// @throws Error data, when the size is not encoded_size of the tensor, or int8's scale is not finite
void decode(Codec codec, std::span<const std::byte> payload, const graph::TensorView& tensor);

}  // namespace convoy::wire

#include "wire/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

#include "util/error.hpp"

namespace convoy::wire {
namespace {

using graph::Index;

struct CodecName {
    Codec codec;
    const char* name;
};
constexpr std::array<CodecName, 4> kNames{
    {{Codec::fp32, "fp32"}, {Codec::fp16, "fp16"}, {Codec::int8, "int8"}, {Codec::uint8, "uint8"}}};

constexpr std::size_t kInt8Header = 2 * sizeof(float);
constexpr float kLargestHalf = 65504.0F;

/// Nearest half, ties to even; beyond the largest finite half it stays there, NaN stays NaN.
std::uint16_t to_half(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00U);
    const float magnitude = std::min(std::fabs(value), kLargestHalf);
    if (magnitude < 0x1p-14F) {  // subnormal: a multiple of 2^-24
        return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(magnitude * 0x1p24F)));
    }
    const auto plain = std::bit_cast<std::uint32_t>(magnitude);
    const std::uint32_t rounded = plain + 0x0FFFU + ((plain >> 13) & 1U);
    const std::uint32_t half = (rounded >> 13) - (112U << 10);
    return static_cast<std::uint16_t>(sign | std::min(half, 0x7BFFU));
}

float from_half(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1FU;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 0) {
        const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
    }
    const std::uint32_t wide = exponent == 31 ? 0xFFU : exponent + 112U;
    return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

struct Affine {
    float scale = 1;
    float offset = 0;
};

/// The affine map whose 255 steps cover the finite values of a message.
Affine fit(const float* values, Index count) {
    float low = 0;
    float high = 0;
    for (Index i = 0; i < count; ++i) {
        if (!std::isfinite(values[i])) continue;
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
    }
    const double step = (static_cast<double>(high) - low) / 255.0;
    return {step > 0 ? static_cast<float>(step) : 1.0F, low};
}

void encode_int8(const float* values, Index count, std::byte* to) {
    const Affine affine = fit(values, count);
    std::memcpy(to, &affine, kInt8Header);
    for (Index i = 0; i < count; ++i) {
        const float step = std::isnan(values[i]) ? 0.0F : (values[i] - affine.offset) / affine.scale;
        to[static_cast<Index>(kInt8Header) + i] = static_cast<std::byte>(std::lround(std::clamp(step, 0.0F, 255.0F)));
    }
}

void decode_int8(const std::byte* from, Index count, float* values) {
    Affine affine;
    std::memcpy(&affine, from, kInt8Header);
    if (!std::isfinite(affine.scale) || !std::isfinite(affine.offset) || affine.scale <= 0)
        throw util::Error(util::Errc::data, "an int8 message has no valid scale");
    for (Index i = 0; i < count; ++i)
        values[i] = affine.offset + affine.scale * static_cast<float>(from[static_cast<Index>(kInt8Header) + i]);
}

}  // namespace

const char* to_string(Codec codec) noexcept {
    for (const CodecName& entry : kNames)
        if (entry.codec == codec) return entry.name;
    return "?";
}

std::optional<Codec> codec_from_string(std::string_view name) noexcept {
    for (const CodecName& entry : kNames)
        if (entry.name == name) return entry.codec;
    return std::nullopt;
}

std::vector<std::string> codec_names() {
    std::vector<std::string> names;
    for (const CodecName& entry : kNames) names.emplace_back(entry.name);
    return names;
}

std::optional<Codec> codec_from_number(std::uint8_t number) noexcept {
    for (const CodecName& entry : kNames)
        if (static_cast<std::uint8_t>(entry.codec) == number) return entry.codec;
    return std::nullopt;
}

util::Bytes encoded_size(Codec codec, Index elements, Index element_bytes) {
    switch (codec) {
        case Codec::fp32:
            return util::Bytes(elements * element_bytes);
        case Codec::fp16:
            return util::Bytes(elements * 2);
        case Codec::int8:
            return util::Bytes(elements + static_cast<Index>(kInt8Header));
        case Codec::uint8:
            return util::Bytes(elements);
    }
    return util::Bytes(elements * element_bytes);
}

double error_bound(Codec codec) noexcept {
    switch (codec) {
        case Codec::fp32:
            return 0;
        case Codec::fp16:
            return 0x1p-11;
        case Codec::int8:
            return 1.0 / 255;  // the range is at most twice the largest magnitude, half a step is lost
        case Codec::uint8:
            return 0.5;
    }
    return 0;
}

util::AlignedBytes encode(Codec codec, const graph::TensorView& tensor) {
    const Index count = tensor.volume();
    assert(codec == Codec::fp32 || tensor.element_bytes() == 4);
    util::AlignedBytes payload(static_cast<std::size_t>(encoded_size(codec, count, tensor.element_bytes()).value));
    std::byte* to = payload.data();
    const float* values = tensor.floats();
    switch (codec) {
        case Codec::fp32:
            std::memcpy(to, tensor.data(), payload.size());
            break;
        case Codec::fp16:
            for (Index i = 0; i < count; ++i) {
                const std::uint16_t half = to_half(values[i]);
                std::memcpy(to + 2 * i, &half, sizeof half);
            }
            break;
        case Codec::int8:
            encode_int8(values, count, to);
            break;
        case Codec::uint8:
            for (Index i = 0; i < count; ++i) {
                const float value = std::isnan(values[i]) ? 0.0F : std::clamp(values[i], 0.0F, 255.0F);
                to[i] = static_cast<std::byte>(std::lround(value));
            }
            break;
    }
    return payload;
}

void decode(Codec codec, std::span<const std::byte> payload, const graph::TensorView& tensor) {
    const Index count = tensor.volume();
    const util::Bytes expected = encoded_size(codec, count, tensor.element_bytes());
    if (util::Bytes(static_cast<std::int64_t>(payload.size())) != expected)
        throw util::Error(util::Errc::data, fmt::format("a message of {} elements in {} has {} bytes instead of {}",
                                                        count, to_string(codec), payload.size(), expected.value));
    float* values = tensor.floats();
    switch (codec) {
        case Codec::fp32:
            std::memcpy(tensor.data(), payload.data(), payload.size());
            break;
        case Codec::fp16:
            for (Index i = 0; i < count; ++i) {
                std::uint16_t half = 0;
                std::memcpy(&half, payload.data() + 2 * i, sizeof half);
                values[i] = from_half(half);
            }
            break;
        case Codec::int8:
            decode_int8(payload.data(), count, values);
            break;
        case Codec::uint8:
            for (Index i = 0; i < count; ++i) values[i] = static_cast<float>(payload[static_cast<std::size_t>(i)]);
            break;
    }
}

}  // namespace convoy::wire

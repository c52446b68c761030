#include "engine/functions.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace convoy::engine {

using graph::Activation;
using graph::Arithmetic;
using graph::ElementType;
using graph::Index;

namespace {

/// e^x within 2 units in the last place, without a call and without a branch, so that loops over it are vectorised:
/// x = k ln 2 + r with |r| <= ln 2 / 2, a polynomial for e^r, and k into the exponent.
inline float exponential(float x) {
    constexpr float kLow = -87.3F;  // below, the result would be denormal: it becomes 1e-38
    constexpr float kHigh = 88.7F;  // above, infinity: it becomes 3e38
    const float clipped = std::min(std::max(x, kLow), kHigh);
    constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const float shifted = clipped * 1.44269504F + kRounder;
    const float k = shifted - kRounder;
    const float r = (clipped - k * 0.693359375F) + k * 2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    const auto exponent = (std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRounder)) << 23;
    const auto power = std::bit_cast<float>(std::bit_cast<std::int32_t>(p) + exponent);
    return std::isnan(x) ? x : power;
}

inline float sigmoid(float x) { return 1.0F / (1.0F + exponential(-x)); }

inline float ramp(const Parameters& by, float x) {
    const float value = by.alpha * x + by.beta;
    const float raised = value < 0.0F ? 0.0F : value;
    return raised > 1.0F ? 1.0F : raised;
}

template <class Function>
void each(const float* from, float* to, Index count, Function function) {
    for (Index i = 0; i < count; ++i) to[i] = function(from[i]);
}

/// The functions that are compositions of others, or come from the standard library.
void activate_other(Activation activation, const Parameters& by, const float* from, float* to, Index count) {
    switch (activation) {
        case Activation::tanh:
            return each(from, to, count, [](float x) { return std::tanh(x); });
        case Activation::elu:
            return each(from, to, count, [a = by.alpha](float x) { return x < 0 ? a * std::expm1(x) : x; });
        case Activation::softplus:
            return each(from, to, count, [](float x) { return x > 20 ? x : std::log1p(std::exp(x)); });
        case Activation::softsign:
            return each(from, to, count, [](float x) { return x / (1 + std::abs(x)); });
        case Activation::abs:
            return each(from, to, count, [](float x) { return std::abs(x); });
        case Activation::neg:
            return each(from, to, count, [](float x) { return -x; });
        case Activation::exp:
            return each(from, to, count, [](float x) { return std::exp(x); });
        case Activation::log:
            return each(from, to, count, [](float x) { return std::log(x); });
        case Activation::sqrt:
            return each(from, to, count, [](float x) { return std::sqrt(x); });
        case Activation::erf:
            return each(from, to, count, [](float x) { return std::erf(x); });
        case Activation::reciprocal:
            return each(from, to, count, [](float x) { return 1.0F / x; });
        case Activation::floor:
            return each(from, to, count, [](float x) { return std::floor(x); });
        case Activation::ceil:
            return each(from, to, count, [](float x) { return std::ceil(x); });
        case Activation::round:
            return each(from, to, count, [](float x) { return std::nearbyint(x); });
        case Activation::sign:
            return each(from, to, count, [](float x) { return x > 0 ? 1.0F : x < 0 ? -1.0F : x; });
        default:
            break;
    }
}

}  // namespace

void activate(Activation activation, const Parameters& by, const float* from, float* to, Index count) noexcept {
    switch (activation) {
        case Activation::none:
            if (from != to) std::copy_n(from, count, to);
            return;
        case Activation::relu:
            return each(from, to, count, [](float x) { return x < 0.0F ? 0.0F : x; });
        case Activation::leaky_relu:
            return each(from, to, count, [a = by.alpha](float x) { return x < 0.0F ? a * x : x; });
        case Activation::clip:
            return each(from, to, count, [low = by.low, high = by.high](float x) {
                const float raised = x < low ? low : x;
                return raised > high ? high : raised;
            });
        case Activation::sigmoid:
            return each(from, to, count, sigmoid);
        case Activation::silu:
            return each(from, to, count, [](float x) { return x * sigmoid(x); });
        case Activation::hard_sigmoid:
            return each(from, to, count, [by](float x) { return ramp(by, x); });
        case Activation::hard_swish:
            return each(from, to, count, [by](float x) { return x * ramp(by, x); });
        default:
            return activate_other(activation, by, from, to, count);
    }
}

void spread(const float* from, Index step, float* to, Index count) noexcept {
    if (step == 1) {
        std::copy_n(from, count, to);
    } else if (step == 0) {
        std::fill_n(to, count, *from);
    } else {
        for (Index i = 0; i < count; ++i) to[i] = from[i * step];
    }
}

namespace {

template <class Function>
void fold(const float* from, Index step, float* to, Index count, Function function) {
    if (step == 1) {
        for (Index i = 0; i < count; ++i) to[i] = function(to[i], from[i]);
    } else if (step == 0) {
        const float one = *from;
        for (Index i = 0; i < count; ++i) to[i] = function(to[i], one);
    } else {
        for (Index i = 0; i < count; ++i) to[i] = function(to[i], from[i * step]);
    }
}

void raise(const float* from, Index step, float* to, Index count) {
    if (step == 0 && *from == 2) return fold(to, 1, to, count, [](float a, float) { return a * a; });
    fold(from, step, to, count, [](float a, float b) { return std::pow(a, b); });
}

}  // namespace

void add_scaled(const float* from, float factor, float* to, Index count) noexcept {
    for (Index i = 0; i < count; ++i) to[i] += factor * from[i];
}

void combine(Arithmetic arithmetic, const float* from, Index step, float* to, Index count) noexcept {
    switch (arithmetic) {
        case Arithmetic::add:
            return fold(from, step, to, count, [](float a, float b) { return a + b; });
        case Arithmetic::sub:
            return fold(from, step, to, count, [](float a, float b) { return a - b; });
        case Arithmetic::mul:
            return fold(from, step, to, count, [](float a, float b) { return a * b; });
        case Arithmetic::div:
            return fold(from, step, to, count, [](float a, float b) { return a / b; });
        case Arithmetic::pow:
            return raise(from, step, to, count);
        case Arithmetic::min:
            return fold(from, step, to, count, [](float a, float b) { return b < a ? b : a; });
        case Arithmetic::max:
            return fold(from, step, to, count, [](float a, float b) { return a < b ? b : a; });
        case Arithmetic::prelu:
            return fold(from, step, to, count, [](float a, float b) { return a < 0 ? a * b : a; });
    }
}

namespace {

template <class T>
void read(const std::byte* from, float* to, Index count) {
    for (Index i = 0; i < count; ++i) {
        T value;
        std::memcpy(&value, from + i * static_cast<Index>(sizeof(T)), sizeof(T));
        to[i] = static_cast<float>(value);
    }
}

/// The nearest value of an integer type towards zero; NaN becomes 0.
template <class T>
T truncated(float value) {
    if (std::isnan(value)) return 0;
    const double whole = std::trunc(static_cast<double>(value));
    if (whole <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (whole >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(whole);
}

template <class T, class Convert>
void write(const float* from, std::byte* to, Index count, Convert convert) {
    for (Index i = 0; i < count; ++i) {
        const T value = convert(from[i]);
        std::memcpy(to + i * static_cast<Index>(sizeof(T)), &value, sizeof(T));
    }
}

}  // namespace

bool has_floats(ElementType type) noexcept { return type != ElementType::float16; }

void to_floats(ElementType type, const std::byte* from, float* to, Index count) noexcept {
    switch (type) {
        case ElementType::float32:
            return read<float>(from, to, count);
        case ElementType::float64:
            return read<double>(from, to, count);
        case ElementType::uint8:
        case ElementType::boolean:
            return read<std::uint8_t>(from, to, count);
        case ElementType::int8:
            return read<std::int8_t>(from, to, count);
        case ElementType::int32:
            return read<std::int32_t>(from, to, count);
        case ElementType::int64:
            return read<std::int64_t>(from, to, count);
        case ElementType::float16:
            return;
    }
}

void from_floats(ElementType type, const float* from, std::byte* to, Index count) noexcept {
    switch (type) {
        case ElementType::float32:
            return write<float>(from, to, count, [](float x) { return x; });
        case ElementType::float64:
            return write<double>(from, to, count, [](float x) { return static_cast<double>(x); });
        case ElementType::boolean:
            return write<std::uint8_t>(from, to, count, [](float x) { return static_cast<std::uint8_t>(x != 0); });
        case ElementType::uint8:
            return write<std::uint8_t>(from, to, count, truncated<std::uint8_t>);
        case ElementType::int8:
            return write<std::int8_t>(from, to, count, truncated<std::int8_t>);
        case ElementType::int32:
            return write<std::int32_t>(from, to, count, truncated<std::int32_t>);
        case ElementType::int64:
            return write<std::int64_t>(from, to, count, truncated<std::int64_t>);
        case ElementType::float16:
            return;
    }
}

void cast(ElementType type, const float* from, float* to, Index count) noexcept {
    if (type == ElementType::float32 || type == ElementType::float64) return spread(from, 1, to, count);
    for (Index i = 0; i < count; ++i) {
        std::array<std::byte, sizeof(std::int64_t)> value{};
        from_floats(type, from + i, value.data(), 1);
        to_floats(type, value.data(), to + i, 1);
    }
}

}  // namespace convoy::engine

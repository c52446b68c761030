#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace convoy::util {

/// A number that knows its unit. Quantities of one unit add and compare; a ratio of two is a plain double.
template <class Unit, class Number>
struct Quantity {
    Number value{};

    constexpr Quantity() = default;
    constexpr explicit Quantity(Number number) : value(number) {}

    constexpr auto operator<=>(const Quantity&) const = default;
    constexpr Quantity& operator+=(Quantity other) { return value += other.value, *this; }
    constexpr Quantity& operator-=(Quantity other) { return value -= other.value, *this; }
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return a -= b; }
    friend constexpr Quantity operator*(Quantity a, Number factor) { return Quantity(a.value * factor); }
    friend constexpr Quantity operator*(Number factor, Quantity a) { return a * factor; }
    friend constexpr double operator/(Quantity a, Quantity b) {
        return static_cast<double>(a.value) / static_cast<double>(b.value);
    }
};

using Seconds = std::chrono::duration<double>;
using Bytes = Quantity<struct BytesUnit, std::int64_t>;
using BytesPerSecond = Quantity<struct BytesPerSecondUnit, double>;
using Flops = Quantity<struct FlopsUnit, double>;  ///< floating-point operations, a multiply-add counts as two
using FlopsPerSecond = Quantity<struct FlopsPerSecondUnit, double>;
using Joules = Quantity<struct JoulesUnit, double>;
using Watts = Quantity<struct WattsUnit, double>;

[[nodiscard]] constexpr Seconds operator/(Bytes amount, BytesPerSecond rate) {
    return Seconds(static_cast<double>(amount.value) / rate.value);
}
[[nodiscard]] constexpr Seconds operator/(Flops amount, FlopsPerSecond rate) {
    return Seconds(amount.value / rate.value);
}
[[nodiscard]] constexpr Joules operator*(Watts power, Seconds time) { return Joules(power.value * time.count()); }

[[nodiscard]] constexpr double milliseconds(Seconds time) { return time.count() * 1e3; }
[[nodiscard]] constexpr Seconds from_milliseconds(double time_ms) { return Seconds(time_ms * 1e-3); }
[[nodiscard]] constexpr BytesPerSecond from_mbit_per_s(double rate) { return BytesPerSecond(rate * 1e6 / 8); }
[[nodiscard]] constexpr double mbit_per_s(BytesPerSecond rate) { return rate.value * 8 / 1e6; }

}  // namespace convoy::util

#include "engine/yardstick.hpp"

#include <algorithm>
#include <cstring>

#include "util/clock.hpp"

namespace convoy::engine {

using util::FlopsPerSecond;
using util::Seconds;

namespace {

constexpr Seconds kFresh{0.002};
constexpr double kShare = 0.02;  // of the time that a reading may take
constexpr Seconds kLeast{40e-6};
constexpr Seconds kMost{1e-3};

constexpr std::size_t kValues = 2048;  // 8 KB
constexpr std::size_t kFactors = 4;
constexpr int kRounds = 16;
constexpr double kFlops = 2.0 * kValues * kFactors * kRounds;

using Vector4 [[gnu::vector_size(16)]] = float;
using Vector8 [[gnu::vector_size(32)]] = float;
using Vector16 [[gnu::vector_size(64)]] = float;

/// Adds up the products of all values and all factors, kRounds times. As in a matrix product each value that is loaded
/// takes part in several sums, which stay in registers: eight, so that no addition waits for the one before.
template <class Vector>
[[gnu::always_inline]] inline float add_products(const float* values, const float* factors) {
    constexpr std::size_t kLanes = sizeof(Vector) / sizeof(float);
    Vector left[kFactors] = {};
    Vector right[kFactors] = {};
    for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < kValues; i += 2 * kLanes) {
            Vector a;
            Vector b;
            std::memcpy(&a, values + i, sizeof a);
            std::memcpy(&b, values + i + kLanes, sizeof b);
            for (std::size_t k = 0; k < kFactors; ++k) {
                left[k] += factors[k] * a;
                right[k] += factors[k] * b;
            }
        }
    }
    float sum = 0;
    for (std::size_t k = 0; k < kFactors; ++k) {
        const Vector both = left[k] + right[k];
        for (std::size_t lane = 0; lane < kLanes; ++lane) sum += both[lane];
    }
    return sum;
}

float by_4(const float* values, const float* factors) { return add_products<Vector4>(values, factors); }

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] float by_8(const float* values, const float* factors) {
    return add_products<Vector8>(values, factors);
}

[[gnu::target("avx512f,prefer-vector-width=512")]] float by_16(const float* values, const float* factors) {
    return add_products<Vector16>(values, factors);
}
#endif

/// The widest vectors that the processor has: the convolutions use them as well, and others on the same core slow wide
/// and narrow ones down by different shares.
Yardstick::Arithmetic widest() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return by_16;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return by_8;
#endif
    return by_4;
}

}  // namespace

Yardstick::Yardstick() : arithmetic_(widest()) {
    for (std::size_t i = 0; i < kValues; ++i) values_.push_back(1 + static_cast<float>(i % 7));
    for (std::size_t k = 1; k <= kFactors; ++k) factors_.push_back(static_cast<float>(k) / kFactors);
}

FlopsPerSecond Yardstick::recent() {
    const Seconds since = util::now() - read_at_;
    if (rate_.value == 0 || since >= kFresh) read(std::clamp(kShare * since, kLeast, kMost));
    return rate_;
}

void Yardstick::read(Seconds least) {
    // Wide vectors begin slowly: some processors take 20 us until they have adapted their clock rate to them.
    compute(kLeast);
    rate_ = compute(least);
    read_at_ = util::now();
}

FlopsPerSecond Yardstick::compute(Seconds least) {
    const Seconds begin = util::thread_cpu_time();
    Seconds time{0};
    double flops = 0;
    do {
        result_ = arithmetic_(values_.data(), factors_.data());
        flops += kFlops;
        time = util::thread_cpu_time() - begin;
    } while (time < least);
    return FlopsPerSecond(flops / time.count());
}

}  // namespace convoy::engine

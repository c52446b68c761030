#pragma once

#include <cstdint>
#include <vector>

#include "util/random.hpp"

namespace convoy::report::detail {

/// Quantiles of a stream in bounded memory: of all its values while they are at most kSize, later of a uniform sample
/// of kSize of them.
///
/// Source: Vitter, "Random sampling with a reservoir", ACM TOMS 1985, algorithm R. Seeded: equal streams give equal
/// samples.
class Reservoir {
  public:
    static constexpr std::size_t kSize = 4096;

    void add(double value);
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// Whether quantiles are estimates.
    [[nodiscard]] bool sampled() const noexcept { return count_ > kSize; }
    /// Needs at least one value. The ends, p = 0 and p = 1, are exact.
    [[nodiscard]] double quantile(double p) const;
    [[nodiscard]] double median() const { return quantile(0.5); }

  private:
    std::vector<double> values_;
    std::uint64_t count_ = 0;
    double smallest_ = 0;
    double largest_ = 0;
    util::Random random_{1};
};

}  // namespace convoy::report::detail

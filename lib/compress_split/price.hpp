#pragma once

#include "compress_split/score.hpp"

namespace convoy::compress_split {

/// What errors of a model's output cost, learnt from models that were measured. It says how large errors may be: the
/// drop of few images alone says little while it is small, one image being more than half a point of 150.
///
/// A drop in accuracy is taken to grow with the mean squared relative error, since images that are lost and images that
/// are gained nearly cancel out where outputs have changed little; disagreement, and the mean error, with its root.
class Price {
  public:
    explicit Price(Metric metric) noexcept : exponent_(metric == Metric::accuracy ? 1 : 0.5) {}

    void learn(const Score& score);
    /// The mean squared relative error at which such a drop is to be expected, at most kMostError.
    /// @param drop  above 0
    [[nodiscard]] double error_for(double drop) const;

    static constexpr double kMostError = 0.5;

  private:
    double exponent_;
    double products_ = 0;  ///< of drops and powers of errors, by how sure each drop is
    double squares_ = 0;   ///< of powers of errors, likewise
};

}  // namespace convoy::compress_split

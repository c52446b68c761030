#include "compress_split/price.hpp"

#include <algorithm>
#include <cmath>

namespace convoy::compress_split {

/// A line through the origin, each score with the weight of its variance.
void Price::learn(const Score& score) {
    if (!(score.squared_error > 0) || !std::isfinite(score.squared_error) || !std::isfinite(score.loss.drop)) return;
    const double x = std::pow(score.squared_error, exponent_);
    const double doubt = std::max(score.loss.error, 1.0 / static_cast<double>(score.images));
    products_ += x * score.loss.drop / (doubt * doubt);
    squares_ += x * x / (doubt * doubt);
}

double Price::error_for(double drop) const {
    constexpr double kLeastSlope = 0.1;  // images that happen to gain
    const double slope = squares_ > 0 ? std::max(products_ / squares_, kLeastSlope) : 1;
    return std::min(std::pow(drop / slope, 1 / exponent_), kMostError);
}

}  // namespace convoy::compress_split

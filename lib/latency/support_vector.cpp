#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "latency/distance.hpp"
#include "latency/learners.hpp"

namespace convoy::latency::detail {

double predict_support_vector(Numbers parameters, Numbers features) {
    double sum = parameters[1];
    for (std::size_t at = 2; at < parameters.size(); at += features.size() + 1) {
        // Single precision is faster and has more digits than the samples; e^-100 is nothing beside them.
        const double exponent = -parameters[0] * squared_distance(&parameters[at + 1], features);
        sum += parameters[at] * std::exp(static_cast<float>(std::max(exponent, -100.0)));
    }
    return sum;
}

double least_support_vector(Numbers parameters, Numbers low, Numbers high) {
    constexpr double kSinglePrecision = 1e-6;
    double sum = parameters[1];
    for (std::size_t at = 2; at < parameters.size(); at += low.size() + 1) {
        const auto [near, far] = squared_distances(&parameters[at + 1], low, high);
        const double weight = parameters[at];
        sum += weight * std::exp(std::max(-parameters[0] * (weight < 0 ? near : far), -100.0));
        sum -= kSinglePrecision * std::abs(weight);
    }
    return sum;
}

std::string check_support_vector(Numbers parameters, std::size_t features) {
    if (parameters.size() < 2 || (parameters.size() - 2) % (features + 1) != 0)
        return fmt::format("support_vector needs two parameters, then {} for each support vector, not {}", features + 1,
                           parameters.size());
    return parameters[0] > 0 ? "" : "the first parameter of support_vector, gamma, must be above 0";
}

}  // namespace convoy::latency::detail

#include <fmt/format.h>

#include <cmath>

#include "latency/learners.hpp"

namespace convoy::latency::detail {

double predict_support_vector(Numbers parameters, Numbers features) {
    double sum = parameters[1];
    for (std::size_t at = 2; at < parameters.size(); at += features.size() + 1) {
        double distance = 0;
        for (std::size_t i = 0; i < features.size(); ++i) {
            const double difference = parameters[at + 1 + i] - features[i];
            distance += difference * difference;
        }
        sum += parameters[at] * std::exp(-parameters[0] * distance);
    }
    return sum;
}

std::string check_support_vector(Numbers parameters, std::size_t features) {
    if (parameters.size() < 2 || (parameters.size() - 2) % (features + 1) != 0)
        return fmt::format(
            "support_vector needs two parameters, then {} for each "
            "support vector, not {}",
            features + 1, parameters.size());
    return parameters[0] > 0 ? "" : "the first parameter of support_vector, gamma, must be above 0";
}

}  // namespace convoy::latency::detail

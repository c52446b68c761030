#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "latency/learners.hpp"

namespace convoy::latency::detail {

namespace {

constexpr std::size_t kHeader = 3;
constexpr double kMostUnits = 1024;

}  // namespace

double predict_neural_net(Numbers parameters, Numbers features) {
    const auto units = static_cast<std::size_t>(parameters[0]);
    const std::size_t row = features.size() + 1;
    const Numbers output = parameters.subspan(kHeader + units * row);
    double sum = output[units];
    for (std::size_t unit = 0; unit < units; ++unit) {
        const Numbers weights = parameters.subspan(kHeader + unit * row, row);
        const double input = std::inner_product(features.begin(), features.end(), weights.begin(), weights.back());
        sum += output[unit] * std::tanh(input);
    }
    return parameters[1] + parameters[2] * std::tanh(sum);
}

double least_neural_net(Numbers parameters, Numbers low, Numbers high) {
    const auto units = static_cast<std::size_t>(parameters[0]);
    const std::size_t row = low.size() + 1;
    const Numbers output = parameters.subspan(kHeader + units * row);
    double least = output[units];
    double most = output[units];
    for (std::size_t unit = 0; unit < units; ++unit) {
        const Numbers weights = parameters.subspan(kHeader + unit * row, row);
        double from = weights.back();
        double to = weights.back();
        for (std::size_t i = 0; i < low.size(); ++i) {
            from += least_product(weights[i], low[i], high[i]);
            to += least_product(weights[i], high[i], low[i]);
        }
        least += least_product(output[unit], std::tanh(from), std::tanh(to));
        most += least_product(output[unit], std::tanh(to), std::tanh(from));
    }
    return parameters[1] + least_product(parameters[2], std::tanh(least), std::tanh(most));
}

std::string check_neural_net(Numbers parameters, std::size_t features) {
    if (parameters.empty() || !is_whole(parameters[0], 1, kMostUnits))
        return fmt::format(
            "the first parameter of neural_net is its number of "
            "hidden units, from 1 to {}",
            kMostUnits);
    const auto units = static_cast<std::size_t>(parameters[0]);
    const std::size_t needed = kHeader + units * (features + 1) + units + 1;
    if (parameters.size() == needed) return "";
    return fmt::format("neural_net needs {} parameters for {} units and {} features, not {}", needed, units, features,
                       parameters.size());
}

}  // namespace convoy::latency::detail

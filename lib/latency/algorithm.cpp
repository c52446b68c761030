#include "latency/algorithm.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "latency/learners.hpp"

namespace convoy::latency {

namespace {

using namespace detail;

constexpr Algorithm kAlgorithms[] = {
    {"least_squares", "a sum of features with coefficients that are not negative", false, fit_least_squares,
     predict_linear, nullptr, check_least_squares},
    {"ridge", "a power law: linear in the logarithms of the features", true, fit_ridge, predict_ridge, least_ridge,
     check_ridge},
    {"polynomial", "degree 2 in the logarithms of the features", true, fit_polynomial, predict_polynomial,
     least_polynomial, check_polynomial},
    {"k_nearest", "mean of the most similar samples, weighted by distance", true, fit_nearest, predict_nearest,
     least_nearest, check_nearest},
    {"regression_tree", "one tree of thresholds", true, fit_tree, predict_trees, least_trees, check_trees},
    {"support_vector", "support vector regression with radial basis functions", true, fit_support_vector,
     predict_support_vector, least_support_vector, check_support_vector},
    {"boosted_trees", "a sum of small trees, each fitted to what the ones before leave over", true, fit_boosted_trees,
     predict_trees, least_trees, check_trees},
    {"neural_net", "one hidden layer of tanh units", true, fit_neural_net, predict_neural_net, least_neural_net,
     check_neural_net},
};

}  // namespace

std::span<const Algorithm> algorithms() noexcept { return kAlgorithms; }

const Algorithm* find_algorithm(std::string_view name) noexcept {
    for (const Algorithm& algorithm : kAlgorithms) {
        if (name == algorithm.name) return &algorithm;
    }
    return nullptr;
}

bool detail::is_whole(double parameter, double low, double high) noexcept {
    return parameter >= low && parameter <= high && parameter == std::floor(parameter);
}

double detail::rounded(double value, int digits) {
    const std::string text = fmt::format("{:.{}g}", value, digits);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace convoy::latency

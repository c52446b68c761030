#pragma once

#include <span>
#include <string>
#include <vector>

#include "latency/regression.hpp"

// The parts of the algorithms of latency/algorithm.hpp. Targets of all but least squares are of the order of 1.
// least_X() is what predict_X() does not go below while each feature is from `low` to `high`.
namespace convoy::latency::detail {

using Numbers = std::span<const double>;

/// Samples beyond this many are thinned out where every sample costs time in each prediction.
inline constexpr std::size_t kMostRemembered = 200;

std::vector<double> fit_least_squares(const TrainingSet& set);
double predict_linear(Numbers parameters, Numbers features);
std::string check_least_squares(Numbers parameters, std::size_t features);

/// Coefficients of the constant and of each feature, shrunk by an amount that generalised cross-validation chooses.
std::vector<double> fit_ridge(const TrainingSet& set);
double predict_ridge(Numbers parameters, Numbers features);
double least_ridge(Numbers parameters, Numbers low, Numbers high);
std::string check_ridge(Numbers parameters, std::size_t features);

/// Ridge on the constant, the features, their squares and their products.
std::vector<double> fit_polynomial(const TrainingSet& set);
double predict_polynomial(Numbers parameters, Numbers features);
double least_polynomial(Numbers parameters, Numbers low, Numbers high);
std::string check_polynomial(Numbers parameters, std::size_t features);

/// {k, then for each remembered sample its target and features}.
std::vector<double> fit_nearest(const TrainingSet& set);
double predict_nearest(Numbers parameters, Numbers features);
double least_nearest(Numbers parameters, Numbers low, Numbers high);
std::string check_nearest(Numbers parameters, std::size_t features);

/// {trees, the first node of each, then nodes of three numbers}: {feature, threshold, nodes to the right child}, whose
/// left child follows, or {-1, value, 0}. Every tree is in preorder, and the trees follow each other without a gap.
std::vector<double> fit_tree(const TrainingSet& set);
std::vector<double> fit_boosted_trees(const TrainingSet& set);
double predict_trees(Numbers parameters, Numbers features);
double least_trees(Numbers parameters, Numbers low, Numbers high);
std::string check_trees(Numbers parameters, std::size_t features);

/// {gamma, constant, then for each support vector its weight and features}: radial basis functions.
std::vector<double> fit_support_vector(const TrainingSet& set);
double predict_support_vector(Numbers parameters, Numbers features);
double least_support_vector(Numbers parameters, Numbers low, Numbers high);
std::string check_support_vector(Numbers parameters, std::size_t features);

/// {hidden units, centre, amplitude, the weights and the bias of each hidden unit, those of the output}; tanh units.
std::vector<double> fit_neural_net(const TrainingSet& set);
double predict_neural_net(Numbers parameters, Numbers features);
double least_neural_net(Numbers parameters, Numbers low, Numbers high);
std::string check_neural_net(Numbers parameters, std::size_t features);

/// Whether a parameter is a whole number from low to high.
[[nodiscard]] bool is_whole(double parameter, double low, double high) noexcept;

/// The least of factor * x for x from `low` to `high`.
[[nodiscard]] inline double least_product(double factor, double low, double high) noexcept {
    return factor * (factor < 0 ? high : low);
}

/// To so many significant digits: then it is the same whatever instructions a processor adds up with.
[[nodiscard]] double rounded(double value, int digits);

}  // namespace convoy::latency::detail

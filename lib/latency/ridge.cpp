#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <limits>
#include <numeric>

#include "latency/learners.hpp"

namespace convoy::latency::detail {

namespace {

// Shrinkage that is tried, for each sample. Below the first the normal equations lose their precision.
constexpr double kShrinkages[] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1};

Eigen::MatrixXd matrix(const std::vector<std::vector<double>>& rows) {
    Eigen::MatrixXd result(rows.size(), rows.front().size());
    for (Eigen::Index i = 0; i < result.rows(); ++i) {
        for (Eigen::Index j = 0; j < result.cols(); ++j) {
            result(i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
        }
    }
    return result;
}

/// Ridge regression on centred columns, so that the constant is not shrunk: {constant, coefficients}.
///
/// The shrinkage has the least error by generalised cross-validation (Golub, Heath and Wahba, 1979).
std::vector<double> shrunk_regression(const std::vector<std::vector<double>>& rows,
                                      const std::vector<double>& targets) {
    const auto samples = static_cast<double>(rows.size());
    Eigen::MatrixXd columns = matrix(rows);
    const Eigen::RowVectorXd means = columns.colwise().mean();
    columns.rowwise() -= means;
    const Eigen::Map<const Eigen::VectorXd> given(targets.data(), static_cast<Eigen::Index>(targets.size()));
    const double mean = given.mean();
    const Eigen::VectorXd target = given.array() - mean;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(columns.transpose() * columns);
    const Eigen::VectorXd values = solver.eigenvalues().cwiseMax(0);
    const Eigen::VectorXd projected = solver.eigenvectors().transpose() * (columns.transpose() * target);
    double least = std::numeric_limits<double>::infinity();
    Eigen::VectorXd best = Eigen::VectorXd::Zero(columns.cols());
    for (const double shrinkage : kShrinkages) {
        const Eigen::ArrayXd shrunk = values.array() + shrinkage * samples;
        const Eigen::VectorXd coefficients = solver.eigenvectors() * (projected.array() / shrunk).matrix();
        const double freedom = samples - 1 - (values.array() / shrunk).sum();
        if (freedom < 1) continue;
        const double error = (target - columns * coefficients).squaredNorm() / (freedom * freedom);
        if (error < least * (1 - 1e-9)) {
            least = error;
            best = coefficients;
        }
    }
    std::vector<double> parameters{mean - means.dot(best)};
    parameters.insert(parameters.end(), best.begin(), best.end());
    return parameters;
}

/// The features, then the products of every two of them, squares included.
std::vector<double> with_products(const std::vector<double>& features) {
    std::vector<double> result = features;
    for (std::size_t i = 0; i < features.size(); ++i) {
        for (std::size_t j = i; j < features.size(); ++j) result.push_back(features[i] * features[j]);
    }
    return result;
}

}  // namespace

std::vector<double> fit_ridge(const TrainingSet& set) { return shrunk_regression(set.rows, set.targets); }

double predict_ridge(Numbers parameters, Numbers features) {
    return std::inner_product(features.begin(), features.end(), parameters.begin() + 1, parameters[0]);
}

double least_ridge(Numbers parameters, Numbers low, Numbers high) {
    double sum = parameters[0];
    for (std::size_t i = 0; i < low.size(); ++i) sum += least_product(parameters[1 + i], low[i], high[i]);
    return sum;
}

std::string check_ridge(Numbers parameters, std::size_t features) {
    if (parameters.size() == features + 1) return "";
    return fmt::format("ridge needs {} parameters for {} features, not {}", features + 1, features, parameters.size());
}

std::vector<double> fit_polynomial(const TrainingSet& set) {
    std::vector<std::vector<double>> rows;
    rows.reserve(set.rows.size());
    for (const auto& row : set.rows) rows.push_back(with_products(row));
    return shrunk_regression(rows, set.targets);
}

double predict_polynomial(Numbers parameters, Numbers features) {
    double sum = predict_ridge(parameters, features);
    std::size_t next = 1 + features.size();
    for (std::size_t i = 0; i < features.size(); ++i) {
        for (std::size_t j = i; j < features.size(); ++j) sum += parameters[next++] * features[i] * features[j];
    }
    return sum;
}

double least_polynomial(Numbers parameters, Numbers low, Numbers high) {
    double sum = least_ridge(parameters, low, high);
    std::size_t next = 1 + low.size();
    for (std::size_t i = 0; i < low.size(); ++i) {
        for (std::size_t j = i; j < low.size(); ++j) {
            const auto [least, most] =
                std::minmax({low[i] * low[j], low[i] * high[j], high[i] * low[j], high[i] * high[j]});
            const bool through_zero = i == j && low[i] < 0 && high[i] > 0;
            sum += least_product(parameters[next++], through_zero ? 0 : least, most);
        }
    }
    return sum;
}

std::string check_polynomial(Numbers parameters, std::size_t features) {
    const std::size_t needed = 1 + features + features * (features + 1) / 2;
    if (parameters.size() == needed) return "";
    return fmt::format("polynomial needs {} parameters for {} features, not {}", needed, features, parameters.size());
}

}  // namespace convoy::latency::detail

#include "latency/regression.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <numeric>

#include "latency/learners.hpp"
#include "util/error.hpp"

namespace convoy::latency {

namespace {

constexpr std::size_t kMostFeatures = 12;

/// The rows divided by their scales, columns brought to length 1 so that bytes and ones can be compared.
struct Problem {
    Eigen::MatrixXd columns;
    Eigen::VectorXd target;
    Eigen::VectorXd lengths;
    double rest = 0;  ///< of the squared residual, that no coefficients change
};

/// The same with as many rows as columns, by QR: many subsets of the columns are solved.
void shorten(Problem& problem) {
    const Eigen::Index features = problem.columns.cols();
    if (problem.columns.rows() <= features) return;
    const Eigen::HouseholderQR<Eigen::MatrixXd> factors(problem.columns);
    const Eigen::VectorXd turned = factors.householderQ().transpose() * problem.target;
    problem.columns = factors.matrixQR().topRows(features).triangularView<Eigen::Upper>();
    problem.target = turned.head(features);
    problem.rest = turned.tail(turned.size() - features).squaredNorm();
}

Problem make_problem(const TrainingSet& set) {
    const auto n = static_cast<Eigen::Index>(set.rows.size());
    const auto features = static_cast<Eigen::Index>(set.rows.front().size());
    Problem problem{Eigen::MatrixXd(n, features), Eigen::VectorXd(n), {}};
    for (Eigen::Index i = 0; i < n; ++i) {
        const auto row = static_cast<std::size_t>(i);
        for (Eigen::Index j = 0; j < features; ++j) {
            problem.columns(i, j) = set.rows[row][static_cast<std::size_t>(j)] / set.scales[row];
        }
        problem.target(i) = set.targets[row] / set.scales[row];
    }
    problem.lengths = problem.columns.colwise().norm();
    for (Eigen::Index j = 0; j < features; ++j) {
        if (problem.lengths(j) > 0) problem.columns.col(j) /= problem.lengths(j);
    }
    shorten(problem);
    return problem;
}

struct Solution {
    double residual = std::numeric_limits<double>::infinity();
    std::vector<Eigen::Index> columns;
    Eigen::VectorXd coefficients;
};

Solution solve(const Problem& problem, std::size_t subset) {
    Solution solution;
    for (Eigen::Index j = 0; j < problem.columns.cols(); ++j) {
        if ((subset >> j & 1U) == 0) continue;
        if (problem.lengths(j) == 0) return solution;
        solution.columns.push_back(j);
    }
    const Eigen::MatrixXd chosen = problem.columns(Eigen::all, solution.columns);
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> factors(chosen);
    if (factors.rank() < chosen.cols()) return solution;
    solution.coefficients = factors.solve(problem.target);
    if (!solution.coefficients.allFinite() || solution.coefficients.minCoeff() < 0) return solution;
    solution.residual = problem.rest + (chosen * solution.coefficients - problem.target).squaredNorm();
    return solution;
}

void check_set(const TrainingSet& set) {
    if (set.rows.empty()) throw util::Error(util::Errc::data, "there are no samples to fit");
    if (set.rows.front().empty() || set.rows.front().size() > kMostFeatures)
        throw util::Error(util::Errc::internal, "least squares takes 1 to 12 features");
    const auto finite = [](double value) { return std::isfinite(value); };
    bool usable = std::all_of(set.targets.begin(), set.targets.end(), finite);
    for (const double scale : set.scales) usable = usable && finite(scale) && scale > 0;
    for (const auto& row : set.rows) usable = usable && std::all_of(row.begin(), row.end(), finite);
    if (!usable) throw util::Error(util::Errc::data, "a sample has a time or a feature that is not a finite number");
}

// Rounds of reweighting: coefficients move by less than the noise of any measurement after a few.
constexpr int kRounds = 8;
// Relative errors beyond this weigh as if they were of this size in the gradient (Huber): a sample that another program
// disturbed must not bend the fit.
constexpr double kOutlier = 0.3;

}  // namespace

std::vector<double> non_negative_least_squares(const TrainingSet& set) {
    check_set(set);
    const Problem problem = make_problem(set);
    const auto features = static_cast<std::size_t>(problem.columns.cols());
    Solution best;
    for (std::size_t subset = 1; subset < std::size_t{1} << features; ++subset) {
        Solution solution = solve(problem, subset);
        // A tie goes to the earlier subset: what rounding decides would differ between machines.
        if (solution.residual < best.residual * (1 - 1e-9)) best = std::move(solution);
    }
    if (best.columns.empty()) throw util::Error(util::Errc::data, "every feature of every sample is 0");
    std::vector<double> coefficients(features, 0.0);
    for (std::size_t k = 0; k < best.columns.size(); ++k) {
        const Eigen::Index column = best.columns[k];
        coefficients[static_cast<std::size_t>(column)] =
            best.coefficients(static_cast<Eigen::Index>(k)) / problem.lengths(column);
    }
    return coefficients;
}

/// Errors relative to the measured time would favour predictions that are too low: they cost at most 100 %. So errors
/// are weighed by the prediction itself, which a first fit gives.
std::vector<double> detail::fit_least_squares(const TrainingSet& set) {
    std::vector<double> coefficients = non_negative_least_squares(set);
    TrainingSet weighed = set;
    for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < set.rows.size(); ++i) {
            const double predicted = std::max(detail::predict_linear(coefficients, set.rows[i]), 1e-3 * set.targets[i]);
            const double error = std::abs(set.targets[i] - predicted) / predicted;
            weighed.scales[i] = predicted * std::sqrt(std::max(1.0, error / kOutlier));
        }
        coefficients = non_negative_least_squares(weighed);
    }
    return coefficients;
}

double detail::predict_linear(Numbers parameters, Numbers features) {
    return std::inner_product(parameters.begin(), parameters.end(), features.begin(), 0.0);
}

std::string detail::check_least_squares(Numbers parameters, std::size_t features) {
    if (parameters.size() != features)
        return fmt::format("least_squares needs a parameter for each of {} features, not {}", features,
                           parameters.size());
    double sum = 0;
    for (const double parameter : parameters) {
        if (!std::isfinite(parameter) || parameter < 0)
            return "parameters of least_squares are finite and not negative";
        sum += parameter;
    }
    return sum > 0 ? "" : "at least one parameter of least_squares must be above 0";
}

}  // namespace convoy::latency

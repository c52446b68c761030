#include "compress/low_rank.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <optional>
#include <utility>

#include "compress/compress.hpp"
#include "util/error.hpp"
#include "util/random.hpp"

namespace convoy::compress::detail {

using graph::Index;
using util::Errc;
using util::Error;

namespace {

/// Of the covariance's trace: how much that of the layer on white input counts beside what calibration showed.
constexpr double kPrior = 1e-6;
/// A narrow channel's range counts as at least this share of the widest one's.
constexpr double kLeastRange = 1e-4;
/// Directions beyond those asked for that the range finder follows, and how often it multiplies by the covariance.
constexpr Eigen::Index kOversampling = 16;
constexpr int kPowerIterations = 3;
/// Keeps a division by nothing finite: responses that never vary.
constexpr double kTiny = 1e-30;
/// Most directions of a wide layer's spectrum.
constexpr Eigen::Index kMostDirections = 256;

Matrix centred(Matrix rows) {
    const Vector mean = rows.colwise().mean();
    rows.rowwise() -= mean.transpose();
    return rows;
}

/// A symmetric matrix, known by what it multiplies.
struct Covariance {
    Eigen::Index size = 0;
    std::function<Matrix(const Matrix& columns)> times;
    std::function<Matrix()> dense;
};

/// X^T X, at half the cost.
Matrix squared(const Eigen::Ref<const Matrix>& x) {
    Matrix product = Matrix::Zero(x.cols(), x.cols());
    product.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
    return product.selfadjointView<Eigen::Lower>();
}

Matrix orthonormal(const Matrix& columns) {
    return Eigen::HouseholderQR<Matrix>(columns).householderQ() * Matrix::Identity(columns.rows(), columns.cols());
}

Directions directions_of(const Matrix& dense) {
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(dense);
    if (solver.info() != Eigen::Success) throw Error(Errc::data, "the responses' directions cannot be found");
    return {solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse()};
}

/// Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 2011, algorithm 4.4 on a symmetric
/// matrix, then Rayleigh-Ritz.
Directions range_finder(const Covariance& covariance, Eigen::Index count, std::uint64_t seed) {
    const Eigen::Index width = std::min(covariance.size, count + kOversampling);
    util::Random random(seed);
    Matrix basis(covariance.size, width);
    for (Eigen::Index i = 0; i < basis.size(); ++i) basis.data()[i] = random.normal();
    basis = orthonormal(basis);
    for (int i = 0; i < kPowerIterations; ++i) basis = orthonormal(covariance.times(basis));
    Directions inner = directions_of(basis.transpose() * covariance.times(basis));
    return {inner.values.head(count), basis * inner.vectors.leftCols(count)};
}

Directions strongest(const Covariance& covariance, Eigen::Index count, std::uint64_t seed) {
    // Close to all of them, the full solver is the faster one.
    if (covariance.size <= kDenseChannels || 2 * (count + kOversampling) > covariance.size) {
        Directions all = directions_of(covariance.dense());
        return all;
    }
    return range_finder(covariance, count, seed);
}

/// Of fitted responses [rows, f], with the layer on white input: (1 + D) W W^T (1 + D)^T.
Covariance covariance_of(const Matrix& fitted, const Correction& correction, const LayerWeights* weights) {
    const auto count = static_cast<double>(fitted.rows());
    const double trace = fitted.squaredNorm() / count;
    const double white_trace = weights != nullptr ? weights->energy() : static_cast<double>(fitted.cols());
    const double share = white_trace > 0 ? kPrior * (trace > 0 ? trace : 1.0) / white_trace : 0.0;
    const auto white = [&correction, weights](const Matrix& columns) -> Matrix {
        if (weights == nullptr) return columns;
        return correction.transposed_times(weights->times_squared(correction.times(columns.transpose()))).transpose();
    };
    return {fitted.cols(),
            [&fitted, white, share, count](const Matrix& columns) -> Matrix {
                return fitted.transpose() * (fitted * columns) / count + share * white(columns);
            },
            [&fitted, white, share, count]() -> Matrix {
                return squared(fitted) / count + share * white(Matrix::Identity(fitted.cols(), fitted.cols()));
            }};
}

/// Brings every narrow channel to the range [-1, 1] on the samples: codecs have one scale for all channels.
void equalise(LowRank& fit, const Matrix& given_centred) {
    const Vector ranges = (given_centred * fit.reduce.transpose()).cwiseAbs().colwise().maxCoeff();
    const double widest = ranges.maxCoeff();
    if (!(widest > 0)) return;
    const Vector scales = ranges.cwiseMax(kLeastRange * widest);
    fit.reduce = scales.cwiseInverse().asDiagonal() * fit.reduce;
    fit.reduce_bias = fit.reduce_bias.cwiseQuotient(scales);
    fit.restore = fit.restore * scales.asDiagonal();
}

}  // namespace

Matrix matrix_of(const Samples& samples) {
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto rows = static_cast<Eigen::Index>(samples.rows());
    return Eigen::Map<const Rows>(samples.values.data(), rows, samples.channels).cast<double>();
}

Samples with_channels(const Samples& samples, const std::vector<Index>& channels) {
    Samples chosen{static_cast<Index>(channels.size()), {}};
    for (std::size_t row = 0; row < samples.rows(); ++row) {
        const float* values = samples.values.data() + row * static_cast<std::size_t>(samples.channels);
        for (const Index c : channels) chosen.values.push_back(values[c]);
    }
    return chosen;
}

void LayerWeights::each_block(const std::function<void(Eigen::Index, const Matrix&)>& visit) const {
    constexpr Eigen::Index kBlock = 64;
    std::vector<float> values;
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    for (Eigen::Index first = 0; first < outputs(); first += kBlock) {
        const Eigen::Index count = std::min(kBlock, outputs() - first);
        values.resize(static_cast<std::size_t>(count * terms()));
        graph::copy_floats(*op_.weights, first * terms(), count * terms(), values.data());
        Matrix rows = Eigen::Map<const Rows>(values.data(), count, terms()).cast<double>();
        for (Eigen::Index row = 0; row < count && !op_.weight_scale.empty(); ++row) {
            rows.row(row) *= static_cast<double>(op_.weight_scale[static_cast<std::size_t>(first + row)]);
        }
        visit(first, rows);
    }
}

double LayerWeights::energy() const {
    double sum = 0;
    each_block([&](Eigen::Index, const Matrix& rows) { sum += rows.squaredNorm(); });
    return sum;
}

Matrix LayerWeights::times(const Matrix& left) const {
    Matrix product = Matrix::Zero(left.rows(), terms());
    each_block([&](Eigen::Index first, const Matrix& rows) {
        product.noalias() += left.middleCols(first, rows.rows()) * rows;
    });
    return product;
}

Matrix LayerWeights::times_squared(const Matrix& left) const {
    const Matrix inner = times(left);
    Matrix product(left.rows(), outputs());
    each_block([&](Eigen::Index first, const Matrix& rows) {
        product.middleCols(first, rows.rows()).noalias() = inner * rows.transpose();
    });
    return product;
}

Matrix Correction::times(const Matrix& rows) const {
    if (left.cols() == 0) return rows;
    return rows + (rows * left) * right;
}

Matrix Correction::transposed_times(const Matrix& rows) const {
    if (left.cols() == 0) return rows;
    return rows + (rows * right.transpose()) * left.transpose();
}

namespace {

/// Ridge regression of rows of residuals on rows of responses, for any strength at once: residual ~ x D^T.
///
/// With X^T X = V L V^T it is D^T = V (L + ridge)^-1 V^T X^T R; where there are fewer rows than channels the
/// equivalent with X X^T = U L U^T is smaller: D^T = X^T U (L + ridge)^-1 U^T R.
class Ridge {
  public:
    using Rows = Eigen::Ref<const Matrix>;
    struct Moments {
        Matrix squares;   ///< X^T X
        Matrix products;  ///< X^T R
    };
    static Moments moments_of(const Rows& x, const Rows& residual) {
        return {squared(x), Matrix(x.transpose() * residual)};
    }

    /// For many rows.
    explicit Ridge(const Moments& moments) {
        Directions directions = directions_of(moments.squares);
        values_ = directions.values.cwiseMax(0.0);
        basis_ = std::move(directions.vectors);
        targets_ = basis_.transpose() * moments.products;
    }
    /// For few.
    Ridge(const Rows& x, const Rows& residual) {
        const Directions directions = directions_of(squared(x.transpose()));
        values_ = directions.values.cwiseMax(0.0);
        basis_ = x.transpose() * directions.vectors;
        targets_ = directions.vectors.transpose() * residual;
    }

    [[nodiscard]] double mean_value() const { return values_.mean(); }
    [[nodiscard]] const Matrix& basis() const noexcept { return basis_; }
    /// basis() times this is D^T.
    [[nodiscard]] Matrix coefficients(double ridge) const {
        return (values_.array() + ridge).inverse().matrix().asDiagonal() * targets_;
    }

    /// The strength, relative to the mean eigenvalue, that does best on other rows; nothing when no correction is
    /// better there than none.
    [[nodiscard]] std::optional<double> best_strength(const Rows& x, const Rows& residual) const {
        const Matrix projected = x * basis_;
        // |R - X V D T|^2 = |R|^2 - 2 d.a + d^T G d, D being the diagonal matrix of d.
        const Vector a = (projected.transpose() * residual).cwiseProduct(targets_).rowwise().sum();
        const Matrix g = squared(projected).cwiseProduct(squared(targets_.transpose()));
        double least = 0;
        std::optional<double> best;
        for (const double strength : {1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2}) {
            const Vector d = (values_.array() + strength * mean_value() + kTiny).inverse();
            const double change = d.dot(g * d) - 2 * d.dot(a);
            if (change >= least) continue;
            least = change;
            best = strength;
        }
        return best;
    }

  private:
    Vector values_;
    Matrix basis_;    ///< [f, k]
    Matrix targets_;  ///< [k, f]
};

/// The last quarter of the rows, which are of other frames than the rest, decides how strongly all of them are drawn to
/// the identity.
Correction fitted_to(Correction correction, const Matrix& x, const Matrix& residual) {
    const Eigen::Index held_out = x.rows() / 4;
    const Eigen::Index rest = x.rows() - held_out;
    if (held_out == 0) return correction;
    const auto held_x = x.bottomRows(held_out);
    const auto held_residual = residual.bottomRows(held_out);
    const auto take = [&correction](const Ridge& ridge, double strength) {
        correction.left = ridge.coefficients(strength * ridge.mean_value() + kTiny).transpose();
        correction.right = ridge.basis().transpose();
    };
    if (rest < x.cols()) {
        const auto strength = Ridge(x.topRows(rest), residual.topRows(rest)).best_strength(held_x, held_residual);
        if (strength) take(Ridge(x, residual), *strength);
        return correction;
    }
    Ridge::Moments moments = Ridge::moments_of(x.topRows(rest), residual.topRows(rest));
    const auto strength = Ridge(moments).best_strength(held_x, held_residual);
    if (!strength) return correction;
    const Ridge::Moments held = Ridge::moments_of(held_x, held_residual);
    moments.squares += held.squares;
    moments.products += held.products;
    take(Ridge(moments), *strength);
    return correction;
}

}  // namespace

Correction correct(const Samples& wanted, const Samples& given) {
    if (wanted.rows() == 0 || wanted.rows() != given.rows() || wanted.channels != given.channels) {
        throw Error(Errc::data, "a layer has no responses to be fitted to");
    }
    const Matrix y = matrix_of(wanted);
    const Matrix x = matrix_of(given);
    Correction correction{y.colwise().mean(), x.colwise().mean(), {}, {}};
    if (wanted.values == given.values) return correction;
    const Matrix centred_x = centred(x);
    const Matrix residual = centred(y) - centred_x;
    return fitted_to(std::move(correction), centred_x, residual);
}

Directions principal(const Samples& given, const Correction& correction, const LayerWeights* weights, Index count,
                     std::uint64_t seed) {
    const Matrix x = centred(matrix_of(given));
    const Matrix fitted = correction.transposed_times(x);  // [rows, f], each row (1 + D) x
    return strongest(covariance_of(fitted, correction, weights), count, seed);
}

LowRank fit_low_rank(const Samples& given, const Correction& correction, const Directions& directions, Index rank) {
    LowRank fit;
    fit.restore = directions.vectors.leftCols(rank);
    fit.reduce = correction.times(fit.restore.transpose());
    fit.reduce_bias = -fit.reduce * correction.given_mean;
    fit.restore_bias = correction.wanted_mean;
    equalise(fit, centred(matrix_of(given)));
    return fit;
}

std::vector<double> lost_variance(const Samples& samples, Index full, std::uint64_t seed) {
    if (samples.rows() == 0) throw Error(Errc::data, "a layer has no responses");
    const Matrix rows = centred(matrix_of(samples));
    const double total = rows.squaredNorm();
    if (!(total > 0)) return std::vector<double>(static_cast<std::size_t>(full) + 1, 0.0);
    Vector values;
    if (rows.rows() <= std::min<Eigen::Index>(rows.cols(), kDenseChannels)) {
        values = directions_of(rows * rows.transpose()).values;
    } else {
        const Eigen::Index all = rows.cols();
        const Covariance covariance{
            all, [&rows](const Matrix& columns) -> Matrix { return rows.transpose() * (rows * columns); },
            [&rows] { return squared(rows); }};
        values = strongest(covariance, all <= kDenseChannels ? all : std::min(all, kMostDirections), seed).values;
    }
    std::vector<double> lost{1.0};
    double kept = 0;
    for (Eigen::Index k = 0; k < std::min<Eigen::Index>(values.size(), full); ++k) {
        kept += std::max(0.0, values(k)) / total;
        lost.push_back(std::max(0.0, 1 - kept));
    }
    return lost;
}

}  // namespace convoy::compress::detail

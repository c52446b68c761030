#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <vector>

#include "compress/calibration.hpp"
#include "graph/graph.hpp"

/// Reduced-rank regression of responses. Private to module compress.
namespace convoy::compress::detail {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// [rows, channels] of samples, or of some of their channels.
[[nodiscard]] Matrix matrix_of(const Samples& samples);
[[nodiscard]] Samples with_channels(const Samples& samples, const std::vector<graph::Index>& channels);

/// The weights of a layer as [outputs, terms], batch norm multiplied in, read a block of rows at a time: those of a
/// fully connected layer may have hundreds of megabytes.
class LayerWeights {
  public:
    explicit LayerWeights(const graph::Operator& op) : op_(op) {}
    [[nodiscard]] Eigen::Index outputs() const noexcept { return op_.weights->dims[0]; }
    [[nodiscard]] Eigen::Index terms() const noexcept { return op_.weights->elements() / op_.weights->dims[0]; }
    /// left W, left being [any, outputs].
    [[nodiscard]] Matrix times(const Matrix& left) const;
    [[nodiscard]] double energy() const;  ///< sum of squares
    /// left W W^T
    [[nodiscard]] Matrix times_squared(const Matrix& left) const;

  private:
    void each_block(const std::function<void(Eigen::Index first, const Matrix& rows)>& visit) const;
    const graph::Operator& op_;
};

/// Responses `given` as they come from the changed model, mapped onto the wanted ones of the original:
/// wanted ~ (1 + difference) (given - given_mean) + wanted_mean. Ridge regression drawn to the identity, as strongly as
/// does best on held-out frames: where both are the same, or calibration shows nothing, nothing is changed.
struct Correction {
    Vector wanted_mean;
    Vector given_mean;
    // difference = left right, each thinner than [f, f] where there are fewer samples than channels
    Matrix left;   ///< [f, k]; no columns for none
    Matrix right;  ///< [k, f]
    /// rows (1 + difference), rows being [any, f].
    [[nodiscard]] Matrix times(const Matrix& rows) const;
    /// rows (1 + difference)^T: of responses in rows, the mapped ones.
    [[nodiscard]] Matrix transposed_times(const Matrix& rows) const;
};
/// @throws Error data, when there are no samples or not equally many
[[nodiscard]] Correction correct(const Samples& wanted, const Samples& given);

/// wanted ~ restore (reduce given + reduce_bias) + restore_bias
struct LowRank {
    Matrix reduce;        ///< [rank, f]
    Vector reduce_bias;   ///< [rank]
    Matrix restore;       ///< [f, rank]
    Vector restore_bias;  ///< [f]
};

/// Eigenvalues, largest first, and eigenvectors in columns.
struct Directions {
    Vector values;
    Matrix vectors;
};
/// The directions in which fitted responses vary most. Their covariance is drawn weakly towards that of the layer on
/// white input, so that directions which calibration never showed come last, but in a sensible order.
/// @param weights  of the layer; nothing for a tensor that is mapped onto itself
/// @param count    how many at least
[[nodiscard]] Directions principal(const Samples& given, const Correction& correction, const LayerWeights* weights,
                                   graph::Index count, std::uint64_t seed);
[[nodiscard]] LowRank fit_low_rank(const Samples& given, const Correction& correction, const Directions& directions,
                                   graph::Index rank);

/// Share of the variance outside of the first k directions, k from 0; up to `full` of them, or as many as are known.
[[nodiscard]] std::vector<double> lost_variance(const Samples& samples, graph::Index full, std::uint64_t seed);

}  // namespace convoy::compress::detail

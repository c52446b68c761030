#include "compress/pruning.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <limits>

#include "compress/low_rank.hpp"
#include "graph/surgery.hpp"
#include "util/error.hpp"

namespace convoy::compress::detail {

using graph::Index;
using graph::Kind;
using graph::Operator;
using graph::TensorId;

namespace {

/// Of the mean variance, added to each channel's: at least this share, and more where there are few samples.
constexpr double kLeastRidge = 1e-6;
constexpr double kRidgePerUnknown = 1e-3;

/// How the channels of a tensor go together.
struct Moments {
    Vector mean;
    Matrix covariance;  ///< ridge included
    Matrix squares;     ///< not centred, ridge included
};

Moments moments_of(const std::string& tensor, const TensorSamples& tensors) {
    const auto found = tensors.find(tensor);
    if (found == tensors.end() || found->second.rows() == 0) {
        throw util::Error(util::Errc::data, fmt::format("tensor '{}' has no samples", tensor));
    }
    Matrix rows = matrix_of(found->second);
    const auto count = static_cast<double>(rows.rows());
    const auto channels = static_cast<double>(rows.cols());
    Moments moments{rows.colwise().mean(), {}, rows.transpose() * rows / count};
    rows.rowwise() -= moments.mean.transpose();
    moments.covariance = rows.transpose() * rows / count;
    const double share = kLeastRidge + kRidgePerUnknown * channels / count;
    const auto ridge = [&](Matrix& matrix) {
        matrix.diagonal().array() += share * std::max(matrix.trace() / channels, 1e-30);
    };
    ridge(moments.covariance);
    ridge(moments.squares);
    return moments;
}

/// A reader's weights as [outputs][channels][taps], batch norm multiplied in. Of a Gemm on a map the taps are pixels.
struct ReaderWeights {
    Index outputs, channels, taps;
    std::vector<float> values;
    /// [channels, taps] of one output.
    [[nodiscard]] Matrix of_output(Index output) const {
        using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        return Eigen::Map<const Rows>(values.data() + output * channels * taps, channels, taps).cast<double>();
    }
};

ReaderWeights weights_of(const Operator& op, Index channels) {
    const Index outputs = op.weights->dims[0];
    const Index row = op.weights->elements() / outputs;
    ReaderWeights weights{outputs, channels, row / channels,
                          std::vector<float>(static_cast<std::size_t>(op.weights->elements()))};
    graph::copy_floats(*op.weights, 0, op.weights->elements(), weights.values.data());
    for (std::size_t i = 0; i < weights.values.size() && !op.weight_scale.empty(); ++i) {
        weights.values[i] *= op.weight_scale[i / static_cast<std::size_t>(row)];
    }
    return weights;
}

/// What the responses of all outputs owe to a pair of channels: sum over outputs and taps of the products of weights.
Matrix gram_of(const ReaderWeights& weights) {
    Matrix gram = Matrix::Zero(weights.channels, weights.channels);
    for (Index f = 0; f < weights.outputs; ++f) {
        const Matrix rows = weights.of_output(f);
        gram.selfadjointView<Eigen::Lower>().rankUpdate(rows);
    }
    return gram.selfadjointView<Eigen::Lower>();
}

/// The error of one tensor's readers when its channels go one by one. With the kept channels S, covariance C and the
/// readers' Gram matrix G it is tr(G R), R = C - C_:S C_SS^-1 C_S:, and removing channels I adds tr(N_II P_II^-1),
/// where P = C_SS^-1 and N = (C_:S P)^T G (C_:S P): both follow a removal by updates of rank one and two.
class Removal {
  public:
    Removal(const Matrix& covariance, Matrix gram)
        : precision_(covariance.llt().solve(Matrix::Identity(covariance.rows(), covariance.cols()))),
          influence_(std::move(gram)) {}

    /// Of removing these together: tr(N_II P_II^-1).
    [[nodiscard]] double cost(const std::vector<Index>& channels) const {
        if (channels.empty()) return 0;
        const Index first = channels[0];
        if (channels.size() == 1) return influence_(first, first) / precision_(first, first);
        const Matrix own = precision_(channels, channels);
        const Matrix influence = influence_(channels, channels);
        const Matrix solved = own.llt().solve(influence);
        return solved.trace();
    }

    void remove(Index channel) {
        const double own = precision_(channel, channel);
        const double cost_here = influence_(channel, channel);
        const Vector p = precision_.col(channel) / own;
        const Vector n = influence_.col(channel);
        precision_.noalias() -= own * p * p.transpose();
        influence_.noalias() += cost_here * p * p.transpose() - p * n.transpose() - n * p.transpose();
    }

  private:
    Matrix precision_;
    Matrix influence_;
};

/// The readers of one tensor, and which of its channels each channel of the group has in it.
struct ReadTensor {
    Removal removal;
    std::vector<std::vector<Index>> channels;
    [[nodiscard]] double cost(std::size_t member) const { return std::max(0.0, removal.cost(channels[member])); }
};

std::vector<ReadTensor> read_tensors(const graph::Graph& graph, const ChannelGroup& group,
                                     const TensorSamples& tensors) {
    std::map<TensorId, std::vector<const Operator*>> readers;
    for (const std::string& name : group.readers) {
        const Operator& op = graph.op(graph.find_operator(name).value());
        readers[op.inputs[0]].push_back(&op);
    }
    std::vector<ReadTensor> all;
    for (const auto& [tensor, operators] : readers) {
        const graph::TensorInfo& info = graph.tensor(tensor);
        const Moments moments = moments_of(info.name, tensors);
        Matrix gram = Matrix::Zero(info.dims[1], info.dims[1]);
        for (const Operator* op : operators) {
            const Matrix own = gram_of(weights_of(*op, info.dims[1]));
            const double variance = own.cwiseProduct(moments.covariance).sum();
            if (variance > 0) gram += own / variance;
        }
        std::vector<std::vector<Index>> channels(group.members.size());
        for (std::size_t member = 0; member < group.members.size(); ++member) {
            for (const ChannelOf& one : group.members[member]) {
                if (one.tensor == tensor) channels[member].push_back(one.channel);
            }
        }
        all.push_back({Removal(moments.covariance, std::move(gram)), std::move(channels)});
    }
    return all;
}

}  // namespace

PruningOrder pruning_order(const graph::Graph& graph, const ChannelGroup& group, const TensorSamples& tensors) {
    std::vector<ReadTensor> read = read_tensors(graph, group, tensors);
    PruningOrder order{group.name, {}, {0.0}};
    std::vector<bool> gone(group.members.size(), false);
    while (order.order.size() + 1 < group.members.size()) {
        std::size_t weakest = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t member = 0; member < gone.size(); ++member) {
            if (gone[member]) continue;
            double cost = 0;
            for (const ReadTensor& tensor : read) cost += tensor.cost(member);
            if (cost < least) {
                least = cost;
                weakest = member;
            }
        }
        if (gone[weakest] || !(least < std::numeric_limits<double>::infinity())) {
            throw util::Error(util::Errc::data,
                              fmt::format("the channels of '{}' cannot be told apart on these inputs", group.name));
        }
        gone[weakest] = true;
        for (ReadTensor& tensor : read) {
            for (const Index channel : tensor.channels[weakest]) tensor.removal.remove(channel);
        }
        order.order.push_back(static_cast<Index>(weakest));
        order.lost.push_back(order.lost.back() + least);
    }
    return order;
}

namespace {

/// removed ~ factors kept + constant
struct Expression {
    Matrix factors;   ///< [removed, kept]
    Vector constant;  ///< [removed]
};

Expression expression_of(const Moments& moments, const std::vector<Index>& kept, const std::vector<Index>& removed,
                         bool with_constant) {
    const Matrix& all = with_constant ? moments.covariance : moments.squares;
    const Matrix inner = all(kept, kept);
    const Matrix cross = all(kept, removed);
    Expression expression{inner.llt().solve(cross).transpose(), Vector::Zero(static_cast<Index>(removed.size()))};
    if (with_constant) {
        expression.constant = moments.mean(removed) - expression.factors * moments.mean(kept);
    }
    return expression;
}

std::vector<float> selected(const std::vector<float>& values, const std::vector<Index>& kept) {
    std::vector<float> chosen;
    for (const Index c : kept) chosen.push_back(values[static_cast<std::size_t>(c)]);
    return chosen;
}

/// Rewrites the operators of a graph that loses channels.
class Pruner {
  public:
    Pruner(const graph::Graph& graph, const std::set<ChannelOf>& removed, const TensorSamples& tensors)
        : graph_(graph), surgery_(graph), tensors_(tensors) {
        for (const ChannelOf& one : removed) lost_[one.tensor].push_back(one.channel);
        for (auto& [tensor, channels] : lost_) {
            std::vector<Index>& kept = kept_[tensor];
            for (Index c = 0; c < graph.tensor(tensor).dims[1]; ++c) {
                if (!std::binary_search(channels.begin(), channels.end(), c)) kept.push_back(c);
            }
            if (kept.empty()) {
                throw util::Error(util::Errc::impossible,
                                  fmt::format("tensor '{}' would lose all channels", graph.tensor(tensor).name));
            }
            surgery_.tensors[index(tensor)].dims[1] = static_cast<Index>(kept.size());
        }
    }

    Pruned run() {
        Pruned pruned;
        for (Operator& op : surgery_.operators) {
            if (lost_.contains(op.inputs[0]) && op.weights && !is_depthwise(op)) {
                refit(op);
                pruned.refitted.insert(op.name);
            }
            if (op.kind == Kind::gather && lost_.contains(op.inputs[0])) repick(op);
            if (lost_.contains(op.outputs[0])) shrink(op);
        }
        for (const auto& [tensor, kept] : kept_) pruned.kept[graph_.tensor(tensor).name] = kept;
        pruned.graph = surgery_.put_together();
        return pruned;
    }

  private:
    static bool is_depthwise(const Operator& op) { return op.group > 1; }

    const Moments& moments(TensorId tensor) {
        const auto known = moments_.find(tensor);
        if (known != moments_.end()) return known->second;
        return moments_[tensor] = moments_of(graph_.tensor(tensor).name, tensors_);
    }

    /// Where zeros are padded a constant would be missing at the border: there the kept channels have to do without.
    static bool pads(const Operator& op) {
        const graph::Window& window = op.window;
        const bool padded = window.pad_begin != std::array<Index, 2>{} || window.pad_end != std::array<Index, 2>{};
        return op.kind == Kind::transposed_convolution || (op.kind == Kind::convolution && padded);
    }

    /// Gives the weights of removed input channels to the kept ones.
    void refit(Operator& op) {
        const TensorId input = op.inputs[0];
        const std::vector<Index>& kept = kept_.at(input);
        const std::vector<Index>& removed = lost_.at(input);
        const Expression expression = expression_of(moments(input), kept, removed, !pads(op));
        const ReaderWeights weights = weights_of(op, graph_.tensor(input).dims[1]);
        std::vector<float> values;
        std::vector<float> bias(static_cast<std::size_t>(weights.outputs), 0.0F);
        if (op.tail.bias) graph::copy_floats(*op.tail.bias, 0, weights.outputs, bias.data());
        for (Index f = 0; f < weights.outputs; ++f) {
            const Matrix all = weights.of_output(f);
            const Matrix gone = all(removed, Eigen::all);
            const Matrix fitted = all(kept, Eigen::all) + expression.factors.transpose() * gone;
            for (Index c = 0; c < fitted.rows(); ++c) {
                for (Index tap = 0; tap < fitted.cols(); ++tap) values.push_back(static_cast<float>(fitted(c, tap)));
            }
            bias[static_cast<std::size_t>(f)] += static_cast<float>(gone.rowwise().sum().dot(expression.constant));
        }
        std::vector<Index> dims = op.weights->dims;
        dims[1] = dims[1] / weights.channels * static_cast<Index>(kept.size());
        op.weights = surgery_.constant(std::move(dims), std::move(values));
        op.weight_scale.clear();
        op.tail.bias = surgery_.constant({weights.outputs}, std::move(bias));
    }

    /// Drops what an operator has for output channels that are gone.
    void shrink(Operator& op) {
        const std::vector<Index>& kept = kept_.at(op.outputs[0]);
        if (op.weights) {
            op.weights = rows_of(*op.weights, kept);
            if (is_depthwise(op)) op.group = static_cast<Index>(kept_.at(op.inputs[0]).size());
        }
        if (!op.weight_scale.empty()) op.weight_scale = selected(op.weight_scale, kept);
        if (op.tail.bias) op.tail.bias = rows_of(*op.tail.bias, kept);
        if (!op.tail.scale.empty()) op.tail.scale = selected(op.tail.scale, kept);
        if (!op.tail.shift.empty()) op.tail.shift = selected(op.tail.shift, kept);
        for (auto& constant : op.constant_inputs) {
            if (constant) constant = channels_of(*constant, op, kept);
        }
    }

    graph::Constant rows_of(const graph::Constant& from, const std::vector<Index>& kept) {
        const Index row = from.elements() / from.dims[0];
        std::vector<float> values(kept.size() * static_cast<std::size_t>(row));
        for (std::size_t i = 0; i < kept.size(); ++i) {
            graph::copy_floats(from, kept[i] * row, row, values.data() + i * static_cast<std::size_t>(row));
        }
        std::vector<Index> dims = from.dims;
        dims[0] = static_cast<Index>(kept.size());
        return surgery_.constant(std::move(dims), std::move(values));
    }

    /// Of an operand that is broadcast to the output: its kept channels, unless it has one for all.
    graph::Constant channels_of(const graph::Constant& from, const Operator& op, const std::vector<Index>& kept) {
        const std::size_t rank = graph_.tensor(op.outputs[0]).dims.size();
        if (from.dims.size() + 1 < rank) return from;
        const std::size_t axis = from.dims.size() + 1 - rank;
        if (from.dims[axis] == 1) return from;
        Index outer = 1;
        for (std::size_t i = 0; i < axis; ++i) outer *= from.dims[i];
        const Index inner = from.elements() / outer / from.dims[axis];
        std::vector<float> values(static_cast<std::size_t>(outer * inner) * kept.size());
        float* to = values.data();
        for (Index o = 0; o < outer; ++o) {
            for (const Index c : kept) {
                graph::copy_floats(from, (o * from.dims[axis] + c) * inner, inner, to);
                to += inner;
            }
        }
        std::vector<Index> dims = from.dims;
        dims[axis] = static_cast<Index>(kept.size());
        return surgery_.constant(std::move(dims), std::move(values));
    }

    void repick(Operator& op) {
        if (op.picks[1].empty()) return;
        const std::vector<Index>& inputs = kept_.at(op.inputs[0]);
        std::vector<Index> picks;
        for (const Index old : op.picks[1]) {
            const auto place = std::lower_bound(inputs.begin(), inputs.end(), old);
            if (place != inputs.end() && *place == old) picks.push_back(place - inputs.begin());
        }
        op.picks[1] = std::move(picks);
    }

    const graph::Graph& graph_;
    graph::Surgery surgery_;
    const TensorSamples& tensors_;
    std::map<TensorId, std::vector<Index>> lost_;  ///< ascending
    std::map<TensorId, std::vector<Index>> kept_;
    std::map<TensorId, Moments> moments_;
};

}  // namespace

Pruned prune(const graph::Graph& graph, const std::set<ChannelOf>& removed, const TensorSamples& tensors) {
    return Pruner(graph, removed, tensors).run();
}

}  // namespace convoy::compress::detail

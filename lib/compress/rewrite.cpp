#include "compress/rewrite.hpp"

#include <algorithm>

#include "graph/surgery.hpp"

namespace convoy::compress::detail {

using graph::Constant;
using graph::Index;
using graph::Kind;
using graph::Operator;
using graph::TensorId;

namespace {

/// Row by row, as float32.
std::vector<float> floats(const Matrix& matrix) {
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    std::vector<float> values(static_cast<std::size_t>(matrix.size()));
    Eigen::Map<Rows>(values.data(), matrix.rows(), matrix.cols()) = matrix.cast<float>();
    return values;
}

Vector bias_of(const Operator& op) {
    Vector bias = Vector::Zero(op.weights->dims[0]);
    for (Index f = 0; op.tail.bias && f < bias.size(); ++f) {
        bias(f) = static_cast<double>(graph::float_at(*op.tail.bias, f));
    }
    return bias;
}

/// The dims of a tensor with another number of channels.
std::vector<Index> with_channels(std::vector<Index> dims, Index channels) {
    dims[1] = channels;
    return dims;
}

std::vector<Index> with_first(std::vector<Index> dims, Index first) {
    dims[0] = first;
    return dims;
}

/// A layer that mixes the channels of a map, or of a vector, position by position.
Operator mixing(graph::Surgery& surgery, std::size_t rank, const Matrix& weights, const Vector& bias) {
    Operator op;
    op.kind = rank == 4 ? Kind::convolution : Kind::gemm;
    op.onnx_type = rank == 4 ? "Conv" : "Gemm";
    std::vector<Index> dims{weights.rows(), weights.cols()};
    dims.resize(rank, 1);
    op.weights = surgery.constant(std::move(dims), floats(weights));
    op.tail.bias = surgery.constant({bias.size()}, floats(bias));
    return op;
}

std::size_t number_of(const graph::Graph& graph, const std::string& layer) {
    return index(graph.find_operator(layer).value());
}

/// Puts an operator in front of number `before`, or at the end.
void insert(graph::Surgery& surgery, std::size_t before, Operator op) {
    surgery.operators.insert(surgery.operators.begin() + static_cast<std::ptrdiff_t>(before), std::move(op));
}

}  // namespace

graph::Graph factorised(const graph::Graph& graph, const std::string& layer, const LowRank& fit) {
    graph::Surgery surgery(graph);
    const std::size_t number = number_of(graph, layer);
    const Operator& old = graph.operators()[number];
    const graph::TensorInfo& output = graph.tensor(old.outputs[0]);
    const LayerWeights weights(old);

    Operator low = old;
    low.name = surgery.fresh_name(old.name + "_low");
    low.absorbed.clear();
    low.weight_scale.clear();
    low.weights = surgery.constant(with_first(old.weights->dims, fit.reduce.rows()), floats(weights.times(fit.reduce)));
    low.tail = graph::Tail{};
    low.tail.bias = surgery.constant({fit.reduce.rows()}, floats(fit.reduce * bias_of(old) + fit.reduce_bias));
    low.outputs = {surgery.add_tensor(output.name + "_low", with_channels(output.dims, fit.reduce.rows()))};

    Operator restore = mixing(surgery, output.dims.size(), fit.restore, fit.restore_bias);
    restore.name = old.name;
    restore.absorbed = old.absorbed;
    restore.inputs = low.outputs;
    restore.outputs = old.outputs;
    restore.tail.scale = old.tail.scale;
    restore.tail.shift = old.tail.shift;
    restore.tail.activation = old.tail.activation;
    restore.tail.alpha = old.tail.alpha;
    restore.tail.beta = old.tail.beta;
    restore.tail.low = old.tail.low;
    restore.tail.high = old.tail.high;
    surgery.operators[number] = std::move(restore);
    insert(surgery, number, std::move(low));
    return surgery.put_together();
}

graph::Graph corrected(const graph::Graph& graph, const std::string& layer, const Correction& correction) {
    graph::Surgery surgery(graph);
    Operator& op = surgery.operators[number_of(graph, layer)];
    const LayerWeights weights(op);
    const Eigen::Index outputs = weights.outputs();
    const Matrix mapping = correction.times(Matrix::Identity(outputs, outputs));
    const Vector bias = mapping * (bias_of(op) - correction.given_mean) + correction.wanted_mean;
    std::vector<float> values = floats(weights.times(mapping));
    op.weights = surgery.constant(op.weights->dims, std::move(values));
    op.weight_scale.clear();
    op.tail.bias = surgery.constant({outputs}, floats(bias));
    return surgery.put_together();
}

graph::Graph narrowed(const graph::Graph& graph, const std::string& tensor, const LowRank& fit, bool rectified) {
    graph::Surgery surgery(graph);
    const TensorId wide = graph.find_tensor(tensor).value();
    const graph::TensorInfo& info = graph.tensor(wide);
    const TensorId narrow = surgery.add_tensor(info.name + "_narrow", with_channels(info.dims, fit.reduce.rows()));
    const TensorId restored = surgery.add_tensor(info.name + "_restored", info.dims);
    for (Operator& op : surgery.operators) std::replace(op.inputs.begin(), op.inputs.end(), wide, restored);

    Operator reduce = mixing(surgery, info.dims.size(), fit.reduce, fit.reduce_bias);
    reduce.name = surgery.fresh_name(info.name + "_reduce");
    reduce.inputs = {wide};
    reduce.outputs = {narrow};
    Operator restore = mixing(surgery, info.dims.size(), fit.restore, fit.restore_bias);
    restore.name = surgery.fresh_name(info.name + "_restore");
    restore.inputs = {narrow};
    restore.outputs = {restored};
    if (rectified) restore.tail.activation = graph::Activation::relu;
    const std::size_t behind = index(graph.producer(wide).value()) + 1;
    insert(surgery, behind, std::move(restore));
    insert(surgery, behind, std::move(reduce));
    return surgery.put_together();
}

}  // namespace convoy::compress::detail

#pragma once

#include <memory>
#include <opencv2/dnn.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/kernels.hpp"
#include "engine/shard.hpp"
#include "engine/weights.hpp"

namespace convoy::engine {

/// A net and everything that its layers point to. Must not move while the net exists.
struct Shard::Net {
    std::vector<const std::vector<graph::TensorView>*> inputs;  ///< of the current run, read by the sources
    std::span<const graph::TensorView> outputs;                 ///< of the current run, written by the sink
    std::vector<std::span<float>> values;                       ///< where the outputs lay in the last run
    std::vector<std::unique_ptr<Kernel>> kernels;
    std::vector<std::unique_ptr<Pointwise>> functions;
    std::vector<std::shared_ptr<const WeightSlice>> weights;
    cv::dnn::Net net;  ///< last: ends before what it points to
    std::string sink;  ///< name of the layer that runs last
    std::string what;  ///< for messages
};

/// A tensor, or a part of it, inside a net: the output of a layer.
struct Value {
    int layer = 0;
    graph::Slab slab;       ///< as `shape_of` gives it
    std::vector<int> dims;  ///< of the Mat that the layer makes
};

/// The extent of a slab as the kernels see it: a tensor that is only ever whole becomes one row of floats.
[[nodiscard]] graph::Slab shape_of(const graph::TensorInfo& tensor, const graph::Slab& slab);

/// Adds layers to a net. Ids ascend in the order in which layers are added, which is the order in which they run.
class NetBuilder {
  public:
    NetBuilder(Weights& weights, Shard::Net& net);

    [[nodiscard]] const graph::Graph& graph() const noexcept { return weights_.graph(); }
    [[nodiscard]] Weights& weights() noexcept { return weights_; }
    /// An input of the piece, assembled from the views of the run.
    Value add_source(const graph::TensorInfo& tensor, const graph::Slab& slab, std::size_t input);
    /// The last layer: writes values into the views of the run.
    void add_sink(const std::vector<Value>& values, const std::vector<plan::Run::Output>& outputs);
    Value add_kernel(std::unique_ptr<Kernel> kernel, const graph::Slab& slab, const std::vector<Value>& inputs);
    /// A layer of OpenCV's own; `dims` is what it makes of its inputs.
    Value add_stock(const std::string& type, cv::dnn::LayerParams params, const graph::Slab& slab,
                    const std::vector<Value>& inputs, std::vector<int> dims);
    /// What is left of a tail behind a stock layer that has added the bias.
    Value add_tail(const graph::Tail& tail, const Value& value);
    /// The same elements under other dims.
    Value reshaped(const Value& value, const std::vector<int>& dims);
    /// Exactly the elements of `part`.
    Value cropped(const Value& value, const graph::Slab& part);
    void keep(std::shared_ptr<const WeightSlice> slice) { net_.weights.push_back(std::move(slice)); }

  private:
    int add_layer(const std::string& type, cv::dnn::LayerParams& params, const std::vector<Value>& inputs);

    Weights& weights_;
    Shard::Net& net_;
};

/// The layers of one operator as a piece computes it.
///
/// @param inputs  per input of the operator what the piece holds of it, at least what graph::needed() says
/// @return per output what was computed; only outputs that are wanted
/// @throws Error data, when the engine has no layer for the operator
[[nodiscard]] std::vector<Value> add_operator(NetBuilder& builder, const graph::Work& work,
                                              const std::vector<Value>& inputs);

}  // namespace convoy::engine

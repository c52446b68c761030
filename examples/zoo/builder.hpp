#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace onnx {
class ModelProto;
class NodeProto;
}  // namespace onnx

namespace convoy::zoo {

/// A tensor of a model under construction: [1, channels, height, width], or [1, channels] once flattened.
struct Value {
    std::string name{};
    std::int64_t channels{};
    std::int64_t height = 1;
    std::int64_t width = 1;
    bool flat = false;    ///< [1, channels]
    double mean = 0;      ///< expected over all elements, for an input of mean 0 and variance 1
    double variance = 1;  ///< likewise
    [[nodiscard]] double power() const noexcept { return mean * mean + variance; }
};

/// How the elements of one weight tensor are drawn.
struct Filling {
    enum class Kind { normal, uniform } kind = Kind::normal;
    double centre = 0;
    double spread = 1;     ///< standard deviation, or half the width of the interval
    std::int64_t run = 1;  ///< above 1 each run of so many elements is shifted to the mean 0
};

/// A finished model whose weights are drawn while it is written, so that only a few megabytes are ever in memory.
class Model {
  public:
    using Sink = std::function<void(std::string_view)>;

    Model(std::unique_ptr<onnx::ModelProto> skeleton, std::vector<Filling> fillings);
    Model(Model&&) noexcept;
    ~Model();

    /// The model with the shapes of its weights (initializers), but without their values.
    [[nodiscard]] const onnx::ModelProto& skeleton() const noexcept { return *skeleton_; }
    /// Hands the ONNX file to `sink` part by part. The same seed gives the same bytes.
    void write(std::uint64_t seed, const Sink& sink) const;

  private:
    std::unique_ptr<onnx::ModelProto> skeleton_;
    std::vector<Filling> fillings_;  ///< one per initializer
};

struct ConvShape {
    std::int64_t outputs{};
    std::int64_t kernel{};
    std::int64_t stride = 1;
    std::int64_t pad = 0;
    std::int64_t groups = 1;
    bool bias = true;      ///< off where a batch normalisation follows
    bool centred = false;  ///< each filter sums to 0: narrow layers stay alive although all their inputs are positive
};

struct PoolShape {
    std::int64_t kernel{};
    std::int64_t stride{};
    std::int64_t pad = 0;
    bool ceil = false;  ///< the last window may stick out
    bool same = false;  ///< padded at the end so that the output has extent / stride elements; needs pad 0
};

/// Puts an opset-13 model together node by node, as PyTorch's exporter writes it: batch normalisation apart from its
/// convolution, ReLU6 as Clip with constant inputs. A node's output is named `<node>_out`.
///
/// Weights are He-initialised: normal, scaled so that a layer's output has variance 1 when its input is as expected
/// (1 / (fan in * E[x^2]), He et al., "Delving Deep into Rectifiers", ICCV 2015, eq. 10, which is 2 / fan in after a
/// ReLU). We differ: E[x^2] is followed through pooling and sums, and biases are drawn too, so that a wrong bias shows.
class Builder {
  public:
    explicit Builder(const std::string& model_name);
    ~Builder();

    Value input(std::int64_t channels, std::int64_t height, std::int64_t width);
    Value conv(const std::string& name, const Value& x, const ConvShape& shape);
    /// `scale` is the expected gamma: below 1 at the end of a residual branch, where variances add up.
    Value batch_norm(const std::string& name, const Value& x, double scale = 1);
    Value relu(const std::string& name, const Value& x);
    Value relu6(const std::string& name, const Value& x);
    Value leaky_relu(const std::string& name, const Value& x, float alpha);
    Value max_pool(const std::string& name, const Value& x, const PoolShape& shape);
    Value global_average_pool(const std::string& name, const Value& x);
    Value add(const std::string& name, const Value& a, const Value& b);
    /// Along the channels.
    Value concat(const std::string& name, const std::vector<Value>& parts);
    Value flatten(const std::string& name, const Value& x);
    Value fc(const std::string& name, const Value& x, std::int64_t outputs);

    /// The model that computes `output`, a map or a vector; the builder is spent.
    Model finish(const Value& output);

  private:
    onnx::NodeProto& node(const std::string& op, const Value& out, const std::vector<std::string>& inputs);
    std::string weight(const std::string& name, const std::vector<std::int64_t>& dims, const Filling& filling);

    std::unique_ptr<onnx::ModelProto> model_;
    std::vector<Filling> fillings_;
};

}  // namespace convoy::zoo

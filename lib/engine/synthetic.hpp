#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "engine/random_values.hpp"
#include "engine/sweep.hpp"

/// What the families of synthetic layers are drawn with. Private to the sweep.
namespace convoy::engine::synthetic {

using graph::Graph;
using graph::Index;
using util::Random;
using Dims = std::vector<Index>;

inline constexpr Index kMostChannels = 2048;
inline constexpr Index kMostRows = 256;

inline Index log_uniform(Random& random, Index low, Index high) {
    const double exponent = random.uniform() * std::log(static_cast<double>(high) / static_cast<double>(low));
    return std::clamp(static_cast<Index>(std::lround(static_cast<double>(low) * std::exp(exponent))), low, high);
}

/// Mostly a multiple of 8, as widths of layers are.
inline Index channels(Random& random, Index low, Index high) {
    const Index drawn = log_uniform(random, low, high);
    return random.chance(0.85) && drawn >= 8 ? drawn / 8 * 8 : drawn;
}

/// Rows and columns of a map: mostly 224, 112, 56, ... 7, of detectors 208, 104, ... 13; sometimes not square.
inline Dims map(Random& random, Index count, Index least = 1) {
    constexpr std::array<Index, 14> kUsual{7, 14, 28, 56, 112, 224, 13, 26, 52, 104, 208, 10, 17, 35};
    const auto rows = [&] {
        const Index usual = kUsual.at(static_cast<std::size_t>(random.integer(0, std::ssize(kUsual) - 1)));
        return std::max(least, random.chance(0.6) ? usual : log_uniform(random, 1, kMostRows));
    };
    const Index height = rows();
    return {1, count, height, random.chance(0.9) ? height : rows()};
}

inline Dims map(Random& random) { return map(random, channels(random, 3, kMostChannels)); }

template <class T, std::size_t N>
T one_of(Random& random, const std::array<T, N>& choices) {
    return choices.at(static_cast<std::size_t>(random.integer(0, static_cast<Index>(N) - 1)));
}

inline Index volume(const Dims& dims) {
    Index product = 1;
    for (const Index dim : dims) product *= dim;
    return product;
}

/// A graph of one operator.
class OneLayer {
  public:
    OneLayer(graph::Kind kind, const char* onnx_type, const std::string& name) {
        op.name = name;
        op.kind = kind;
        op.onnx_type = onnx_type;
    }

    OneLayer& input(const Dims& dims) {
        op.inputs.push_back(builder_.add_tensor("x" + std::to_string(op.inputs.size()), dims));
        builder_.add_input(op.inputs.back());
        return *this;
    }

    [[nodiscard]] graph::Constant constant(const Dims& dims, float limit) {
        std::vector<float> values(static_cast<std::size_t>(volume(dims)));
        fill_randomly(values, limit);
        return builder_.make_constant(dims, values);
    }

    /// A window's weights, scaled so that sums stay around 1, and bias.
    void weights(const Dims& dims) {
        const double terms = static_cast<double>(volume(dims)) / static_cast<double>(dims[0]);
        op.weights = constant(dims, static_cast<float>(std::sqrt(3 / terms)));
        op.tail.bias = constant({dims[0]}, 0.1F);
    }

    /// What stands behind most layers with weights.
    void activation(Random& random) {
        const double draw = random.uniform();
        if (draw < 0.25) return;
        using graph::Activation;
        op.tail.activation = draw < 0.75 ? Activation::relu : draw < 0.9 ? Activation::clip : Activation::leaky_relu;
        op.tail.alpha = 0.1F;
        op.tail.low = 0;
        op.tail.high = 6;
    }

    [[nodiscard]] Graph output(const Dims& dims) {
        op.outputs = {builder_.add_tensor("y", dims)};
        builder_.add_output(op.outputs[0]);
        builder_.add_operator(std::move(op));
        return builder_.finish();
    }

    graph::Operator op;

  private:
    graph::GraphBuilder builder_;
};

// The families with a sliding window, or weights; names as in layer_families().
Graph conv1x1(Random& random, const std::string& name);
Graph conv3x3(Random& random, const std::string& name);
Graph conv5x5(Random& random, const std::string& name);
Graph conv_stem(Random& random, const std::string& name);
Graph grouped_conv(Random& random, const std::string& name);
Graph depthwise(Random& random, const std::string& name);
Graph transposed_conv(Random& random, const std::string& name);
Graph gemm(Random& random, const std::string& name);
Graph max_pool(Random& random, const std::string& name);
Graph average_pool(Random& random, const std::string& name);
Graph global_average_pool(Random& random, const std::string& name);
Graph global_max_pool(Random& random, const std::string& name);

}  // namespace convoy::engine::synthetic

#include "support/random_graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "support/random_sampling.hpp"

namespace convoy::test {
namespace {

using graph::Activation;
using graph::Index;
using graph::Kind;
using graph::Operator;
using graph::TensorId;
using graph::Window;
using util::Random;
using Dims = std::vector<Index>;

struct Known {
    TensorId id;
    Dims dims;
    bool read = false;
};

/// What keeps values finite and of the order of one, and lets differences through.
constexpr std::array kFunctions{
    Activation::hard_sigmoid, Activation::hard_swish, Activation::silu, Activation::tanh, Activation::elu,
    Activation::softplus,     Activation::softsign,   Activation::abs,  Activation::neg,  Activation::erf};
constexpr std::array kArithmetic{graph::Arithmetic::add, graph::Arithmetic::sub, graph::Arithmetic::mul,
                                 graph::Arithmetic::min, graph::Arithmetic::max, graph::Arithmetic::prelu};

class Generator {
  public:
    Generator(Random& random, const RandomGraphOptions& options) : random_(random), options_(options) {}

    graph::Graph run() {
        batch_ = random_.integer(1, options_.most_batch);
        for (Index i = random_.chance(0.2) ? 2 : 1; i > 0; --i) {
            const Index side = random_.integer(3, options_.most_rows);
            const Dims dims{batch_, random_.integer(1, options_.most_channels), side,
                            random_.chance(0.5) ? side : random_.integer(3, options_.most_rows)};
            builder_.add_input(new_tensor(fmt::format("input{}", i), dims));
        }
        const Index wanted = random_.integer(options_.least_operators, options_.most_operators);
        for (int attempts = 0; count_ < wanted && attempts < 200; ++attempts) add_random_operator();
        for (const Known& tensor : known_) {
            if (!tensor.read || random_.chance(0.05)) builder_.add_output(tensor.id);
        }
        return builder_.finish();
    }

  private:
    TensorId new_tensor(std::string name, const Dims& dims) {
        const TensorId id = builder_.add_tensor(std::move(name), dims);
        known_.push_back({id, dims});
        return id;
    }

    std::size_t pick(std::size_t size) {
        return static_cast<std::size_t>(random_.integer(0, static_cast<Index>(size) - 1));
    }

    /// Mostly the newest tensor, so that graphs become deep and have few outputs.
    std::size_t pick_tensor() { return random_.chance(0.7) ? known_.size() - 1 : pick(known_.size()); }

    void emit(Operator op, std::vector<std::size_t> inputs, const std::vector<Dims>& outputs) {
        op.name = fmt::format("{}{}", to_string(op.kind), count_);
        for (const std::size_t input : inputs) {
            op.inputs.push_back(known_[input].id);
            known_[input].read = true;
        }
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            op.outputs.push_back(new_tensor(fmt::format("t{}_{}", count_, k), outputs[k]));
        }
        builder_.add_operator(std::move(op));
        ++count_;
    }

    graph::Constant weights(Dims dims, Index fan_in) {
        Index size = 1;
        for (const Index dim : dims) size *= dim;
        std::vector<float> values(static_cast<std::size_t>(size));
        const double deviation = 1 / std::sqrt(static_cast<double>(fan_in));
        // Never zero: tests drop single elements and expect to see it.
        for (float& value : values) {
            value = static_cast<float>(random_.normal() * deviation);
            if (value == 0) value = 1;
        }
        return builder_.make_constant(std::move(dims), values);
    }

    std::vector<float> per_channel(Index channels, double mean) {
        std::vector<float> values(static_cast<std::size_t>(channels));
        for (float& value : values) value = static_cast<float>(mean + 0.3 * random_.normal());
        return values;
    }

    void add_tail(Operator& op, Index channels) {
        if (random_.chance(0.6)) op.tail.bias = weights({channels}, 4);
        if (random_.chance(0.3)) op.tail.scale = per_channel(channels, 1);
        if (random_.chance(0.3)) op.tail.shift = per_channel(channels, 0);
        add_activation(op);
    }

    void add_activation(Operator& op) {
        op.tail.activation = random_.chance(0.7) ? Activation{static_cast<std::uint8_t>(random_.integer(0, 4))}
                                                 : kFunctions.at(pick(kFunctions.size()));
        op.tail.alpha = 0.1F;
        op.tail.beta = 0.4F;
        op.tail.low = -1;
        op.tail.high = 2;
    }

    void add_random_operator() {
        const std::size_t x = pick_tensor();
        const std::size_t rank = known_[x].dims.size();
        if (rank == 4) {
            add_to_map(x);
        } else if (rank == 2) {
            add_to_vector(x);
        } else {
            random_.chance(0.3) ? add_unary(x) : add_whole(x);
        }
    }

    void add_to_map(std::size_t x) {
        switch (random_.integer(0, 24)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
                return add_convolution(x);
            case 5:
            case 6:
                return add_pool(x, Kind::max_pool);
            case 7:
                return add_pool(x, Kind::average_pool);
            case 8:
                return add_global_pool(x);
            case 9:
                return add_unary(x);
            case 10:
            case 11:
                return add_binary(x);
            case 12:
            case 13:
                return add_concat(x);
            case 14:
                return add_pad(x);
            case 15:
                return add_gemm(x);
            case 16:
                return add_flatten(x);
            case 17:
            case 18:
                return add_arithmetic(x);
            case 19:
                return add_transposed_convolution(x);
            case 20:
            case 21:
            case 22:
            case 23:
                return add_sampling(x);
            default:
                return add_whole(x);
        }
    }

    void add_to_vector(std::size_t x) {
        switch (random_.integer(0, 7)) {
            case 0:
            case 1:
                return add_gemm(x);
            case 2:
                return add_binary(x);
            case 3:
                return add_concat(x);
            case 4:
                return add_whole(x);
            case 5:
                return add_arithmetic(x);
            case 6:
                return add_sampling(x);
            default:
                return add_unary(x);
        }
    }

    Window random_window(Index most_pad) {
        Window window;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            window.kernel[axis] = random_.chance(0.1) ? random_.integer(4, 5) : random_.integer(1, 3);
            window.stride[axis] = random_.chance(0.6) ? 1 : random_.integer(2, 3);
            window.dilation[axis] = random_.chance(0.8) ? 1 : 2;
            window.pad_begin[axis] = random_.integer(0, most_pad);
            window.pad_end[axis] = random_.integer(0, most_pad);
        }
        return window;
    }

    /// Output extent along h (0) or w (1), or 0 when the window does not fit.
    static Index window_extent(const Window& window, std::size_t axis, Index extent, bool ceil_mode) {
        const Index reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
        const Index room = extent + window.pad_begin[axis] + window.pad_end[axis] - reach;
        if (room < 0) return 0;
        Index count = room / window.stride[axis] + 1;
        const bool starts_inside = count * window.stride[axis] < extent + window.pad_begin[axis];
        if (ceil_mode && room % window.stride[axis] != 0 && starts_inside) ++count;
        return count;
    }

    void add_convolution(std::size_t x) {
        const Dims in = known_[x].dims;
        Operator op;
        op.kind = Kind::convolution;
        op.window = random_window(2);
        const Dims out{in[0], 0, window_extent(op.window, 0, in[2], false), window_extent(op.window, 1, in[3], false)};
        if (out[2] == 0 || out[3] == 0) return;
        op.group = random_group(in[1]);
        const Index multiple = std::max<Index>(1, options_.most_channels / op.group);
        const Index channels = op.group * random_.integer(1, multiple);
        add_grouped_weights(op, in[1], channels);
        add_tail(op, channels);
        emit(std::move(op), {x}, {{out[0], channels, out[2], out[3]}});
    }

    void add_grouped_weights(Operator& op, Index inputs, Index channels) {
        const Index group_inputs = inputs / op.group;
        op.weights = weights({channels, group_inputs, op.window.kernel[0], op.window.kernel[1]},
                             group_inputs * op.window.kernel[0] * op.window.kernel[1]);
        if (random_.chance(0.2)) op.weight_scale = per_channel(channels, 1);
    }

    Index random_group(Index channels) {
        std::vector<Index> groups;
        for (Index group = 1; group <= channels; ++group) {
            if (channels % group == 0) groups.push_back(group);
        }
        return random_.chance(0.5) ? 1 : groups[pick(groups.size())];
    }

    void add_transposed_convolution(std::size_t x) {
        const Dims in = known_[x].dims;
        Operator op;
        op.kind = Kind::transposed_convolution;
        op.window = random_window(1);
        Dims out = in;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const Index step = std::max(op.window.stride[axis], op.window.dilation[axis]);
            out[2 + axis] = (in[2 + axis] - 1) * op.window.stride[axis] +
                            (op.window.kernel[axis] - 1) * op.window.dilation[axis] + 1 - op.window.pad_begin[axis] -
                            op.window.pad_end[axis] + (random_.chance(0.3) ? random_.integer(0, step - 1) : 0);
            if (out[2 + axis] < 1 || out[2 + axis] > 3 * options_.most_rows) return;
        }
        op.group = random_group(in[1]);
        out[1] = op.group * random_.integer(1, std::max<Index>(1, options_.most_channels / op.group));
        add_grouped_weights(op, in[1], out[1]);
        add_tail(op, out[1]);
        emit(std::move(op), {x}, {out});
    }

    void add_sampling(std::size_t x) {
        auto drawn = random_sampling(random_, options_, known_[x].dims);
        if (!drawn) return;
        if (random_.chance(0.3)) add_tail(drawn->op, drawn->output[1]);
        emit(std::move(drawn->op), {x}, {drawn->output});
    }

    /// Whether every window has an element that is not padding: the maximum of none is not defined.
    static bool every_window_hits(const Window& window, std::size_t axis, Index extent, Index outputs) {
        for (Index o = 0; o < outputs; ++o) {
            bool hit = false;
            for (Index k = 0; k < window.kernel[axis]; ++k) {
                const Index at = o * window.stride[axis] - window.pad_begin[axis] + k * window.dilation[axis];
                hit = hit || (at >= 0 && at < extent);
            }
            if (!hit) return false;
        }
        return true;
    }

    void add_pool(std::size_t x, Kind kind) {
        const Dims in = known_[x].dims;
        Operator op;
        op.kind = kind;
        op.window = random_window(1);
        op.window.count_include_pad = kind == Kind::average_pool && random_.chance(0.5);
        const bool ceil_mode = random_.chance(0.4);
        Dims out = in;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            out[2 + axis] = window_extent(op.window, axis, in[2 + axis], ceil_mode);
            if (out[2 + axis] == 0 || !every_window_hits(op.window, axis, in[2 + axis], out[2 + axis])) return;
        }
        emit(std::move(op), {x}, {out});
    }

    void add_global_pool(std::size_t x) {
        const Dims in = known_[x].dims;
        Operator op;
        op.kind = random_.chance(0.6)   ? Kind::global_average_pool
                  : random_.chance(0.5) ? Kind::global_max_pool
                                        : Kind::global_sum_pool;
        if (random_.chance(0.3)) add_tail(op, in[1]);
        emit(std::move(op), {x}, {{in[0], in[1], 1, 1}});
    }

    void add_unary(std::size_t x) {
        const Dims in = known_[x].dims;
        Operator op;
        const std::array kinds{Kind::relu,  Kind::leaky_relu, Kind::clip,       Kind::sigmoid,
                               Kind::unary, Kind::unary,      Kind::batch_norm, Kind::softmax};
        op.kind = kinds[pick(in.size() == 3 ? 6 : kinds.size())];
        if (op.kind == Kind::unary) op.function = kFunctions.at(pick(kFunctions.size()));
        if (op.kind == Kind::softmax && random_.chance(0.5)) {
            op.axis = graph::kAllAxes.at(pick(std::min<std::size_t>(in.size(), graph::kAxes)));
        }
        op.alpha = 0.2F;
        op.beta = 0.6F;
        op.low = -1;
        op.high = 1.5F;
        if (op.kind == Kind::batch_norm) {
            op.tail.scale = per_channel(in[1], 1);
            op.tail.shift = per_channel(in[1], 0);
            add_activation(op);
        }
        emit(std::move(op), {x}, {in});
    }

    void add_binary(std::size_t x) {
        const Dims in = known_[x].dims;
        const Dims gate{in[0], in[1], 1, 1};
        std::vector<std::size_t> partners;
        for (std::size_t i = 0; i < known_.size(); ++i) {
            if (known_[i].dims == in || (in.size() == 4 && known_[i].dims == gate)) partners.push_back(i);
        }
        const std::size_t y = partners[pick(partners.size())];
        if (y == x && random_.chance(0.8)) return;
        Operator op;
        op.kind = random_.chance(0.6) ? Kind::add : Kind::mul;
        add_activation(op);
        if (op.kind == Kind::mul) op.tail.activation = random_.chance(0.5) ? Activation::sigmoid : Activation::clip;
        emit(std::move(op), random_.chance(0.5) ? std::vector{x, y} : std::vector{y, x}, {in});
    }

    /// Of the tensor itself, of one that is broadcast to it, or of constants of any such shape.
    void add_arithmetic(std::size_t x) {
        const Dims out = known_[x].dims;
        Operator op;
        op.kind = Kind::binary;
        op.arithmetic = kArithmetic.at(pick(kArithmetic.size()));
        std::vector<std::size_t> inputs{x};
        std::vector<std::size_t> partners;
        for (std::size_t i = 0; i < known_.size(); ++i) {
            if (i != x && broadcasts(known_[i].dims, out)) partners.push_back(i);
        }
        if (!partners.empty() && random_.chance(0.5)) inputs.push_back(partners[pick(partners.size())]);
        op.constant_inputs.assign(inputs.size(), std::nullopt);
        if (inputs.size() == 1 || random_.chance(0.2)) {
            Dims dims = out;
            for (Index& dim : dims) dim = random_.chance(0.5) ? 1 : dim;
            dims.erase(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(pick(dims.size() + 1)));
            const auto place = static_cast<std::ptrdiff_t>(pick(inputs.size() + 1));
            op.constant_inputs.insert(op.constant_inputs.begin() + place, weights(std::move(dims), 1));
        }
        if (random_.chance(0.3)) add_activation(op);
        emit(std::move(op), std::move(inputs), {out});
    }

    static bool broadcasts(const Dims& from, const Dims& to) {
        return from.size() == to.size() &&
               std::equal(from.begin(), from.end(), to.begin(), [](Index a, Index b) { return a == b || a == 1; });
    }

    void add_concat(std::size_t x) {
        Dims out = known_[x].dims;
        std::vector<std::size_t> inputs{x};
        for (std::size_t i = 0; i < known_.size() && inputs.size() < 4; ++i) {
            Dims dims = known_[i].dims;
            if (dims.size() != out.size()) continue;
            dims[1] = out[1];
            const bool fits = dims == out && out[1] + known_[i].dims[1] <= 2 * options_.most_channels;
            if (!fits || random_.chance(0.3)) continue;
            inputs.insert(inputs.begin() + static_cast<std::ptrdiff_t>(pick(inputs.size() + 1)), i);
            out[1] += known_[i].dims[1];
        }
        if (inputs.size() < 2) return;
        Operator op;
        op.kind = Kind::concat;
        emit(std::move(op), std::move(inputs), {out});
    }

    void add_pad(std::size_t x) {
        Dims out = known_[x].dims;
        if (out[2] + out[3] > 3 * options_.most_rows) return;
        Operator op;
        op.kind = Kind::pad;
        op.pad_value = random_.chance(0.5) ? 0 : 0.7F;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            op.window.pad_begin[axis] = random_.integer(0, 2);
            op.window.pad_end[axis] = random_.integer(0, 2);
            out[2 + axis] += op.window.pad_begin[axis] + op.window.pad_end[axis];
        }
        emit(std::move(op), {x}, {out});
    }

    void add_gemm(std::size_t x) {
        const Dims in = known_[x].dims;
        Index features = 1;
        for (std::size_t i = 1; i < in.size(); ++i) features *= in[i];
        const Index outputs = random_.integer(1, 2 * options_.most_channels);
        Operator op;
        op.kind = Kind::gemm;
        op.weights = weights({outputs, features}, features);
        if (random_.chance(0.2)) op.weight_scale = per_channel(outputs, 1);
        add_tail(op, outputs);
        emit(std::move(op), {x}, {{in[0], outputs}});
    }

    void add_flatten(std::size_t x) {
        const Dims in = known_[x].dims;
        Operator op;
        op.kind = Kind::flatten;
        emit(std::move(op), {x}, {{in[0], in[1] * in[2] * in[3]}});
    }

    void add_whole(std::size_t x) {
        if (!options_.whole_kinds) return;
        Operator op;
        op.kind = Kind::whole;
        op.onnx_type = "Unknown";
        const Dims map{batch_, random_.integer(1, options_.most_channels), random_.integer(2, 6),
                       random_.integer(2, 6)};
        const std::vector<Dims> shapes{known_[x].dims, map, {batch_, 3, 4}};
        std::vector<std::size_t> inputs{x};
        if (random_.chance(0.3)) inputs.push_back(pick(known_.size()));
        std::vector<Dims> outputs{shapes[pick(shapes.size())]};
        if (random_.chance(0.3)) outputs.push_back(shapes[pick(shapes.size())]);
        emit(std::move(op), std::move(inputs), outputs);
    }

    Random& random_;
    const RandomGraphOptions& options_;
    graph::GraphBuilder builder_;
    std::vector<Known> known_;
    Index batch_ = 1;
    Index count_ = 0;
};

std::string describe_tensor(const graph::Graph& graph, TensorId id) {
    return fmt::format("{}[{}]", graph.tensor(id).name, fmt::join(graph.tensor(id).dims, ","));
}

}  // namespace

graph::Graph random_graph(Random& random, const RandomGraphOptions& options) {
    return Generator(random, options).run();
}

std::string describe(const graph::Graph& graph) {
    std::string text;
    for (const Operator& op : graph.operators()) {
        text += fmt::format("{}:", op.name);
        for (const TensorId id : op.inputs) text += " " + describe_tensor(graph, id);
        text += " ->";
        for (const TensorId id : op.outputs) text += " " + describe_tensor(graph, id);
        const Window& window = op.window;
        text += fmt::format(" kernel {} stride {} dilation {} pads {} {} group {}\n", window.kernel, window.stride,
                            window.dilation, window.pad_begin, window.pad_end, op.group);
    }
    return text;
}

}  // namespace convoy::test

#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/tensor.hpp"

namespace convoy::graph {

/// Index of a tensor in Graph::tensors().
enum class TensorId : std::uint32_t {};
/// Index of an operator in Graph::operators(), which is a topological order.
enum class OperatorId : std::uint32_t {};
[[nodiscard]] constexpr std::size_t index(TensorId id) noexcept { return static_cast<std::size_t>(id); }
[[nodiscard]] constexpr std::size_t index(OperatorId id) noexcept { return static_cast<std::size_t>(id); }

/// What an operator computes. `whole` is every ONNX operator without a kind of its own: it runs uncut, by its ONNX
/// type and attributes, as long as the engine can run it. Stored in files by name (to_string).
enum class Kind : std::uint8_t {
    convolution,  ///< groups, depthwise, strides, dilations, four pads
    max_pool,
    average_pool,
    global_average_pool,
    global_max_pool,
    global_sum_pool,  ///< ReduceSum over h and w
    gemm,  ///< y = W x + b with constant W [outputs, inputs]; reads a vector, or a map whose Flatten is folded
    relu,
    leaky_relu,
    clip,
    sigmoid,
    unary,                   ///< any other function of one element: Operator::function
    add,                     ///< of tensors of one rank, each broadcast along the axes where it has one element
    mul,                     ///< likewise
    binary,                  ///< Operator::arithmetic likewise; some operands may be constants
    concat,                  ///< along c
    batch_norm,              ///< constant per-channel scale and shift, where it could not be folded
    softmax,                 ///< along one axis
    pad,                     ///< constant, along h and w
    flatten,                 ///< where it could not be folded into its readers
    transposed_convolution,  ///< weights as those of a convolution: [f, c/group, kh, kw]
    gather,                  ///< along each axis the listed positions: Slice, Split, nearest Resize, channel shuffle
    resize,                  ///< along h and w weighted sums of a few positions
    depth_to_space,
    space_to_depth,
    lrn,  ///< local response normalization over neighbouring channels
    whole,
};
[[nodiscard]] const char* to_string(Kind kind) noexcept;
[[nodiscard]] std::optional<Kind> kind_from_string(std::string_view name) noexcept;

/// A constant of the model: weights where they lie in the mapped file (at any alignment), or folded ones in memory.
struct Constant {
    ElementType type = ElementType::float32;
    std::vector<Index> dims;
    std::span<const std::byte> data;  ///< kept alive by the graph; may be unaligned: read by memcpy
    [[nodiscard]] Index elements() const noexcept;
};
/// Element `i` of a float32 constant, at any alignment.
[[nodiscard]] float float_at(const Constant& constant, Index i) noexcept;
/// Copies elements [begin, begin + count) of a float32 constant.
void copy_floats(const Constant& constant, Index begin, Index count, float* to) noexcept;

/// Sliding window along h and w.
struct Window {
    std::array<Index, 2> kernel{1, 1};  ///< h, w
    std::array<Index, 2> stride{1, 1};
    std::array<Index, 2> dilation{1, 1};
    std::array<Index, 2> pad_begin{0, 0};  ///< top, left
    std::array<Index, 2> pad_end{
        0, 0};  ///< bottom, right; what the last window sticks out further (ceil_mode) is not in it
    bool count_include_pad = false;  ///< average pool
    bool operator==(const Window&) const = default;
};

/// Along one axis, the input positions that each output position is a weighted sum of.
struct Resampling {
    Index taps = 0;                ///< per output position; 0 where the axis stays as it is
    std::vector<Index> positions;  ///< [outputs * taps]; a tap without weight repeats another one's position
    std::vector<float> weights;    ///< [outputs * taps]
    bool operator==(const Resampling&) const = default;
};

/// y[c] = x[c] / (bias + alpha / size * (sum of x^2 over the `size` channels around c)) ^ beta
struct LocalResponse {
    Index size = 1;
    float alpha = 0.0001F;
    float beta = 0.75F;
    float bias = 1;
    bool operator==(const LocalResponse&) const = default;
};

/// A function of one element.
enum class Activation : std::uint8_t {
    none,
    relu,
    leaky_relu,  ///< alpha x below 0
    clip,        ///< to [low, high]
    sigmoid,
    hard_sigmoid,  ///< alpha x + beta, clipped to [0, 1]
    hard_swish,    ///< x times hard_sigmoid
    silu,          ///< x times sigmoid
    tanh,
    elu,  ///< alpha (e^x - 1) below 0
    softplus,
    softsign,
    abs,
    neg,
    exp,
    log,
    sqrt,
    erf,
    reciprocal,
    floor,
    ceil,
    round,  ///< halves to even
    sign,
};
/// Floating-point operations for one element, transcendental functions at a flat rate.
[[nodiscard]] double operations(Activation activation) noexcept;

/// A function of two elements; folded over the operands from the left.
enum class Arithmetic : std::uint8_t { add, sub, mul, div, pow, min, max, prelu };
[[nodiscard]] double operations(Arithmetic arithmetic) noexcept;

/// What is done to the complete value of an operator, once: y = activation(scale[c] * (value + bias[c]) + shift[c]).
/// Absent vectors are the identity. Belongs to the operator (rule 12 of docs/format-plan.md): whoever holds the
/// complete value applies it.
struct Tail {
    std::optional<Constant> bias;  ///< [channels]
    std::vector<float> scale;      ///< [channels] or empty
    std::vector<float> shift;      ///< [channels] or empty
    Activation activation = Activation::none;
    float alpha = 0;  ///< of leaky_relu, elu, hard_sigmoid and hard_swish
    float beta = 0;   ///< of hard_sigmoid and hard_swish
    float low = 0;    ///< bounds of clip
    float high = 0;
    [[nodiscard]] bool identity() const noexcept;
};

using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>>;

/// One operator with fixed shapes, its fused tail included.
struct Operator {
    std::string name;  ///< ONNX node name; unnamed ones are `<op>_<index in the file>`, a repeated one gets `#2`
    Kind kind = Kind::whole;
    std::string onnx_type;
    std::vector<TensorId> inputs;   ///< activations only; constants are in the fields below
    std::vector<TensorId> outputs;  ///< complete values, behind the tail
    Window window;                  ///< convolution, pools; pads of `pad`
    Index group = 1;
    Axis axis = Axis::c;                      ///< concat, softmax
    Activation function = Activation::none;   ///< unary
    Arithmetic arithmetic = Arithmetic::add;  ///< binary
    float alpha = 0, beta = 0;                ///< leaky_relu, unary: as in Tail
    float low = 0, high = 0;                  ///< clip
    float pad_value = 0;
    /// gather: per dimension of the input (of any rank) the position of each output element; empty for all of them
    std::vector<std::vector<Index>> picks;
    std::array<Resampling, 2> resampling;  ///< resize: h, w
    Index block = 1;                       ///< depth_to_space, space_to_depth
    bool channel_major = false;            ///< depth_to_space: channel (c, block row, block column), as ONNX's CRD
    LocalResponse local_response;          ///< lrn
    std::optional<Constant> weights;       ///< convolution [f, c/group, kh, kw]; gemm [f, features]
    std::vector<float>
        weight_scale;  ///< [f] or empty: batch norm folded into the weights, multiplied when they are read
    Tail tail;
    std::vector<std::string> absorbed;  ///< names of the operators that became the tail, or were folded into it
    std::map<std::string, Attribute> attributes;  ///< whole: as in ONNX, and `opset`; resize: of Resize, and `scales`
    /// Kinds whole and binary: per ONNX input; empty where it is an activation, dims [0] where an optional input is
    /// missing. No entries at all stand for activations only.
    std::vector<std::optional<Constant>> constant_inputs;
};

/// What the elementwise kinds with one input compute before their tail; none for all others.
[[nodiscard]] Activation function_of(const Operator& op) noexcept;

}  // namespace convoy::graph

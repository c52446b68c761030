// What GraphBuilder::finish() checks of each operator: the calculus and the engine rely on it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "graph/rules.hpp"
#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

/// Larger kernels, strides, dilations and pads are refused: arithmetic on them stays far from overflow.
constexpr Index kMostWindow = 1 << 16;

using Dims = std::vector<Index>;

bool has_rank(const TensorInfo& tensor, std::size_t rank) { return tensor.dims.size() == rank; }

std::string shapes(const Site& site) {
    std::string text;
    for (const TensorId id : site.op.inputs) text += fmt::format("[{}] ", fmt::join(site.graph.tensor(id).dims, ","));
    text += "->";
    for (const TensorId id : site.op.outputs) text += fmt::format(" [{}]", fmt::join(site.graph.tensor(id).dims, ","));
    return text;
}

/// [n, c] and [n, c, 1, 1] are the same box, and both may come out of a global pool or a flatten.
void require_column(const Site& site) {
    const bool vector = has_rank(site.output(), 2);
    const Box& full = site.output().full;
    const bool column = has_rank(site.output(), 4) && full[Axis::h].size() == 1 && full[Axis::w].size() == 1;
    require(vector || column, site, "needs a vector as output");
}

/// A float32 constant of these dims with all its bytes.
void require_constant(const Site& site, const std::optional<Constant>& constant, const Dims& dims) {
    require(constant.has_value(), site, "has no weights");
    require(constant->type == ElementType::float32, site, "has weights that are not float32");
    if (constant->dims != dims) {
        refuse(site, fmt::format("has weights [{}] where [{}] are needed", fmt::join(constant->dims, ","),
                                 fmt::join(dims, ",")));
    }
    require(static_cast<Index>(constant->data.size()) == constant->elements() * element_size(constant->type), site,
            "has weights of the wrong size");
}

void require_vector(const Site& site, std::size_t size, Index channels, const char* name) {
    if (size == 0 || static_cast<Index>(size) == channels) return;
    refuse(site, fmt::format("has a {} of {} values for {} channels", name, size, channels));
}

/// Output extent along h (0) or w (1) when the last, incomplete window is dropped; 0 when none fits.
Index window_extent(const Site& site, std::size_t i, bool ceil_mode) {
    const Window& window = site.op.window;
    const Index extent = site.input().full.axes[2 + i].size();
    const Index room =
        extent + window.pad_begin[i] + window.pad_end[i] - (window.kernel[i] - 1) * window.dilation[i] - 1;
    if (room < 0) return 0;
    return (room + (ceil_mode ? window.stride[i] - 1 : 0)) / window.stride[i] + 1;
}

}  // namespace

void require(bool condition, const Site& site, const char* why) {
    if (!condition) refuse(site, why);
}

void require_arity(const Site& site, std::size_t inputs) {
    require(site.op.inputs.size() == inputs, site, "has the wrong number of inputs");
}

void require_maps(const Site& site) {
    require(has_rank(site.input(), 4) && has_rank(site.output(), 4), site, "needs feature maps");
}

void require_same(const Site& site, std::initializer_list<Axis> axes) {
    for (const Axis axis : axes) {
        require(site.input().full[axis] == site.output().full[axis], site, "does not fit its output");
    }
}

void require_window(const Site& site) {
    const Window& window = site.op.window;
    const auto within = [](const std::array<Index, 2>& pair, Index least) {
        return std::all_of(pair.begin(), pair.end(), [&](Index x) { return x >= least && x <= kMostWindow; });
    };
    const bool sane = within(window.kernel, 1) && within(window.stride, 1) && within(window.dilation, 1) &&
                      within(window.pad_begin, 0) && within(window.pad_end, 0);
    require(sane, site, "has a kernel, stride, dilation or pad out of range");
}

void require_grouped_weights(const Site& site) {
    const Index inputs = site.input().full[Axis::c].end;
    const Index outputs = site.output().full[Axis::c].end;
    const Index group = site.op.group;
    require(group >= 1 && inputs % group == 0 && outputs % group == 0, site, "has groups that do not divide");
    const Window& window = site.op.window;
    require_constant(site, site.op.weights, {outputs, inputs / group, window.kernel[0], window.kernel[1]});
}

void refuse(const Site& site, const std::string& why) {
    throw util::Error(util::Errc::data, fmt::format("operator '{}' ({}, {}) {}", site.op.name, to_string(site.op.kind),
                                                    shapes(site), why));
}

void check_common(const Site& site) {
    require(!site.op.inputs.empty(), site, "has no input");
    require(!site.op.outputs.empty(), site, "has no output");
    if (site.op.kind != Kind::whole) require(site.op.outputs.size() == 1, site, "has several outputs");
    const Tail& tail = site.op.tail;
    const Dims& dims = site.output().dims;
    const Index channels = dims.size() > 1 ? dims[1] : 1;
    if (tail.bias) require_constant(site, tail.bias, {channels});
    require_vector(site, tail.scale.size(), channels, "scale");
    require_vector(site, tail.shift.size(), channels, "shift");
    require_vector(site, site.op.weight_scale.size(), channels, "weight scale");
}

void check_convolution(const Site& site) {
    require_arity(site, 1);
    require_maps(site);
    require_window(site);
    require_same(site, {Axis::n});
    require_grouped_weights(site);
    for (std::size_t i = 0; i < 2; ++i) {
        require(site.output().full.axes[2 + i].size() == window_extent(site, i, false), site,
                "does not fit its output");
    }
}

void check_pool(const Site& site) {
    require_arity(site, 1);
    require_maps(site);
    require_window(site);
    require_same(site, {Axis::n, Axis::c});
    for (std::size_t i = 0; i < 2; ++i) {
        const Index extent = site.output().full.axes[2 + i].size();
        require(extent == window_extent(site, i, false) || extent == window_extent(site, i, true), site,
                "does not fit its output");
    }
}

void check_global_pool(const Site& site) {
    require_arity(site, 1);
    require(has_rank(site.input(), 4), site, "needs a feature map");
    require_column(site);
    require_same(site, {Axis::n, Axis::c});
}

void check_gemm(const Site& site) {
    require_arity(site, 1);
    require(has_rank(site.output(), 2), site, "needs a vector as output");
    require_same(site, {Axis::n});
    const Box& full = site.input().full;
    const Index features = full[Axis::c].size() * full[Axis::h].size() * full[Axis::w].size();
    require_constant(site, site.op.weights, {site.output().full[Axis::c].size(), features});
}

void check_elementwise(const Site& site) {
    require_arity(site, 1);
    require(site.input().dims == site.output().dims, site, "does not fit its output");
}

void check_softmax(const Site& site) {
    check_elementwise(site);
    require(has_rank(site.output(), 4) || site.op.axis <= Axis::c, site, "is along an axis that its tensor lacks");
}

/// A float32 constant with all its bytes that is broadcast to the output.
void check_operand(const Site& site, const Constant& constant) {
    require_constant(site, constant, constant.dims);
    const Dims& output = site.output().dims;
    const bool fits = constant.dims.size() <= output.size() &&
                      std::equal(constant.dims.rbegin(), constant.dims.rend(), output.rbegin(),
                                 [](Index in, Index out) { return in == out || in == 1; });
    require(fits, site, "has a constant that does not fit its output");
}

void check_broadcast(const Site& site) {
    const auto& constants = site.op.constant_inputs;
    require(constants.empty() || site.op.kind == Kind::binary, site, "has constant operands");
    Index activations = 0;
    for (const auto& constant : constants) {
        if (constant) check_operand(site, *constant);
        activations += constant ? 0 : 1;
    }
    const auto inputs = static_cast<Index>(site.op.inputs.size());
    require(constants.empty() ? inputs >= 2 : activations == inputs, site, "has the wrong number of inputs");
    const Dims& output = site.output().dims;
    for (std::size_t i = 0; i < site.op.inputs.size(); ++i) {
        const Dims& input = site.input(i).dims;
        const bool fits =
            input.size() == output.size() && std::equal(input.begin(), input.end(), output.begin(),
                                                        [](Index in, Index out) { return in == out || in == 1; });
        require(fits, site, "does not fit its output");
    }
}

void check_concat(const Site& site) {
    require(site.op.axis == Axis::c, site, "is along another axis than c");
    Index channels = 0;
    for (std::size_t i = 0; i < site.op.inputs.size(); ++i) {
        Dims dims = site.input(i).dims;
        require(dims.size() == site.output().dims.size(), site, "does not fit its output");
        channels += dims[1];
        dims[1] = site.output().dims[1];
        require(dims == site.output().dims, site, "does not fit its output");
    }
    require(channels == site.output().dims[1], site, "does not fit its output");
}

void check_pad(const Site& site) {
    require_arity(site, 1);
    require_maps(site);
    require_window(site);
    require_same(site, {Axis::n, Axis::c});
    for (std::size_t i = 0; i < 2; ++i) {
        const Index padded =
            site.input().full.axes[2 + i].size() + site.op.window.pad_begin[i] + site.op.window.pad_end[i];
        require(padded == site.output().full.axes[2 + i].size(), site, "does not fit its output");
    }
}

void check_flatten(const Site& site) {
    require_arity(site, 1);
    require_column(site);
    require_same(site, {Axis::n});
    const Box& full = site.input().full;
    const Index features = full[Axis::c].size() * full[Axis::h].size() * full[Axis::w].size();
    require(features == site.output().full[Axis::c].size(), site, "does not fit its output");
}

/// Also of elementwise kinds on tensors that are only ever whole, where nothing can be broadcast.
void check_whole(const Site& site) {
    switch (site.op.kind) {
        case Kind::whole:
            return;
        case Kind::gather:  // of any rank
            return check_gather(site);
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::unary:
        case Kind::add:
        case Kind::mul:
            for (std::size_t i = 0; i < site.op.inputs.size(); ++i) {
                require(site.input(i).dims == site.output().dims, site, "does not fit its output");
            }
            return;
        default:
            refuse(site, "needs feature maps or vectors");
    }
}

}  // namespace convoy::graph::detail

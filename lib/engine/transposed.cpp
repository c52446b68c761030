// Transposed convolution as ordinary convolutions: outputs with the same (position + pad) % stride form a phase, which
// is a convolution of the input, stride 1, with every stride-th tap of the kernel, the last one first.
#include <algorithm>
#include <array>
#include <numeric>

#include "engine/groups.hpp"
#include "engine/net.hpp"
#include "engine/operators.hpp"
#include "engine/sampling.hpp"

namespace convoy::engine {

using graph::Index;
using graph::Interval;
using graph::Operator;
using graph::Slab;

namespace {

/// One phase along one axis: output q of it is output q * stride + phase - pad of the operator.
struct AxisPhase {
    Interval outputs;         ///< q that the piece computes
    std::vector<Index> taps;  ///< of the kernel, descending: in the order of the input
    Interval reach;  ///< inputs from the first tap of the first to the last tap of the last output, not clipped
    Interval read;   ///< those of them that exist
    Index dilation = 1;
    [[nodiscard]] bool empty() const { return outputs.empty() || taps.empty() || read.empty(); }
};

AxisPhase phase_of(const graph::Window& window, std::size_t axis, Index phase, const Interval& out,
                   const Interval& needed) {
    const Index stride = window.stride[axis];
    const Index dilation = window.dilation[axis];
    const auto first_at = [&](Index position) {  // smallest q at or behind this output
        return (std::max<Index>(0, position + window.pad_begin[axis] - phase) + stride - 1) / stride;
    };
    AxisPhase result;
    result.outputs = {first_at(out.begin), first_at(out.end)};
    for (Index tap = window.kernel[axis]; tap-- > 0;) {
        if (tap * dilation % stride == phase) result.taps.push_back(tap);
    }
    if (result.taps.empty() || result.outputs.empty()) return result;
    const auto input_of = [&](Index q, Index tap) { return q - (tap * dilation - phase) / stride; };
    result.reach = {input_of(result.outputs.begin, result.taps.front()),
                    input_of(result.outputs.end - 1, result.taps.back()) + 1};
    result.read = intersection(result.reach, needed);
    result.dilation = dilation / std::gcd(dilation, stride);
    return result;
}

class TransposedBuilder {
  public:
    TransposedBuilder(NetBuilder& builder, const graph::Work& work, const Value& input)
        : builder_(builder), op_(builder.graph().op(work.op)), work_(work), out_(work.outputs[0]), input_(input) {}

    Value build() {
        const Slab part = needed(builder_.graph(), work_.op, 0, work_.outputs);
        const auto [down, along] = op_.window.stride;
        std::vector<Interleave::Phase> phases(static_cast<std::size_t>(down * along));
        std::vector<Value> values;
        for (Index row = 0; row < down; ++row) {
            const AxisPhase rows = phase_of(op_.window, 0, row, out_.h, part.h);
            for (Index column = 0; column < along; ++column) {
                const AxisPhase columns = phase_of(op_.window, 1, column, out_.w, part.w);
                if (rows.empty() || columns.empty()) continue;
                phases[static_cast<std::size_t>(row * along + column)] = {static_cast<int>(values.size()),
                                                                          rows.outputs.begin, columns.outputs.begin};
                values.push_back(convolve(rows, columns));
            }
        }
        Pointwise tail(op_.tail, out_.c, true);
        return builder_.add_kernel(std::make_unique<Interleave>(out_, op_.window, std::move(phases), std::move(tail)),
                                   out_, values);
    }

  private:
    Value convolve(const AxisPhase& rows, const AxisPhase& columns) {
        const std::vector<GroupPart> parts = group_parts(builder_.graph(), work_);
        if (alike(parts)) return layer(parts, rows, columns);
        std::vector<Value> values;
        for (const GroupPart& part : parts) values.push_back(layer({part}, rows, columns));
        const Slab all{out_.n, out_.c, rows.outputs, columns.outputs};
        return concatenated(builder_, values, all, graph::Tail{});
    }

    Value layer(const std::vector<GroupPart>& parts, const AxisPhase& rows, const AxisPhase& columns) {
        const Slab out{out_.n, outputs_of(parts), rows.outputs, columns.outputs};
        cv::dnn::LayerParams params;
        const auto set = [&](const char* name, Index h, Index w) {
            const std::array<int, 2> values{static_cast<int>(h), static_cast<int>(w)};
            params.set(name, cv::dnn::DictValue::arrayInt(values.data(), 2));
        };
        set("kernel_size", static_cast<Index>(rows.taps.size()), static_cast<Index>(columns.taps.size()));
        set("stride", 1, 1);
        set("dilation", rows.dilation, columns.dilation);
        set("pad", 0, 0);
        params.set("group", static_cast<int>(parts.size()));
        params.set("num_output", static_cast<int>(out.channels()));
        params.set("bias_term", false);
        params.blobs = {weights(out.c, rows, columns)};
        const Value window = windowed(inputs_of(parts), rows, columns);
        return builder_.add_stock("Convolution", params, out, {window}, dims_of(out));
    }

    /// The taps of one phase, in memory of their own.
    cv::Mat weights(const std::vector<Interval>& channels, const AxisPhase& rows, const AxisPhase& columns) {
        const auto slice = builder_.weights().store().slice({work_.op, channels, std::nullopt});
        const cv::Mat& all = slice->values;
        const std::array dims{all.size[0], all.size[1], static_cast<int>(rows.taps.size()),
                              static_cast<int>(columns.taps.size())};
        cv::Mat taken(4, dims.data(), CV_32F);
        const auto* from = all.ptr<float>();
        auto* to = taken.ptr<float>();
        for (int pair = 0; pair < dims[0] * dims[1]; ++pair) {
            for (const Index row : rows.taps) {
                for (const Index column : columns.taps) *to++ = from[row * all.size[3] + column];
            }
            from += static_cast<std::ptrdiff_t>(all.size[2]) * all.size[3];
        }
        return taken;
    }

    Value windowed(std::vector<Interval> channels, const AxisPhase& rows, const AxisPhase& columns) {
        const Slab part{out_.n, std::move(channels), rows.read, columns.read};
        const Window::Pads pads{rows.read.begin - rows.reach.begin, rows.reach.end - rows.read.end,
                                columns.read.begin - columns.reach.begin, columns.reach.end - columns.read.end};
        const bool padded = pads.top + pads.bottom + pads.left + pads.right > 0;
        if (!padded && part == input_.slab) return input_;
        return builder_.add_kernel(std::make_unique<Window>(part, Crop(part, input_.slab), pads, 0.0F), part, {input_});
    }

    NetBuilder& builder_;
    const Operator& op_;
    const graph::Work& work_;
    const Slab& out_;
    const Value& input_;
};

}  // namespace

Value add_transposed_convolution(NetBuilder& builder, const graph::Work& work, const Value& input) {
    return TransposedBuilder(builder, work, input).build();
}

}  // namespace convoy::engine

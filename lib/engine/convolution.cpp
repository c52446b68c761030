#include <algorithm>

#include "engine/groups.hpp"
#include "engine/net.hpp"
#include "engine/operators.hpp"

namespace convoy::engine {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::Operator;
using graph::Slab;

namespace {

/// How one axis of what a piece holds becomes the input of OpenCV's convolution, which pads both ends alike.
struct AxisFit {
    bool copied = false;  ///< cropped to `taken` and padded by hand, since the pads differ or too much is held
    Interval taken;
    Index before = 0, after = 0;  ///< pads by hand
    int pad = 0;                  ///< pads of the layer
};

AxisFit fit_axis(const graph::Window& window, std::size_t axis, const Interval& out, const Interval& held,
                 const Interval& needed) {
    const Index reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    const Index begin = out.begin * window.stride[axis] - window.pad_begin[axis];
    const Index end = (out.end - 1) * window.stride[axis] - window.pad_begin[axis] + reach;
    const Index pad = held.begin - begin;
    const Index count = (held.size() + 2 * pad - reach) / window.stride[axis] + 1;
    if (!held.empty() && !needed.empty() && pad >= 0 && pad < window.kernel[axis] && (pad == 0 || held.begin == 0) &&
        end <= held.end + pad && count == out.size()) {
        return {false, held, 0, 0, static_cast<int>(pad)};
    }
    if (needed.empty()) return {true, {begin, end}, 0, 0, 0};
    return {true, needed, needed.begin - begin, end - needed.end, 0};
}

class ConvolutionBuilder {
  public:
    ConvolutionBuilder(NetBuilder& builder, const graph::Work& work, const Value& input)
        : builder_(builder),
          graph_(builder.graph()),
          op_(graph_.op(work.op)),
          work_(work),
          out_(work.outputs[0]),
          input_(input),
          needed_(needed(graph_, work.op, 0, work.outputs, work.in)),
          rows_(fit_axis(op_.window, 0, out_.h, input.slab.h, needed_.h)),
          columns_(fit_axis(op_.window, 1, out_.w, input.slab.w, needed_.w)) {}

    Value build() {
        const std::vector<GroupPart> parts = group_parts(graph_, work_);
        if (alike(parts)) return layer(parts);
        std::vector<Value> values;
        values.reserve(parts.size());
        for (const GroupPart& part : parts) values.push_back(layer({part}));
        return concatenated(builder_, values, out_, graph::Tail{});
    }

  private:
    /// One convolution of as many groups as there are parts.
    Value layer(const std::vector<GroupPart>& parts) {
        Slab out = out_;
        out.c = outputs_of(parts);
        Value window = windowed(inputs_of(parts));
        const Index extra = parts.size() == 1 ? extra_channels(parts[0], window) : 0;
        if (extra > 0) window = with_zeros(window, extra);
        const auto slice = builder_.weights().store().slice({work_.op, out.c, work_.in, extra});
        builder_.keep(slice);
        cv::dnn::LayerParams params = window_params();
        params.set("group", static_cast<int>(parts.size()));
        params.set("num_output", static_cast<int>(out.channels()));
        params.blobs = {slice->values};
        const cv::Mat bias = work_.in ? cv::Mat() : bias_of(op_, out.c);
        params.set("bias_term", !bias.empty());
        if (!bias.empty()) params.blobs.push_back(bias);
        Value value = builder_.add_stock("Convolution", params, out, {window}, dims_of(out));
        return work_.in ? value : builder_.add_tail(op_.tail, value);
    }

    /// How many input channels of zeros make the rows of the weights a multiple of kRowAlignment, so that OpenCV makes
    /// no copy of them, where that is a matter of how the input was cut; 0 where the map is larger than the weights.
    [[nodiscard]] Index extra_channels(const GroupPart& part, const Value& window) const {
        if (!work_.in) return 0;
        const Index area = op_.window.kernel[0] * op_.window.kernel[1];
        const Index channels = part.inputs.size();
        Index columns = channels;
        while (columns * area % kRowAlignment != 0) ++columns;
        const Index map = Index{window.dims[0]} * window.dims[2] * window.dims[3] * columns;
        Slab rows = out_;
        rows.c = part.rows;
        return map < rows.channels() * channels * area ? columns - channels : 0;
    }

    Value with_zeros(const Value& value, Index channels) {
        const Index held = value.dims[1];
        const Index plane = Index{value.dims[2]} * value.dims[3];
        const Slab map{out_.n, {{0, 1}}, {0, held}, {0, plane}};  // channels as rows: Window pads those
        const Slab padded{out_.n, {{0, 1}}, {0, held + channels}, {0, plane}};
        std::vector<int> dims = value.dims;
        dims[1] += static_cast<int>(channels);
        return builder_.reshaped(
            builder_.add_kernel(std::make_unique<Window>(map, Crop(map, map), Window::Pads{.bottom = channels}, 0.0F),
                                padded, {value}),
            dims);
    }

    cv::dnn::LayerParams window_params() const {
        cv::dnn::LayerParams params;
        const auto set = [&](const char* name, Index h, Index w) {
            const std::array<int, 2> values{static_cast<int>(h), static_cast<int>(w)};
            params.set(name, cv::dnn::DictValue::arrayInt(values.data(), 2));
        };
        set("kernel_size", op_.window.kernel[0], op_.window.kernel[1]);
        set("stride", op_.window.stride[0], op_.window.stride[1]);
        set("dilation", op_.window.dilation[0], op_.window.dilation[1]);
        set("pad", rows_.pad, columns_.pad);
        return params;
    }

    /// The input as the layer wants it: cropped to these channels, padded by hand where its own pads do not fit.
    Value windowed(std::vector<Interval> channels) {
        Slab part{out_.n, std::move(channels), rows_.taken, columns_.taken};
        if (part == input_.slab && !rows_.copied && !columns_.copied) return input_;
        const Window::Pads pads{rows_.before, rows_.after, columns_.before, columns_.after};
        std::optional<Crop> crop;
        std::vector<Value> inputs;
        if (!needed_.empty()) {
            crop.emplace(part, input_.slab);
            inputs.push_back(input_);
        }
        return builder_.add_kernel(std::make_unique<Window>(part, std::move(crop), pads, 0.0F), part, inputs);
    }

    NetBuilder& builder_;
    const graph::Graph& graph_;
    const Operator& op_;
    const graph::Work& work_;
    const Slab& out_;
    const Value& input_;
    Slab needed_;
    AxisFit rows_;
    AxisFit columns_;
};

}  // namespace

Value add_convolution(NetBuilder& builder, const graph::Work& work, const Value& input) {
    return ConvolutionBuilder(builder, work, input).build();
}

}  // namespace convoy::engine

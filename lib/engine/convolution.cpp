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
        const auto slice = builder_.weights().store().slice({work_.op, out.c, work_.in});
        builder_.keep(slice);
        cv::dnn::LayerParams params = window_params();
        params.set("group", static_cast<int>(parts.size()));
        params.set("num_output", static_cast<int>(out.channels()));
        params.blobs = {slice->values};
        const cv::Mat bias = work_.in ? cv::Mat() : bias_of(op_, out.c);
        params.set("bias_term", !bias.empty());
        if (!bias.empty()) params.blobs.push_back(bias);
        const Value window = windowed(inputs_of(parts));
        Value value = builder_.add_stock("Convolution", params, out, {window}, dims_of(out));
        return work_.in ? value : builder_.add_tail(op_.tail, value);
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

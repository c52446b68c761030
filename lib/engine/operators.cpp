#include "engine/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "util/error.hpp"

namespace convoy::engine {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::Kind;
using graph::Operator;
using graph::Slab;
using graph::Tail;

namespace {

/// The layers of one operator. Every slab in here is as shape_of() gives it.
class OperatorBuilder {
  public:
    OperatorBuilder(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs)
        : builder_(builder),
          graph_(builder.graph()),
          work_(work),
          op_(graph_.op(work.op)),
          inputs_(inputs),
          out_(shape_of(graph_.tensor(op_.outputs[0]), work.outputs[0])) {}

    Value gemm() {
        const Slab part = needed_of(0);
        const auto slice = builder_.weights().store().slice({work_.op, out_.c, work_.in});
        builder_.keep(slice);
        const cv::Mat bias = work_.in ? cv::Mat() : bias_of(op_, out_.c);
        cv::dnn::LayerParams params;
        params.set("num_output", static_cast<int>(out_.channels()));
        params.set("bias_term", !bias.empty());
        params.set("axis", 1);
        params.blobs = {slice->values};
        if (!bias.empty()) params.blobs.push_back(bias);
        const std::vector<int> dims{static_cast<int>(out_.n.size()), static_cast<int>(out_.channels())};
        const Value features = with_zeros(builder_.cropped(inputs_[0], part), part, slice->values.size[1]);
        const Value value = builder_.add_stock("InnerProduct", params, out_, {features}, dims);
        return work_.in ? value : builder_.add_tail(op_.tail, value);
    }

    /// The features of each item, with zeros up to as many as a row of the weights has.
    Value with_zeros(const Value& value, const Slab& part, Index columns) {
        const Index features = part.channels() * part.h.size() * part.w.size();
        if (features == columns) return value;
        const Slab row{part.n, {{0, 1}}, {0, 1}, {0, features}};
        const Slab padded{part.n, {{0, 1}}, {0, 1}, {0, columns}};
        return builder_.add_kernel(
            std::make_unique<Window>(row, Crop(row, row), Window::Pads{.right = columns - features}, 0.0F), padded,
            {value});
    }

    Value pool() {
        const graph::Box& full = graph_.tensor(op_.inputs[0]).full;
        const Slab part = needed_of(0);
        Pool::Geometry geometry{op_.kind == Kind::max_pool, op_.window,          out_, part,
                                full[Axis::h].size(),       full[Axis::w].size()};
        std::optional<Crop> crop;
        std::vector<Value> inputs;
        if (!part.empty()) {
            crop.emplace(part, inputs_[0].slab);
            inputs.push_back(inputs_[0]);
        }
        return add(std::make_unique<Pool>(std::move(geometry), std::move(crop), tail()), inputs);
    }

    Value global_pool() {
        const graph::Box& full = graph_.tensor(op_.inputs[0]).full;
        const Slab part = needed_of(0);
        const Index area = full[Axis::h].size() * full[Axis::w].size();
        return add(
            std::make_unique<GlobalPool>(op_.kind == Kind::global_max_pool, out_, part, Crop(part, inputs_[0].slab),
                                         op_.kind == Kind::global_sum_pool ? 1 : area, tail()),
            {inputs_[0]});
    }

    /// The elementwise kinds with one input: their own function, then the tail.
    Value map() {
        Tail own;
        own.activation = graph::function_of(op_);
        own.alpha = op_.alpha;
        own.beta = op_.beta;
        own.low = op_.low;
        own.high = op_.high;
        std::vector<Pointwise> functions{Pointwise(own, out_.c, true), tail()};
        std::erase_if(functions, [](const Pointwise& function) { return function.identity(); });
        const Slab part = needed_of(0);
        return add(std::make_unique<Map>(out_, Crop(part, inputs_[0].slab), std::move(functions)), {inputs_[0]});
    }

    Value binary() {
        std::vector<Binary::Operand> operands;
        const std::size_t count = std::max(op_.inputs.size(), op_.constant_inputs.size());
        std::size_t next = 0;
        for (std::size_t place = 0; place < count; ++place) {
            if (place < op_.constant_inputs.size() && op_.constant_inputs[place]) {
                operands.push_back(constant_operand(*op_.constant_inputs[place]));
                continue;
            }
            const Slab part = needed_of(next);
            operands.push_back({Crop(part, inputs_[next].slab), part, next, {}});
            ++next;
        }
        return add(std::make_unique<Binary>(arithmetic(), out_, std::move(operands), tail()), inputs_);
    }

    Value concat() {
        std::vector<Value> values;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            const Slab part = needed_of(i);
            if (!part.empty()) values.push_back(builder_.cropped(inputs_[i], part));
        }
        return concatenated(builder_, values, out_, op_.tail);
    }

    Value softmax() {
        const Value input = builder_.cropped(inputs_[0], needed_of(0));
        cv::dnn::LayerParams params;
        params.set("axis", static_cast<int>(op_.axis));
        return finished(builder_.add_stock("Softmax", params, input.slab, {input}, input.dims));
    }

    Value pad() {
        const Slab part = needed_of(0);
        const Interval rows{out_.h.begin - op_.window.pad_begin[0], out_.h.end - op_.window.pad_begin[0]};
        const Interval columns{out_.w.begin - op_.window.pad_begin[1], out_.w.end - op_.window.pad_begin[1]};
        if (part.empty()) {
            return finished(add(std::make_unique<Window>(out_, std::nullopt, Window::Pads{}, op_.pad_value), {}));
        }
        const Window::Pads pads{part.h.begin - rows.begin, rows.end - part.h.end, part.w.begin - columns.begin,
                                columns.end - part.w.end};
        return finished(
            add(std::make_unique<Window>(part, Crop(part, inputs_[0].slab), pads, op_.pad_value), {inputs_[0]}));
    }

    Value flatten() {
        const graph::TensorInfo& tensor = graph_.tensor(op_.outputs[0]);
        Slab full = graph::make_slab(tensor.full);
        full.n = out_.n;
        Value value = builder_.cropped(inputs_[0], needed_of(0));
        if (value.slab.h.size() == 1 && value.slab.w.size() == 1) {
            value.slab = {out_.n, value.slab.c, {0, 1}, {0, 1}};
        } else {
            value = builder_.reshaped(value, dims_of(full));
            value.slab = full;
        }
        return finished(builder_.cropped(value, out_));
    }

  private:
    [[nodiscard]] graph::Arithmetic arithmetic() const {
        if (op_.kind == Kind::binary) return op_.arithmetic;
        return op_.kind == Kind::mul ? graph::Arithmetic::mul : graph::Arithmetic::add;
    }

    /// The part of a constant that meets the output.
    Binary::Operand constant_operand(const graph::Constant& constant) const {
        const graph::Box full = graph::operand_box(constant, graph_.tensor(op_.outputs[0]));
        const Slab part = graph::broadcast_part(full, out_);
        std::vector<float> values;
        for (Index n = part.n.begin; n < part.n.end; ++n) {
            for (const Interval& channels : part.c) {
                for (Index c = channels.begin; c < channels.end; ++c) {
                    for (Index h = part.h.begin; h < part.h.end; ++h) {
                        const Index row = (n * full[Axis::c].end + c) * full[Axis::h].end + h;
                        const auto at = values.size();
                        values.resize(at + static_cast<std::size_t>(part.w.size()));
                        graph::copy_floats(constant, row * full[Axis::w].end + part.w.begin, part.w.size(),
                                           values.data() + at);
                    }
                }
            }
        }
        return {Crop(part, part), part, 0, std::move(values)};
    }

    Slab needed_of(std::size_t input) const {
        const Slab slab = needed(graph_, work_.op, input, work_.outputs, work_.in);
        return shape_of(graph_.tensor(op_.inputs[input]), slab);
    }

    Pointwise tail() const { return {work_.in ? Tail{} : op_.tail, out_.c, true}; }

    Value add(std::unique_ptr<Kernel> kernel, const std::vector<Value>& inputs) {
        return builder_.add_kernel(std::move(kernel), out_, inputs);
    }

    /// The tail as a layer of its own, bias included.
    Value finished(const Value& value) {
        if (op_.tail.identity()) return value;
        std::vector<Pointwise> functions{tail()};
        return add(std::make_unique<Map>(out_, Crop(out_, value.slab), std::move(functions)), {value});
    }

    NetBuilder& builder_;
    const graph::Graph& graph_;
    const graph::Work& work_;
    const Operator& op_;
    const std::vector<Value>& inputs_;
    Slab out_;
};

}  // namespace

Value concatenated(NetBuilder& builder, const std::vector<Value>& values, const Slab& output, const Tail& tail) {
    std::vector<std::optional<Crop>> crops;
    std::vector<Concat::Origin> origins;
    for (std::size_t i = 0; i < values.size(); ++i) {
        crops.emplace_back(Crop(values[i].slab, values[i].slab));
        for (Index c = 0; c < values[i].slab.channels(); ++c) origins.push_back({i, c});
    }
    if (static_cast<Index>(origins.size()) != output.channels()) {
        throw util::Error(util::Errc::internal, "a concatenation does not give the channels of its output");
    }
    Pointwise function(tail, output.c, true);
    return builder.add_kernel(
        std::make_unique<Concat>(output, std::move(crops), std::move(origins), std::move(function)), output, values);
}

std::vector<Value> add_operator(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs) {
    OperatorBuilder layers(builder, work, inputs);
    switch (builder.graph().op(work.op).kind) {
        case Kind::convolution:
            return {add_convolution(builder, work, inputs[0])};
        case Kind::max_pool:
        case Kind::average_pool:
            return {layers.pool()};
        case Kind::global_average_pool:
        case Kind::global_max_pool:
        case Kind::global_sum_pool:
            return {layers.global_pool()};
        case Kind::gemm:
            return {layers.gemm()};
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::unary:
        case Kind::batch_norm:
            return {layers.map()};
        case Kind::add:
        case Kind::mul:
        case Kind::binary:
            return {layers.binary()};
        case Kind::concat:
            return {layers.concat()};
        case Kind::softmax:
            return {layers.softmax()};
        case Kind::pad:
            return {layers.pad()};
        case Kind::flatten:
            return {layers.flatten()};
        case Kind::transposed_convolution:
            return {add_transposed_convolution(builder, work, inputs[0])};
        case Kind::gather:
            return {add_gather(builder, work, inputs[0])};
        case Kind::resize:
            return {add_resize(builder, work, inputs[0])};
        case Kind::depth_to_space:
            return {add_depth_to_space(builder, work, inputs[0])};
        case Kind::space_to_depth:
            return {add_space_to_depth(builder, work, inputs[0])};
        case Kind::lrn:
            return {add_lrn(builder, work, inputs[0])};
        case Kind::whole:
            return add_whole(builder, work, inputs);
    }
    throw util::Error(util::Errc::internal, "unknown kind of operator");
}

}  // namespace convoy::engine

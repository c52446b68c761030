// Layers of the operators whose output elements come from a few listed input positions.
#include <algorithm>
#include <set>

#include "engine/operators.hpp"
#include "engine/sampling.hpp"

namespace convoy::engine {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::Operator;
using graph::Slab;

namespace {

using Places = std::vector<Index>;

/// The channels of a slab by number, and where each lies in its buffer.
class ChannelOrder {
  public:
    explicit ChannelOrder(const Slab& slab) : intervals_(slab.c) {
        Index before = 0;
        for (const Interval& interval : intervals_) {
            first_.push_back(before);
            before += interval.size();
        }
    }

    /// `channel` must be one of them.
    [[nodiscard]] Index place(Index channel) const {
        const auto behind = std::ranges::upper_bound(intervals_, channel, {}, &Interval::begin);
        const auto i = static_cast<std::size_t>(behind - intervals_.begin()) - 1;
        return first_[i] + channel - intervals_[i].begin;
    }

  private:
    std::vector<Interval> intervals_;
    std::vector<Index> first_;
};

std::vector<Index> positions_of(const Interval& interval) {
    std::vector<Index> positions;
    for (Index at = interval.begin; at < interval.end; ++at) positions.push_back(at);
    return positions;
}

std::vector<Index> positions_of(const std::vector<Interval>& intervals) {
    std::vector<Index> positions;
    for (const Interval& interval : intervals) {
        for (Index at = interval.begin; at < interval.end; ++at) positions.push_back(at);
    }
    return positions;
}

/// Input positions of the output positions that a piece computes.
std::vector<Index> picked(const Operator& op, std::size_t axis, std::vector<Index> outputs) {
    if (axis >= op.picks.size() || op.picks[axis].empty()) return outputs;
    for (Index& o : outputs) o = op.picks[axis][static_cast<std::size_t>(o)];
    return outputs;
}

/// (position - begin) * step
Places places(std::vector<Index> positions, Index begin, Index step) {
    for (Index& position : positions) position = (position - begin) * step;
    return positions;
}

class SamplingBuilder {
  public:
    SamplingBuilder(NetBuilder& builder, const graph::Work& work, const Value& input)
        : builder_(builder),
          op_(builder.graph().op(work.op)),
          out_(work.outputs[0]),
          input_(input),
          part_(needed(builder.graph(), work.op, 0, work.outputs)) {}

    Value gather() {
        if (tensor_in().whole_only || tensor_out().whole_only) return gather_whole();
        const Slab& held = input_.slab;
        const Index plane = held.h.size() * held.w.size();
        const ChannelOrder order(held);
        Places channels = picked(op_, 1, positions_of(out_.c));
        for (Index& c : channels) c = order.place(c) * plane;
        return pick({places(picked(op_, 0, positions_of(out_.n)), held.n.begin, held.channels() * plane),
                     std::move(channels), places(picked(op_, 2, positions_of(out_.h)), held.h.begin, held.w.size()),
                     places(picked(op_, 3, positions_of(out_.w)), held.w.begin, 1)});
    }

    Value resize() {
        std::array<Resample::Taps, 2> taps{taps_of(0, out_.h, part_.h), taps_of(1, out_.w, part_.w)};
        return add(std::make_unique<Resample>(out_, part_, Crop(part_, input_.slab), std::move(taps), tail()));
    }

    /// The part that is read is a product of rows and columns inside a block, and channels: their ranks give places.
    Value depth_to_space() {
        input_ = builder_.cropped(input_, part_);
        const Index block = op_.block;
        const Index plane = part_.h.size() * part_.w.size();
        const Places rows = ranks(out_.h, block);
        const Places columns = ranks(out_.w, block);
        const Index row_count = 1 + *std::ranges::max_element(rows);
        const Index column_count = 1 + *std::ranges::max_element(columns);
        const Index channel_step = op_.channel_major ? row_count * column_count * plane : plane;
        const Index column_step = op_.channel_major ? plane : out_.channels() * plane;
        std::vector<Places> all(4);
        all[0] = places(positions_of(out_.n), out_.n.begin, part_.channels() * plane);
        for (Index c = 0; c < out_.channels(); ++c) all[1].push_back(c * channel_step);
        for (Index h = out_.h.begin; h < out_.h.end; ++h) {
            const Index rank = rows[static_cast<std::size_t>(h - out_.h.begin)];
            all[2].push_back((h / block - part_.h.begin) * part_.w.size() + rank * column_count * column_step);
        }
        for (Index w = out_.w.begin; w < out_.w.end; ++w) {
            const Index rank = columns[static_cast<std::size_t>(w - out_.w.begin)];
            all[3].push_back(w / block - part_.w.begin + rank * column_step);
        }
        return pick(std::move(all));
    }

    Value space_to_depth() {
        const Slab& held = input_.slab;
        const Index block = op_.block;
        const Index width = held.w.size();
        const Index plane = held.h.size() * width;
        const Index channels = tensor_in().full[Axis::c].end;
        const ChannelOrder order(held);
        std::vector<Places> all(4);
        all[0] = places(positions_of(out_.n), held.n.begin, held.channels() * plane);
        for (const Index o : positions_of(out_.c)) {
            const Index place = o / channels;
            all[1].push_back(order.place(o % channels) * plane + place / block * width + place % block);
        }
        for (Index h = out_.h.begin; h < out_.h.end; ++h) all[2].push_back((h * block - held.h.begin) * width);
        for (Index w = out_.w.begin; w < out_.w.end; ++w) all[3].push_back(w * block - held.w.begin);
        return pick(std::move(all));
    }

    Value lrn() {
        const Index size = op_.local_response.size;
        const Interval full = tensor_in().full[Axis::c];
        const ChannelOrder order(part_);
        std::vector<LocalResponse::Nearby> nearby;
        for (const Index c : positions_of(out_.c)) {
            const Interval near = intersection(Interval{c - (size - 1) / 2, c + size / 2 + 1}, full);
            nearby.push_back({order.place(near.begin), order.place(near.end - 1) + 1, order.place(c)});
        }
        return add(std::make_unique<LocalResponse>(out_, Crop(part_, input_.slab), std::move(nearby),
                                                   op_.local_response, tail()));
    }

  private:
    const graph::TensorInfo& tensor_in() const { return builder_.graph().tensor(op_.inputs[0]); }
    const graph::TensorInfo& tensor_out() const { return builder_.graph().tensor(op_.outputs[0]); }
    Pointwise tail() const { return {op_.tail, out_.c, true}; }

    Value add(std::unique_ptr<Kernel> kernel) { return builder_.add_kernel(std::move(kernel), out_, {input_}); }
    Value pick(std::vector<Places> all) { return add(std::make_unique<Pick>(std::move(all), tail())); }

    /// Of a tensor of any rank, in ONNX's order of elements.
    Value gather_whole() {
        const Slab full = shape_of(tensor_in(), graph::make_slab(tensor_in().full));
        const Value whole = builder_.cropped(input_, full);
        const std::vector<Index>& dims = tensor_in().dims;
        std::vector<Places> all(dims.size());
        Index step = 1;
        for (std::size_t axis = dims.size(); axis-- > 0; step *= dims[axis]) {
            const std::vector<Index>& picks = op_.picks[axis];
            all[axis] = places(picks.empty() ? positions_of(Interval{0, dims[axis]}) : picks, 0, step);
        }
        while (all.size() < 2) all.insert(all.begin(), Places{0});
        const Slab out = shape_of(tensor_out(), graph::make_slab(tensor_out().full));
        const Value value =
            builder_.add_kernel(std::make_unique<Pick>(std::move(all), Pointwise({}, {}, false)), out, {whole});
        const Value row = builder_.reshaped(value, dims_of(out));
        if (op_.tail.identity()) return row;
        std::vector<Pointwise> functions{Pointwise(op_.tail, out.c, true)};
        return builder_.add_kernel(std::make_unique<Map>(out, Crop(out, out), std::move(functions)), out, {row});
    }

    Resample::Taps taps_of(std::size_t axis, const Interval& out, const Interval& part) const {
        const graph::Resampling& all = op_.resampling[axis];
        Resample::Taps taps;
        taps.count = std::max<Index>(1, all.taps);
        for (Index o = out.begin; o < out.end; ++o) {
            for (Index t = 0; t < taps.count; ++t) {
                const auto at = static_cast<std::size_t>(o * taps.count + t);
                taps.positions.push_back((all.taps == 0 ? o : all.positions[at]) - part.begin);
                taps.weights.push_back(all.taps == 0 ? 1.0F : all.weights[at]);
            }
        }
        return taps;
    }

    /// For each row its place inside the block, counted among those that the rows take part in.
    static Places ranks(const Interval& rows, Index block) {
        std::set<Index> offsets;
        for (const Index row : positions_of(rows)) offsets.insert(row % block);
        Places all;
        for (const Index row : positions_of(rows)) {
            all.push_back(std::distance(offsets.begin(), offsets.find(row % block)));
        }
        return all;
    }

    NetBuilder& builder_;
    const Operator& op_;
    const Slab& out_;
    Value input_;
    Slab part_;
};

}  // namespace

Value add_gather(NetBuilder& builder, const graph::Work& work, const Value& input) {
    return SamplingBuilder(builder, work, input).gather();
}

Value add_resize(NetBuilder& builder, const graph::Work& work, const Value& input) {
    return SamplingBuilder(builder, work, input).resize();
}

Value add_depth_to_space(NetBuilder& builder, const graph::Work& work, const Value& input) {
    return SamplingBuilder(builder, work, input).depth_to_space();
}

Value add_space_to_depth(NetBuilder& builder, const graph::Work& work, const Value& input) {
    return SamplingBuilder(builder, work, input).space_to_depth();
}

Value add_lrn(NetBuilder& builder, const graph::Work& work, const Value& input) {
    return SamplingBuilder(builder, work, input).lrn();
}

}  // namespace convoy::engine

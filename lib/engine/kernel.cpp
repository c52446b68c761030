#include "engine/kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <opencv2/core/utility.hpp>

#include "engine/functions.hpp"
#include "util/error.hpp"

namespace convoy::engine {

using graph::Index;
using graph::Interval;
using graph::Slab;

namespace {
/// Below this many elements a second thread costs more than it saves.
constexpr Index kParallelWork = 32768;

std::vector<float> picked(const std::vector<float>& values, const std::vector<Interval>& channels) {
    std::vector<float> result;
    if (values.empty()) return result;
    for (const Interval& interval : channels) {
        result.insert(result.end(), values.begin() + interval.begin, values.begin() + interval.end);
    }
    return result;
}

std::vector<float> floats_of(const graph::Constant& constant) {
    std::vector<float> values(static_cast<std::size_t>(constant.elements()));
    graph::copy_floats(constant, 0, constant.elements(), values.data());
    return values;
}
}  // namespace

Pointwise::Pointwise(const graph::Tail& tail, const std::vector<Interval>& channels, bool with_bias)
    : scale_(picked(tail.scale, channels)),
      shift_(picked(tail.shift, channels)),
      activation_(tail.activation),
      alpha_(tail.alpha),
      beta_(tail.beta),
      low_(tail.low),
      high_(tail.high) {
    if (with_bias && tail.bias) bias_ = picked(floats_of(*tail.bias), channels);
}

bool Pointwise::identity() const noexcept {
    return bias_.empty() && scale_.empty() && shift_.empty() && activation_ == graph::Activation::none;
}

void Pointwise::apply(const float* from, float* to, Index count, Index channel) const noexcept {
    if (bias_.empty() && scale_.empty() && shift_.empty()) {
        activate(activation_, {alpha_, beta_, low_, high_}, from, to, count);
    } else {
        affine(from, to, count, channel);
        activate(activation_, {alpha_, beta_, low_, high_}, to, to, count);
    }
}

void Pointwise::affine(const float* from, float* to, Index count, Index channel) const noexcept {
    const auto c = static_cast<std::size_t>(channel);
    const float bias = bias_.empty() ? 0.0F : bias_[c];
    const float scale = scale_.empty() ? 1.0F : scale_[c];
    const float shift = shift_.empty() ? 0.0F : shift_[c];
    for (Index i = 0; i < count; ++i) to[i] = scale * (from[i] + bias) + shift;
}

Crop::Crop(const Slab& part, const Slab& whole)
    : n_(part.n.begin - whole.n.begin),
      h_(part.h.begin - whole.h.begin),
      w_(part.w.begin - whole.w.begin),
      channels_(whole.channels()),
      height_(whole.h.size()),
      width_(whole.w.size()) {
    Index before = 0;  // channels of `whole` in the intervals already passed
    auto of_part = part.c.begin();
    for (const Interval& interval : whole.c) {
        for (; of_part != part.c.end() && interval.contains(*of_part); ++of_part) {
            for (Index c = of_part->begin; c < of_part->end; ++c) channel_.push_back(before + c - interval.begin);
        }
        before += interval.size();
    }
    const bool inside = whole.n.contains(part.n) && whole.h.contains(part.h) && whole.w.contains(part.w);
    if (!inside || static_cast<Index>(channel_.size()) != part.channels()) {
        throw util::Error(util::Errc::internal, fmt::format("a piece reads {} of a slab that holds {}",
                                                            to_string(part.hull()), to_string(whole.hull())));
    }
}

std::vector<int> dims_of(const Slab& slab) {
    const std::array<Index, 4> dims{slab.n.size(), slab.channels(), slab.h.size(), slab.w.size()};
    const Index limit = std::numeric_limits<int>::max();
    Index volume = 1;
    for (const Index dim : dims) {
        if (dim != 0 && volume > limit / dim) {
            throw util::Error(util::Errc::data, fmt::format("a tensor of {} elements is too large for the engine",
                                                            to_string(slab.hull())));
        }
        volume *= dim;
    }
    return {static_cast<int>(dims[0]), static_cast<int>(dims[1]), static_cast<int>(dims[2]), static_cast<int>(dims[3])};
}

void for_each_plane(const Slab& slab, Index work, const std::function<void(Index, Index)>& body) {
    const Index channels = slab.channels();
    const auto planes = static_cast<int>(slab.n.size() * channels);
    const auto stripe = [&](const cv::Range& range) {
        for (int plane = range.start; plane < range.end; ++plane) body(plane / channels, plane % channels);
    };
    if (work < kParallelWork || planes == 1) {
        stripe(cv::Range(0, planes));
    } else {
        cv::parallel_for_(cv::Range(0, planes), stripe);
    }
}

}  // namespace convoy::engine

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/kernels.hpp"

namespace convoy::engine {

using graph::Index;

Pool::Pool(Geometry geometry, std::optional<Crop> crop, Pointwise tail)
    : Kernel(dims_of(geometry.output)), geometry_(std::move(geometry)), crop_(std::move(crop)), tail_(std::move(tail)) {
    for (Index h = geometry_.output.h.begin; h < geometry_.output.h.end; ++h) rows_.push_back(span(0, h));
    for (Index w = geometry_.output.w.begin; w < geometry_.output.w.end; ++w) columns_.push_back(span(1, w));
    const auto complete = [&](const Span& span) { return span.count == geometry_.window.kernel[1]; };
    const auto begin = std::ranges::find_if(columns_, complete);
    const auto end = std::find_if_not(begin, columns_.end(), complete);
    inner_begin_ = static_cast<std::size_t>(begin - columns_.begin());
    inner_end_ = static_cast<std::size_t>(end - columns_.begin());
}

Pool::Span Pool::span(std::size_t axis, Index position) const {
    const graph::Window& window = geometry_.window;
    const Index extent = axis == 0 ? geometry_.height : geometry_.width;
    const Index first = axis == 0 ? geometry_.input.h.begin : geometry_.input.w.begin;
    Span span;
    for (Index k = 0; k < window.kernel[axis]; ++k) {
        const Index at = position * window.stride[axis] - window.pad_begin[axis] + k * window.dilation[axis];
        const bool inside = at >= 0 && at < extent;
        if (inside && crop_ && span.count++ == 0) span.first = at - first;
        const bool padding = at < extent + window.pad_end[axis];  // what sticks out further does not count
        if (inside || (window.count_include_pad && padding)) span.counted += 1;
    }
    return span;
}

void Pool::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    const Index window = geometry_.window.kernel[0] * geometry_.window.kernel[1];
    for_each_plane(geometry_.output, geometry_.output.volume() * window,
                   [&](Index n, Index c) { plane(from, to, n, c); });
}

namespace {

struct Maximum {
    static constexpr float kNone = -std::numeric_limits<float>::infinity();
    static float of(float a, float b) { return a < b ? b : a; }
};

struct Sum {
    static constexpr float kNone = 0;
    static float of(float a, float b) { return a + b; }
};

/// Combines `count` windows that begin `step` apart, each of `taps` values `dilation` apart.
template <class Operation, int kStep>
void combine(const float* line, float* to, Index count, Index step, Index taps, Index dilation) {
    const Index distance = kStep > 0 ? kStep : step;  // known to the compiler for the usual strides
    for (Index w = 0; w < count; ++w) to[w] = line[w * distance];
    for (Index tap = 1; tap < taps; ++tap) {
        line += dilation;
        for (Index w = 0; w < count; ++w) to[w] = Operation::of(to[w], line[w * distance]);
    }
}

}  // namespace

void Pool::plane(const float* from, float* to, Index n, Index c) const {
    const auto height = static_cast<Index>(rows_.size());
    const auto width = static_cast<Index>(columns_.size());
    std::vector<float> line(static_cast<std::size_t>(geometry_.input.w.size()));
    float* plane = to + (n * geometry_.output.channels() + c) * height * width;
    for (Index h = 0; h < height; ++h) {
        const Span& rows = rows_[static_cast<std::size_t>(h)];
        float* row = plane + h * width;
        if (geometry_.maximum) {
            down<Maximum>(from, line, n, c, rows);
            along<Maximum>(line, row);
            zero_padding_windows(rows, row);
        } else {
            down<Sum>(from, line, n, c, rows);
            along<Sum>(line, row);
            divide(rows, row);
        }
    }
    tail_.apply(plane, plane, height * width, c);
}

/// The rows of a window into one line: contiguous, so that it is vectorised.
template <class Operation>
void Pool::down(const float* from, std::vector<float>& line, Index n, Index c, const Span& rows) const {
    const Index width = geometry_.input.w.size();
    float* result = line.data();
    if (rows.count == 0) std::fill_n(result, width, Operation::kNone);
    for (Index i = 0; i < rows.count; ++i) {
        const float* values = crop_->row(from, n, c, rows.first + i * geometry_.window.dilation[0]);
        if (i == 0) {
            std::copy_n(values, width, result);
        } else {
            for (Index w = 0; w < width; ++w) result[w] = Operation::of(result[w], values[w]);
        }
    }
}

template <class Operation>
void Pool::along(const std::vector<float>& line, float* to) const {
    const Index dilation = geometry_.window.dilation[1];
    const Index step = geometry_.window.stride[1];
    const auto edge = [&](std::size_t begin, std::size_t end) {
        for (std::size_t w = begin; w < end; ++w) {
            float value = Operation::kNone;
            const float* tap = line.data() + columns_[w].first;
            for (Index i = 0; i < columns_[w].count; ++i, tap += dilation) value = Operation::of(value, *tap);
            to[w] = value;
        }
    };
    edge(0, inner_begin_);
    if (inner_begin_ < inner_end_) {
        const auto count = static_cast<Index>(inner_end_ - inner_begin_);
        const float* first = line.data() + columns_[inner_begin_].first;
        const auto inner = step == 1   ? combine<Operation, 1>
                           : step == 2 ? combine<Operation, 2>
                                       : combine<Operation, 0>;
        inner(first, to + inner_begin_, count, step, geometry_.window.kernel[1], dilation);
    }
    edge(inner_end_, columns_.size());
}

/// A window wholly in padding is the pool of nothing, which counts as 0.
void Pool::zero_padding_windows(const Span& rows, float* to) const {
    for (std::size_t w = 0; w < columns_.size(); ++w) {
        if (rows.count == 0 || columns_[w].count == 0) to[w] = 0;
    }
}

void Pool::divide(const Span& rows, float* to) const {
    for (std::size_t w = 0; w < columns_.size(); ++w) {
        const float count = rows.counted * columns_[w].counted;
        to[w] = count > 0 ? to[w] / count : 0.0F;
    }
}

}  // namespace convoy::engine

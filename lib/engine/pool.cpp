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

void Pool::plane(const float* from, float* to, Index n, Index c) const {
    const auto height = static_cast<Index>(rows_.size());
    const auto width = static_cast<Index>(columns_.size());
    float* plane = to + (n * geometry_.output.channels() + c) * height * width;
    for (Index h = 0; h < height; ++h) {
        const Span& rows = rows_[static_cast<std::size_t>(h)];
        if (geometry_.maximum) {
            maximum_row(from, plane + h * width, n, c, rows);
        } else {
            average_row(from, plane + h * width, n, c, rows);
        }
    }
    tail_.apply(plane, plane, height * width, c);
}

// Down the columns first (contiguous, so that it is vectorised), then along the row.
void Pool::maximum_row(const float* from, float* to, Index n, Index c, const Span& rows) const {
    thread_local std::vector<float> line;
    const Index width = geometry_.input.w.size();
    line.assign(static_cast<std::size_t>(width), -std::numeric_limits<float>::infinity());
    for (Index i = 0; i < rows.count; ++i) {
        const float* values = crop_->row(from, n, c, rows.first + i * geometry_.window.dilation[0]);
        float* best = line.data();
        for (Index w = 0; w < width; ++w) best[w] = best[w] < values[w] ? values[w] : best[w];
    }
    for (const Span& columns : columns_) {
        float best = -std::numeric_limits<float>::infinity();
        const float* value = line.data() + columns.first;
        for (Index i = 0; i < columns.count; ++i, value += geometry_.window.dilation[1]) {
            best = best < *value ? *value : best;
        }
        // A window wholly in padding is the pool of nothing, which counts as 0.
        *to++ = rows.count == 0 || columns.count == 0 ? 0.0F : best;
    }
}

void Pool::average_row(const float* from, float* to, Index n, Index c, const Span& rows) const {
    thread_local std::vector<float> line;
    const Index width = geometry_.input.w.size();
    line.assign(static_cast<std::size_t>(width), 0.0F);
    for (Index i = 0; i < rows.count; ++i) {
        const float* values = crop_->row(from, n, c, rows.first + i * geometry_.window.dilation[0]);
        float* sum = line.data();
        for (Index w = 0; w < width; ++w) sum[w] += values[w];
    }
    for (const Span& columns : columns_) {
        float sum = 0;
        const float* value = line.data() + columns.first;
        for (Index i = 0; i < columns.count; ++i, value += geometry_.window.dilation[1]) sum += *value;
        const float count = rows.counted * columns.counted;
        *to++ = count > 0 ? sum / count : 0.0F;
    }
}

}  // namespace convoy::engine

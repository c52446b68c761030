#include "engine/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core/utility.hpp>

namespace convoy::engine {

using graph::Index;
using graph::Slab;

namespace {

std::vector<int> dims_of(const std::vector<std::vector<Index>>& places) {
    std::vector<int> dims;
    for (const std::vector<Index>& axis : places) dims.push_back(static_cast<int>(axis.size()));
    return dims;
}

bool consecutive(const std::vector<Index>& places) {
    return std::ranges::adjacent_find(places, [](Index a, Index b) { return b != a + 1; }) == places.end();
}

}  // namespace

Pick::Pick(std::vector<std::vector<Index>> places, Pointwise tail)
    : Kernel(dims_of(places)),
      places_(std::move(places)),
      sizes_(places_.size(), 1),
      dense_(consecutive(places_.back())),
      tail_(std::move(tail)) {
    for (std::size_t axis = sizes_.size(); axis-- > 1;) {
        sizes_[axis - 1] = sizes_[axis] * static_cast<Index>(places_[axis].size());
    }
}

void Pick::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    const auto inner = static_cast<Index>(places_[1].size());
    const auto outer = static_cast<Index>(places_[0].size());
    const Slab planes{{0, outer}, {{0, inner}}, {0, 1}, {0, 1}};
    for_each_plane(planes, static_cast<Index>(output.total()), [&](Index n, Index c) {
        const float* begin = from + places_[0][static_cast<std::size_t>(n)] + places_[1][static_cast<std::size_t>(c)];
        float* plane = to + n * sizes_[0] + c * sizes_[1];
        if (places_.size() == 2) {
            *plane = *begin;
        } else {
            block(2, begin, plane);
        }
        tail_.apply(plane, plane, sizes_[1], c);
    });
}

void Pick::row(const float* from, float* to) const {
    const std::vector<Index>& places = places_.back();
    if (dense_) {
        std::copy_n(from + places.front(), places.size(), to);
    } else {
        for (const Index place : places) *to++ = from[place];
    }
}

void Pick::block(std::size_t axis, const float* from, float* to) const {
    if (axis + 1 == places_.size()) return row(from, to);
    for (const Index place : places_[axis]) {
        block(axis + 1, from + place, to);
        to += sizes_[axis];
    }
}

Resample::Resample(const Slab& output, const Slab& input, Crop crop, std::array<Taps, 2> taps, Pointwise tail)
    : Kernel(engine::dims_of(output)),
      output_(output),
      input_(input),
      crop_(std::move(crop)),
      taps_(std::move(taps)),
      tail_(std::move(tail)) {}

void Resample::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    const Index work = output_.volume() * (taps_[0].count + taps_[1].count);
    for_each_plane(output_, work, [&](Index n, Index c) { plane(from, to, n, c); });
}

void Resample::plane(const float* from, float* to, Index n, Index c) const {
    const auto& [down, along] = taps_;
    const Index width = output_.w.size();
    to += (n * output_.channels() + c) * output_.h.size() * width;
    std::vector<float> line(static_cast<std::size_t>(input_.w.size()));
    for (Index h = 0; h < output_.h.size(); ++h) {
        std::ranges::fill(line, 0.0F);
        for (Index i = 0; i < down.count; ++i) {
            const auto tap = static_cast<std::size_t>(h * down.count + i);
            const float* row = crop_.row(from, n, c, down.positions[tap]);
            const float weight = down.weights[tap];
            for (std::size_t w = 0; w < line.size(); ++w) line[w] += weight * row[w];
        }
        for (Index w = 0; w < width; ++w) {
            float sum = 0;
            for (Index j = 0; j < along.count; ++j) {
                const auto tap = static_cast<std::size_t>(w * along.count + j);
                sum += along.weights[tap] * line[static_cast<std::size_t>(along.positions[tap])];
            }
            to[h * width + w] = sum;
        }
    }
    tail_.apply(to, to, output_.h.size() * width, c);
}

LocalResponse::LocalResponse(const Slab& output, Crop crop, std::vector<Nearby> nearby, const graph::LocalResponse& law,
                             Pointwise tail)
    : Kernel(engine::dims_of(output)),
      output_(output),
      crop_(std::move(crop)),
      nearby_(std::move(nearby)),
      law_(law),
      tail_(std::move(tail)) {}

void LocalResponse::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    const Index height = output_.h.size();
    const Index width = output_.w.size();
    const float alpha = law_.alpha / static_cast<float>(law_.size);
    for_each_plane(output_, output_.volume() * (law_.size + 8), [&](Index n, Index c) {
        float* plane = output.ptr<float>() + (n * output_.channels() + c) * height * width;
        std::vector<float> squares(static_cast<std::size_t>(width));
        const Nearby& near = nearby_[static_cast<std::size_t>(c)];
        for (Index h = 0; h < height; ++h) {
            std::ranges::fill(squares, 0.0F);
            for (Index k = near.begin; k < near.end; ++k) {
                const float* row = crop_.row(from, n, k, h);
                for (std::size_t w = 0; w < squares.size(); ++w) squares[w] += row[w] * row[w];
            }
            const float* own = crop_.row(from, n, near.own, h);
            float* to = plane + h * width;
            for (std::size_t w = 0; w < squares.size(); ++w) {
                to[w] = own[w] / std::pow(law_.bias + alpha * squares[w], law_.beta);
            }
        }
        tail_.apply(plane, plane, height * width, c);
    });
}

Interleave::Interleave(const Slab& output, const graph::Window& window, std::vector<Phase> phases, Pointwise tail)
    : Kernel(engine::dims_of(output)),
      output_(output),
      window_(window),
      phases_(std::move(phases)),
      tail_(std::move(tail)) {}

void Interleave::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const Index height = output_.h.size();
    const Index width = output_.w.size();
    for_each_plane(output_, output_.volume(), [&](Index n, Index c) {
        float* plane = output.ptr<float>() + (n * output_.channels() + c) * height * width;
        for (Index h = 0; h < height; ++h) row(inputs, plane + h * width, n, c, h);
        tail_.apply(plane, plane, height * width, c);
    });
}

void Interleave::row(std::span<const cv::Mat> inputs, float* to, Index n, Index c, Index h) const {
    const auto [down, along] = window_.stride;
    const Index at = output_.h.begin + h + window_.pad_begin[0];
    for (Index column = 0; column < std::min(along, output_.w.size()); ++column) {
        const Index place = output_.w.begin + column + window_.pad_begin[1];
        const Phase& phase = phases_[static_cast<std::size_t>(at % down * along + place % along)];
        if (phase.input < 0) {
            for (Index w = column; w < output_.w.size(); w += along) to[w] = 0;
            continue;
        }
        const cv::Mat& values = inputs[static_cast<std::size_t>(phase.input)];
        const Index rows = values.size[2];
        const Index columns = values.size[3];
        const float* from = values.ptr<float>() +
                            ((n * output_.channels() + c) * rows + at / down - phase.first_row) * columns +
                            place / along - phase.first_column;
        for (Index w = column; w < output_.w.size(); w += along) to[w] = *from++;
    }
}

}  // namespace convoy::engine

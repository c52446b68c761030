// Operators that slide a window along h and w.
#include <algorithm>

#include "graph/rules.hpp"

namespace convoy::graph {
namespace {

/// Position of an axis in the pairs of Window.
std::size_t side(Axis axis) noexcept { return axis == Axis::h ? 0 : 1; }

Index divide_up(Index a, Index b) noexcept { return a <= 0 ? a / b : (a - 1) / b + 1; }
Index divide_down(Index a, Index b) noexcept { return a >= 0 ? a / b : -divide_up(-a, b); }

}  // namespace

Interval window_reach(const Window& window, Axis axis, const Interval& output) noexcept {
    const std::size_t i = side(axis);
    return {
        output.begin * window.stride[i] - window.pad_begin[i],
        (output.end - 1) * window.stride[i] - window.pad_begin[i] + (window.kernel[i] - 1) * window.dilation[i] + 1};
}

namespace detail {

Interval touched(const Window& window, Axis axis, const Interval& output, Index extent) noexcept {
    const std::size_t i = side(axis);
    const Index stride = window.stride[i];
    Interval hull{extent, 0};
    for (Index tap = 0; tap < window.kernel[i]; ++tap) {
        const Index offset = tap * window.dilation[i] - window.pad_begin[i];
        const Index first = std::max(output.begin, divide_up(-offset, stride));
        const Index last = std::min(output.end - 1, divide_down(extent - 1 - offset, stride));
        if (first > last) continue;
        hull.begin = std::min(hull.begin, first * stride + offset);
        hull.end = std::max(hull.end, last * stride + offset + 1);
    }
    return hull;
}

namespace {

Slab window_input(const Site& site, const Slab& output, std::vector<Interval> channels) {
    const Box& full = site.input().full;
    const Window& window = site.op.window;
    return {output.n, std::move(channels), touched(window, Axis::h, output.h, full[Axis::h].end),
            touched(window, Axis::w, output.w, full[Axis::w].end)};
}

Index kernel_area(const Site& site) { return site.op.window.kernel[0] * site.op.window.kernel[1]; }

Slab as_asked(const Site&, std::size_t, const Slab& asked) { return asked; }

Slab convolution_needed(const Site& site, std::size_t, const Slab& output) {
    return window_input(site, output, group_channels(site, output.c));
}

Box convolution_summed(const Site& site, const Box& cell) {
    const Groups groups = groups_of(site);
    Box domain = site.input().full;
    domain[Axis::n] = cell[Axis::n];
    domain[Axis::c] = groups.inputs_of(groups.of(cell[Axis::c]));
    return domain;
}

double convolution_operations(const Site& site, const Sum& sum) {
    const Index positions = sum.output.n.size() * sum.output.h.size() * sum.output.w.size();
    return 2.0 * static_cast<double>(kernel_area(site)) * static_cast<double>(positions) *
           static_cast<double>(connections(site, sum));
}

Index convolution_weights(const Site& site, const Sum& sum) { return kernel_area(site) * connections(site, sum); }

Slab pool_needed(const Site& site, std::size_t, const Slab& output) { return window_input(site, output, output.c); }

double pool_operations(const Site& site, const Sum& sum) {
    return static_cast<double>(kernel_area(site)) * static_cast<double>(sum.output.volume());
}

Slab pad_needed(const Site& site, std::size_t, const Slab& output) {
    const auto shifted = [&](const Interval& interval, Axis axis) {
        const Index pad = site.op.window.pad_begin[side(axis)];
        return Interval{interval.begin - pad, interval.end - pad};
    };
    return {output.n, output.c, shifted(output.h, Axis::h), shifted(output.w, Axis::w)};
}

constexpr std::array<bool, kAxes> kEveryAxis{true, true, true, true};

}  // namespace

constinit const Rule kConvolution{
    .cuts =
        [](const Site&) {
            return Cuts{kEveryAxis, {false, true, false, false}};
        },
    .computed = whole_groups,
    .needed = convolution_needed,
    .summed = convolution_summed,
    .operations = convolution_operations,
    .weights = convolution_weights,
    .check = check_convolution,
};

constinit const Rule kPool{
    .cuts =
        [](const Site&) {
            return Cuts{kEveryAxis, {}};
        },
    .computed = as_asked,
    .needed = pool_needed,
    .summed = nullptr,
    .operations = pool_operations,
    .weights = [](const Site&, const Sum&) { return Index{0}; },
    .check = check_pool,
};

constinit const Rule kPad{
    .cuts =
        [](const Site&) {
            return Cuts{kEveryAxis, {}};
        },
    .computed = as_asked,
    .needed = pad_needed,
    .summed = nullptr,
    .operations = [](const Site&, const Sum&) { return 0.0; },
    .weights = [](const Site&, const Sum&) { return Index{0}; },
    .check = check_pad,
};

}  // namespace detail
}  // namespace convoy::graph

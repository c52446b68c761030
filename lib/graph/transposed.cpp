// Transposed convolution: input i adds to outputs i * stride - pad + tap * dilation.
#include <algorithm>

#include "graph/rules.hpp"

namespace convoy::graph::detail {
namespace {

Index divide_up(Index a, Index b) noexcept { return a <= 0 ? a / b : (a - 1) / b + 1; }
Index divide_down(Index a, Index b) noexcept { return a >= 0 ? a / b : -divide_up(-a, b); }

/// The hull of the inputs along h (0) or w (1) that add to some element of `output`; empty when none does.
Interval read_by(const Window& window, std::size_t i, const Interval& output, Index extent) {
    Interval hull{extent, 0};
    for (Index tap = 0; tap < window.kernel[i]; ++tap) {
        const Index offset = tap * window.dilation[i] - window.pad_begin[i];
        const Index first = std::max<Index>(0, divide_up(output.begin - offset, window.stride[i]));
        const Index last = std::min(extent - 1, divide_down(output.end - 1 - offset, window.stride[i]));
        if (first > last) continue;
        hull.begin = std::min(hull.begin, first);
        hull.end = std::max(hull.end, last + 1);
    }
    return hull;
}

Slab transposed_needed(const Site& site, std::size_t, const Slab& output) {
    const Box& full = site.input().full;
    return {output.n, group_channels(site, output.c), read_by(site.op.window, 0, output.h, full[Axis::h].end),
            read_by(site.op.window, 1, output.w, full[Axis::w].end)};
}

Index transposed_weights(const Site& site, const Sum& sum) {
    return site.op.window.kernel[0] * site.op.window.kernel[1] * connections(site, sum);
}

/// On average an output element has kernel / stride terms along an axis.
double transposed_operations(const Site& site, const Sum& sum) {
    const Index positions = sum.output.n.size() * sum.output.h.size() * sum.output.w.size();
    const Index steps = site.op.window.stride[0] * site.op.window.stride[1];
    return 2.0 * static_cast<double>(positions) * static_cast<double>(transposed_weights(site, sum)) /
           static_cast<double>(steps);
}

}  // namespace

void check_transposed_convolution(const Site& site) {
    require_arity(site, 1);
    require_maps(site);
    require_window(site);
    require_same(site, {Axis::n});
    require_grouped_weights(site);
    const Window& window = site.op.window;
    for (std::size_t i = 0; i < 2; ++i) {
        const Index reach = (window.kernel[i] - 1) * window.dilation[i] + 1;
        const Index covered =
            (site.input().full.axes[2 + i].size() - 1) * window.stride[i] + reach - window.pad_begin[i];
        // Output padding: elements behind the last window, fewer than a step.
        const Index extra = std::max(window.stride[i], window.dilation[i]) - 1;
        require(site.output().full.axes[2 + i].size() <= covered + extra, site, "does not fit its output");
    }
}

constinit const Rule kTransposedConvolution{
    .cuts =
        [](const Site&) {
            return Cuts{{true, true, true, true}, {}};
        },
    .computed = whole_groups,
    .needed = transposed_needed,
    .summed = nullptr,
    .operations = transposed_operations,
    .weights = transposed_weights,
    .check = check_transposed_convolution,
};

}  // namespace convoy::graph::detail

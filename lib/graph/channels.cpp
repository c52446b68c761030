// Groups of convolutions, and the operators that rearrange or sum over channels.
#include "graph/rules.hpp"

namespace convoy::graph::detail {

Interval Groups::of(const Interval& output_channels) const noexcept {
    return {output_channels.begin / outputs, (output_channels.end - 1) / outputs + 1};
}

Interval Groups::outputs_of(const Interval& groups) const noexcept {
    return {groups.begin * outputs, groups.end * outputs};
}

Interval Groups::inputs_of(const Interval& groups) const noexcept {
    return {groups.begin * inputs, groups.end * inputs};
}

Groups groups_of(const Site& site) {
    return {site.input().full[Axis::c].end / site.op.group, site.output().full[Axis::c].end / site.op.group};
}

Index connections(const Site& site, const Sum& sum) {
    const Groups groups = groups_of(site);
    const Interval& domain = sum.domain[Axis::c];
    Index count = 0;
    for (const Interval& channels : sum.output.c) {
        const Interval range = groups.of(channels);
        const auto add = [&](const Interval& some) {
            const Index outputs = intersection(channels, groups.outputs_of(some)).size() / some.size();
            count += outputs * intersection(domain, groups.inputs_of(some)).size();
        };
        // Of all but the first and the last group all outputs are in the interval.
        if (!range.empty()) add({range.begin, range.begin + 1});
        if (range.size() > 2) add({range.begin + 1, range.end - 1});
        if (range.size() > 1) add({range.end - 1, range.end});
    }
    return count;
}

Slab whole_groups(const Site& site, std::size_t, const Slab& asked) {
    const Groups groups = groups_of(site);
    if (groups.of({asked.c.front().begin, asked.c.back().end}).size() == 1) return asked;
    Slab grown = asked;
    if (site.op.group == 1) return grown;
    for (Interval& interval : grown.c) interval = groups.outputs_of(groups.of(interval));
    grown.c = normalized(std::move(grown.c));
    return grown;
}

std::vector<Interval> group_channels(const Site& site, const std::vector<Interval>& outputs) {
    const Groups groups = groups_of(site);
    std::vector<Interval> channels;
    for (const Interval& interval : outputs) channels.push_back(groups.inputs_of(groups.of(interval)));
    return normalized(std::move(channels));
}

namespace {

Slab as_asked(const Site&, std::size_t, const Slab& asked) { return asked; }
double no_operations(const Site&, const Sum&) { return 0; }
Index no_weights(const Site&, const Sum&) { return 0; }

/// Everything of an input, for the wanted inputs of the batch.
Slab full_batch_part(const Site& site, std::size_t input, const Slab& output) {
    Slab slab = make_slab(site.input(input).full);
    slab.n = output.n;
    return slab;
}

bool is_map(const TensorInfo& tensor) { return tensor.dims.size() == 4; }
bool is_single_column(const TensorInfo& tensor) {
    return tensor.full[Axis::h].size() == 1 && tensor.full[Axis::w].size() == 1;
}

Cuts gemm_cuts(const Site& site) {
    const bool map = is_map(site.input());
    return {{true, true, false, false}, {false, true, map, map}};
}

Box gemm_summed(const Site& site, const Box& cell) {
    Box domain = site.input().full;
    domain[Axis::n] = cell[Axis::n];
    return domain;
}

Index gemm_weights(const Site&, const Sum& sum) {
    const Box& domain = sum.domain;
    return sum.output.channels() * domain[Axis::c].size() * domain[Axis::h].size() * domain[Axis::w].size();
}

double gemm_operations(const Site& site, const Sum& sum) {
    return 2.0 * static_cast<double>(sum.output.n.size()) * static_cast<double>(gemm_weights(site, sum));
}

Slab global_pool_needed(const Site& site, std::size_t, const Slab& output) {
    const Box& full = site.input().full;
    return {output.n, output.c, full[Axis::h], full[Axis::w]};
}

Box global_pool_summed(const Site& site, const Box& cell) {
    Box domain = site.input().full;
    domain[Axis::n] = cell[Axis::n];
    domain[Axis::c] = cell[Axis::c];
    return domain;
}

double global_pool_operations(const Site&, const Sum& sum) {
    return static_cast<double>(sum.output.n.size() * sum.output.channels()) *
           static_cast<double>(sum.domain[Axis::h].size() * sum.domain[Axis::w].size());
}

Slab concat_needed(const Site& site, std::size_t input, const Slab& output) {
    Index offset = 0;
    for (std::size_t i = 0; i < input; ++i) offset += site.input(i).full[Axis::c].end;
    const Interval channels{0, site.input(input).full[Axis::c].end};
    Slab slab{output.n, {}, output.h, output.w};
    for (const Interval& interval : output.c) {
        slab.c.push_back(intersection({interval.begin - offset, interval.end - offset}, channels));
    }
    slab.c = normalized(std::move(slab.c));
    return slab;
}

/// The same elements and all others along one axis.
Slab grown_along(const Site& site, Axis axis, const Slab& asked) {
    const Box& full = site.output().full;
    Slab grown = asked;
    if (axis == Axis::n) grown.n = full[axis];
    if (axis == Axis::c) grown.c = {full[axis]};
    if (axis == Axis::h) grown.h = full[axis];
    if (axis == Axis::w) grown.w = full[axis];
    return grown;
}

Cuts softmax_cuts(const Site& site) {
    const bool map = is_map(site.output());
    Cuts cuts{{true, true, map, map}, {}};
    cuts.output.at(static_cast<std::size_t>(site.op.axis)) = false;
    return cuts;
}

Slab softmax_computed(const Site& site, std::size_t, const Slab& asked) {
    return grown_along(site, site.op.axis, asked);
}

Slab flatten_computed(const Site& site, std::size_t, const Slab& asked) {
    return is_single_column(site.input()) ? asked : grown_along(site, Axis::c, asked);
}

Slab flatten_needed(const Site& site, std::size_t input, const Slab& output) {
    return is_single_column(site.input()) ? output : full_batch_part(site, input, output);
}

}  // namespace

constinit const Rule kGemm{
    .cuts = gemm_cuts,
    .computed = as_asked,
    .needed = full_batch_part,
    .summed = gemm_summed,
    .operations = gemm_operations,
    .weights = gemm_weights,
    .check = check_gemm,
};

constinit const Rule kGlobalAveragePool{
    .cuts =
        [](const Site&) {
            return Cuts{{true, true, false, false}, {false, false, true, true}};
        },
    .computed = as_asked,
    .needed = global_pool_needed,
    .summed = global_pool_summed,
    .operations = global_pool_operations,
    .weights = no_weights,
    .check = check_global_pool,
};

constinit const Rule kGlobalMaxPool{
    .cuts =
        [](const Site&) {
            return Cuts{{true, true, false, false}, {}};
        },
    .computed = as_asked,
    .needed = global_pool_needed,
    .summed = nullptr,
    .operations = global_pool_operations,
    .weights = no_weights,
    .check = check_global_pool,
};

constinit const Rule kConcat{
    .cuts =
        [](const Site& site) {
            return Cuts{{true, true, is_map(site.output()), is_map(site.output())}, {}};
        },
    .computed = as_asked,
    .needed = concat_needed,
    .summed = nullptr,
    .operations = no_operations,
    .weights = no_weights,
    .check = check_concat,
};

constinit const Rule kSoftmax{
    .cuts = softmax_cuts,
    .computed = softmax_computed,
    .needed = [](const Site& site, std::size_t, const Slab& output) { return softmax_computed(site, 0, output); },
    .summed = nullptr,
    .operations = [](const Site&, const Sum& sum) { return 5.0 * static_cast<double>(sum.output.volume()); },
    .weights = no_weights,
    .check = check_softmax,
};

constinit const Rule kFlatten{
    .cuts =
        [](const Site& site) {
            return Cuts{{true, is_single_column(site.input()), false, false}, {}};
        },
    .computed = flatten_computed,
    .needed = flatten_needed,
    .summed = nullptr,
    .operations = no_operations,
    .weights = no_weights,
    .check = check_flatten,
};

}  // namespace convoy::graph::detail

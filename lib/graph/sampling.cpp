// Operators whose output elements each come from a few listed input positions.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "graph/rules.hpp"

namespace convoy::graph::detail {
namespace {

Slab as_asked(const Site&, std::size_t, const Slab& asked) { return asked; }
double no_operations(const Site&, const Sum&) { return 0; }
Index no_weights(const Site&, const Sum&) { return 0; }

Cuts every_axis(const Site& site) {
    const bool map = site.output().dims.size() == 4;
    return {{true, true, map, map}, {}};
}

/// The smallest interval around some positions; `each(o)` visits those of output position `o`.
template <class Each>
Interval hull_of(const Interval& output, Each each) {
    Interval hull{std::numeric_limits<Index>::max(), 0};
    for (Index o = output.begin; o < output.end; ++o) {
        each(o, [&](Index position) {
            hull.begin = std::min(hull.begin, position);
            hull.end = std::max(hull.end, position + 1);
        });
    }
    return hull;
}

Interval picked(const Site& site, Axis axis, const Interval& output) {
    const auto i = static_cast<std::size_t>(axis);
    const auto& picks = site.op.picks;
    if (i >= picks.size() || picks[i].empty()) return output;
    return hull_of(output, [&](Index o, auto visit) { visit(picks[i][static_cast<std::size_t>(o)]); });
}

Slab gather_needed(const Site& site, std::size_t, const Slab& output) {
    std::vector<Interval> channels = output.c;
    if (const std::vector<Index>& picks = site.op.picks[1]; !picks.empty()) {
        channels.clear();
        for (const Interval& interval : output.c) {
            for (Index o = interval.begin; o < interval.end; ++o) {
                const Index c = picks[static_cast<std::size_t>(o)];
                if (!channels.empty() && channels.back().end == c) {
                    ++channels.back().end;
                } else {
                    channels.push_back({c, c + 1});
                }
            }
        }
        channels = normalized(std::move(channels));
    }
    return {picked(site, Axis::n, output.n), std::move(channels), picked(site, Axis::h, output.h),
            picked(site, Axis::w, output.w)};
}

Interval resampled(const Resampling& resampling, const Interval& output) {
    if (resampling.taps == 0) return output;
    return hull_of(output, [&](Index o, auto visit) {
        for (Index t = 0; t < resampling.taps; ++t) {
            visit(resampling.positions[static_cast<std::size_t>(o * resampling.taps + t)]);
        }
    });
}

Slab resize_needed(const Site& site, std::size_t, const Slab& output) {
    return {output.n, output.c, resampled(site.op.resampling[0], output.h), resampled(site.op.resampling[1], output.w)};
}

double resize_operations(const Site& site, const Sum& sum) {
    Index terms = 1;
    for (const Resampling& resampling : site.op.resampling) terms *= std::max<Index>(1, resampling.taps);
    return 2.0 * static_cast<double>(terms) * static_cast<double>(sum.output.volume());
}

/// The offsets inside a block that an interval of rows (or columns) takes part in.
std::set<Index> offsets(const Interval& interval, Index block) {
    std::set<Index> found;
    for (Index at = interval.begin; at < std::min(interval.end, interval.begin + block); ++at) found.insert(at % block);
    return found;
}

Interval blocks_of(const Interval& interval, Index block) {
    return {interval.begin / block, (interval.end - 1) / block + 1};
}

Slab depth_to_space_needed(const Site& site, std::size_t, const Slab& output) {
    const Index block = site.op.block;
    const Index channels = site.output().full[Axis::c].end;
    const std::set<Index> columns = offsets(output.w, block);
    std::vector<Interval> read;
    for (const Index row : offsets(output.h, block)) {
        for (const Index column : columns) {
            const Index place = row * block + column;
            for (const Interval& c : output.c) {
                if (!site.op.channel_major) {
                    read.push_back({place * channels + c.begin, place * channels + c.end});
                    continue;
                }
                for (Index one = c.begin; one < c.end; ++one) {
                    read.push_back({one * block * block + place, one * block * block + place + 1});
                }
            }
        }
    }
    return {output.n, normalized(std::move(read)), blocks_of(output.h, block), blocks_of(output.w, block)};
}

Slab space_to_depth_needed(const Site& site, std::size_t, const Slab& output) {
    const Index block = site.op.block;
    const Index channels = site.input().full[Axis::c].end;
    std::vector<Interval> read;
    Interval rows{block, 0};
    Interval columns{block, 0};
    for (const Interval& interval : output.c) {
        for (Index o = interval.begin; o < interval.end; ++o) {
            const Index row = o / channels / block;
            const Index column = o / channels % block;
            read.push_back({o % channels, o % channels + 1});
            rows = {std::min(rows.begin, row), std::max(rows.end, row + 1)};
            columns = {std::min(columns.begin, column), std::max(columns.end, column + 1)};
        }
    }
    const auto spread = [&](const Interval& output_part, const Interval& inside) {
        return Interval{output_part.begin * block + inside.begin, (output_part.end - 1) * block + inside.end};
    };
    return {output.n, normalized(std::move(read)), spread(output.h, rows), spread(output.w, columns)};
}

Slab lrn_needed(const Site& site, std::size_t, const Slab& output) {
    const Index size = site.op.local_response.size;
    const Interval full = site.input().full[Axis::c];
    Slab slab = output;
    for (Interval& interval : slab.c) {
        interval = intersection(Interval{interval.begin - (size - 1) / 2, interval.end + size / 2}, full);
    }
    slab.c = normalized(std::move(slab.c));
    return slab;
}

double lrn_operations(const Site& site, const Sum& sum) {
    const Index size = std::min(site.op.local_response.size, site.input().full[Axis::c].end);
    return static_cast<double>(2 * size + 8) * static_cast<double>(sum.output.volume());
}

bool within(const std::vector<Index>& positions, Index extent) {
    return std::all_of(positions.begin(), positions.end(), [&](Index at) { return at >= 0 && at < extent; });
}

}  // namespace

void check_gather(const Site& site) {
    require_arity(site, 1);
    const std::vector<Index>& in = site.input().dims;
    const std::vector<Index>& out = site.output().dims;
    require(site.op.picks.size() == in.size(), site, "does not pick along every axis");
    require(site.input().type == site.output().type, site, "does not fit its output");
    Index elements = 1;
    for (std::size_t i = 0; i < in.size(); ++i) {
        const std::vector<Index>& picks = site.op.picks[i];
        require(within(picks, in[i]), site, "picks what is not there");
        const Index extent = picks.empty() ? in[i] : static_cast<Index>(picks.size());
        const bool same = in.size() == out.size() && extent == out[i];
        require(same || site.input().whole_only || site.output().whole_only, site, "does not fit its output");
        require(!__builtin_mul_overflow(elements, extent, &elements), site, "does not fit its output");
    }
    const Index wanted = site.output().bytes().value / element_size(site.output().type);
    require(elements == wanted, site, "does not fit its output");
}

void check_resize(const Site& site) {
    require_arity(site, 1);
    require_maps(site);
    require_same(site, {Axis::n, Axis::c});
    for (std::size_t i = 0; i < 2; ++i) {
        const Resampling& resampling = site.op.resampling[i];
        const Index in = site.input().full.axes[2 + i].size();
        const Index out = site.output().full.axes[2 + i].size();
        require(resampling.taps >= 0 && resampling.taps <= 16, site, "has too many taps");
        require(resampling.taps > 0 || in == out, site, "does not fit its output");
        const auto entries = static_cast<std::size_t>(out * resampling.taps);
        require(resampling.positions.size() == entries && resampling.weights.size() == entries, site,
                "does not fit its output");
        require(within(resampling.positions, in), site, "reads what is not there");
    }
}

void check_blocks(const Site& site) {
    require_arity(site, 1);
    require_maps(site);
    require_same(site, {Axis::n});
    const bool to_space = site.op.kind == Kind::depth_to_space;
    const Box& deep = to_space ? site.input().full : site.output().full;
    const Box& wide = to_space ? site.output().full : site.input().full;
    const Index block = site.op.block;
    require(block >= 1 && block <= (1 << 15), site, "has a block size out of range");
    const bool fits = deep[Axis::c].size() == wide[Axis::c].size() * block * block &&
                      deep[Axis::h].size() * block == wide[Axis::h].size() &&
                      deep[Axis::w].size() * block == wide[Axis::w].size();
    require(fits, site, "does not fit its output");
}

void check_lrn(const Site& site) {
    require_arity(site, 1);
    require(site.input().dims == site.output().dims && site.input().dims.size() > 1, site, "does not fit its output");
    const LocalResponse& response = site.op.local_response;
    require(response.size >= 1 && response.size <= (1 << 16), site, "has a size out of range");
    const bool finite = std::isfinite(response.alpha) && std::isfinite(response.beta) && std::isfinite(response.bias);
    require(finite, site, "has attributes that are not finite");
}

constinit const Rule kGather{
    .cuts = every_axis,
    .computed = as_asked,
    .needed = gather_needed,
    .summed = nullptr,
    .operations = no_operations,
    .weights = no_weights,
    .check = check_gather,
};

constinit const Rule kResize{
    .cuts = every_axis,
    .computed = as_asked,
    .needed = resize_needed,
    .summed = nullptr,
    .operations = resize_operations,
    .weights = no_weights,
    .check = check_resize,
};

constinit const Rule kDepthToSpace{
    .cuts = every_axis,
    .computed = as_asked,
    .needed = depth_to_space_needed,
    .summed = nullptr,
    .operations = no_operations,
    .weights = no_weights,
    .check = check_blocks,
};

constinit const Rule kSpaceToDepth{
    .cuts = every_axis,
    .computed = as_asked,
    .needed = space_to_depth_needed,
    .summed = nullptr,
    .operations = no_operations,
    .weights = no_weights,
    .check = check_blocks,
};

constinit const Rule kLrn{
    .cuts = every_axis,
    .computed = as_asked,
    .needed = lrn_needed,
    .summed = nullptr,
    .operations = lrn_operations,
    .weights = no_weights,
    .check = check_lrn,
};

}  // namespace convoy::graph::detail

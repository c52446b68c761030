#include <algorithm>

#include "graph/region.hpp"

namespace convoy::graph {

bool Slab::empty() const noexcept { return n.empty() || c.empty() || h.empty() || w.empty(); }

Index Slab::channels() const noexcept {
    Index sum = 0;
    for (const Interval& interval : c) sum += interval.size();
    return sum;
}

Index Slab::volume() const noexcept { return n.size() * channels() * h.size() * w.size(); }

Box Slab::hull() const noexcept {
    if (empty()) return {};
    return {{n, {c.front().begin, c.back().end}, h, w}};
}

Region Slab::region() const {
    Region region;
    for (const Interval& interval : c) region |= Box{{n, interval, h, w}};
    return region;
}

std::vector<Box> Slab::boxes() const {
    std::vector<Box> boxes;
    if (empty()) return boxes;
    const Index step = c.size() == 1 ? n.size() : 1;
    for (Index begin = n.begin; begin < n.end; begin += step) {
        for (const Interval& interval : c) boxes.push_back({{{{begin, begin + step}, interval, h, w}}});
    }
    return boxes;
}

Slab make_slab(const Box& box) {
    if (box.empty()) return {};
    return {box[Axis::n], {box[Axis::c]}, box[Axis::h], box[Axis::w]};
}

Slab join(const Slab& a, const Slab& b) {
    if (a.empty()) return b.empty() ? Slab{} : b;
    if (b.empty()) return a;
    std::vector<Interval> channels = a.c;
    channels.insert(channels.end(), b.c.begin(), b.c.end());
    return {hull(a.n, b.n), normalized(std::move(channels)), hull(a.h, b.h), hull(a.w, b.w)};
}

Slab intersection(const Slab& slab, const Box& box) {
    Slab part{
        intersection(slab.n, box[Axis::n]), {}, intersection(slab.h, box[Axis::h]), intersection(slab.w, box[Axis::w])};
    for (const Interval& interval : slab.c) {
        const Interval clipped = intersection(interval, box[Axis::c]);
        if (!clipped.empty()) part.c.push_back(clipped);
    }
    return part.empty() ? Slab{} : part;
}

std::vector<Interval> normalized(std::vector<Interval> intervals) {
    std::erase_if(intervals, [](const Interval& interval) { return interval.empty(); });
    std::sort(intervals.begin(), intervals.end());
    std::vector<Interval> merged;
    for (const Interval& interval : intervals) {
        if (!merged.empty() && interval.begin <= merged.back().end) {
            merged.back().end = std::max(merged.back().end, interval.end);
        } else {
            merged.push_back(interval);
        }
    }
    return merged;
}

}  // namespace convoy::graph

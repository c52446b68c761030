#include "report/frame_totals.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace convoy::report::detail {
namespace {

using Interval = std::pair<util::Seconds, util::Seconds>;

/// Length of the union of intervals.
util::Seconds covered(std::vector<Interval> intervals) {
    std::sort(intervals.begin(), intervals.end());
    util::Seconds sum{};
    for (std::size_t i = 0; i < intervals.size();) {
        const util::Seconds begin = intervals[i].first;
        util::Seconds end = intervals[i].second;
        for (++i; i < intervals.size() && intervals[i].first <= end; ++i) end = std::max(end, intervals[i].second);
        sum += end - begin;
    }
    return sum;
}

void add_span(const samples::Span& span, std::uint32_t route, FrameTotals& totals) {
    const util::Seconds time = span.end - span.begin;
    for (Effort* effort : {&totals.stages[{route, span.stage, span.device}], &totals.devices[span.device]}) {
        if (span.activity == samples::Activity::compute) effort->compute += time;
        if (span.activity == samples::Activity::wait) effort->wait += time;
        if (span.activity == samples::Activity::send) effort->send += time;
    }
    totals.has_waits |= span.activity == samples::Activity::wait;
}

}  // namespace

FrameTotals add_up(const samples::Timeline& timeline, std::uint32_t route) {
    FrameTotals totals;
    totals.latency = timeline.latency;
    for (const samples::Span& span : timeline.spans) add_span(span, route, totals);
    std::map<LinkKey, std::vector<Interval>> intervals;
    for (const samples::Transfer& transfer : timeline.transfers) {
        const LinkKey key{transfer.from, transfer.to};
        Traffic& traffic = totals.links[key];
        ++traffic.messages;
        traffic.payload += transfer.bytes;
        intervals[key].emplace_back(transfer.begin, transfer.end);
    }
    for (auto& [key, times] : intervals) totals.links[key].busy = covered(std::move(times));
    return totals;
}

}  // namespace convoy::report::detail

#include <algorithm>
#include <numeric>

#include "graph/calculus.hpp"
#include "partition/deal.hpp"
#include "partition/proportion.hpp"
#include "partition/step.hpp"
#include "partition/units.hpp"

/// Which ways there are, and their stages.
namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::OperatorId;
using graph::TensorId;

namespace {

OperatorId operator_id(std::size_t op) { return OperatorId{static_cast<std::uint32_t>(op)}; }

bool may_sum(const graph::Graph& graph, const Element& element, Axis axis) {
    const OperatorId head = operator_id(element.range.begin);
    const graph::Operator& op = graph.op(head);
    if (op.inputs.empty() || (axis == Axis::c && op.group != 1)) return false;
    if (element.range.end - element.range.begin > 1 && !element.filters) return false;
    if (graph.tensor(op.inputs.front()).full[axis].size() < 2) return false;
    for (std::size_t behind = element.range.begin + 1; behind < element.range.end; ++behind) {
        if (!is_channelwise(graph, operator_id(behind))) return false;
    }
    return graph::cuts(graph, head).contraction[static_cast<std::size_t>(axis)];
}

/// Sets of operators of the range, but for the last, that share no tensor made inside it.
std::vector<std::vector<OperatorId>> branches_of(const graph::Graph& graph, OperatorRange range) {
    std::vector<std::size_t> root(range.end - range.begin);
    std::iota(root.begin(), root.end(), std::size_t{0});
    const auto find = [&](std::size_t op) {
        while (root[op] != op) op = root[op];
        return op;
    };
    for (std::size_t op = range.begin; op + 1 < range.end; ++op) {
        for (const TensorId input : graph.operators()[op].inputs) {
            const auto producer = graph.producer(input);
            if (!producer || index(*producer) < range.begin) continue;
            const std::size_t a = find(op - range.begin);
            const std::size_t b = find(index(*producer) - range.begin);
            root[std::max(a, b)] = std::min(a, b);
        }
    }
    std::map<std::size_t, std::vector<OperatorId>> by_root;
    for (std::size_t op = range.begin; op + 1 < range.end; ++op) {
        by_root[find(op - range.begin)].push_back(operator_id(op));
    }
    std::vector<std::vector<OperatorId>> branches;
    for (auto& [first, branch] : by_root) branches.push_back(std::move(branch));
    return branches;
}

/// Each tile in so many parts along the longer of the edges that may be cut.
Tiling chunked(const Tiling& tiling, Axes axes, std::size_t chunks) {
    if (chunks < 2) return tiling;
    Tiling parts;
    for (const Placed& placed : tiling) {
        const bool rows = axes.h && (!axes.w || placed.tile.h.size() >= placed.tile.w.size());
        const Interval& edge = rows ? placed.tile.h : placed.tile.w;
        const auto count = std::min(static_cast<Index>(chunks), edge.size());
        for (Index k = 0; k < count; ++k) {
            const Interval part{edge.begin + edge.size() * k / count, edge.begin + edge.size() * (k + 1) / count};
            parts.push_back({placed.device, rows ? Tile{part, placed.tile.w} : Tile{placed.tile.h, part}});
        }
    }
    return parts;
}

}  // namespace

void Menu::add_sums(std::vector<Way>& ways, Way way) const {
    for (const Decision::Sum sum : {Decision::Sum::direct, Decision::Sum::scatter}) {
        way.sum = sum;
        way.device = 0;
        ways.push_back(way);
    }
    way.sum = Decision::Sum::star;
    for (const std::size_t device : sets_[way.set]) {
        const bool may = std::find(singles_.begin(), singles_.end(), device) != singles_.end();
        way.device = device;
        if (may) ways.push_back(way);
    }
}

Axes Menu::axes_of(OperatorRange range) {
    const auto [entry, added] = axes_.try_emplace({range.begin, range.end});
    if (added) entry->second = cut_axes(problem_.graph, range);
    return entry->second;
}

bool Menu::is_block(std::size_t first, std::size_t end) const {
    const Element& element = elements_[first];
    return end - first == 1 && !element.filters && element.range.end - element.range.begin > 2;
}

std::vector<Way> Menu::ways(std::size_t first, std::size_t end) {
    std::vector<Way> ways;
    const Axes axes = axes_of(range(first, end));
    const Element& element = elements_[first];
    const bool one = end - first == 1;
    // Longer runs on one device are such steps one after the other.
    for (const std::size_t device : singles_) {
        if (one) ways.push_back({.kind = Way::Kind::device, .device = device});
    }
    const bool block = is_block(first, end);
    for (std::size_t set = 0; set < sets_.size(); ++set) {
        if (axes.h) ways.push_back({.kind = Way::Kind::tiles, .set = set, .axes = kRows});
        if (axes.w) ways.push_back({.kind = Way::Kind::tiles, .set = set, .axes = kColumns});
        if (axes.both() && sets_[set].size() > 2) {
            ways.push_back({.kind = Way::Kind::tiles, .set = set, .axes = kBoth});
        }
        if (one && (element.filters || element.channels)) ways.push_back({.kind = Way::Kind::channels, .set = set});
        for (const Axis axis : {Axis::c, Axis::h}) {
            if (!one || !may_sum(problem_.graph, element, axis)) continue;
            add_sums(ways, {.kind = Way::Kind::addends, .set = set, .summed = axis});
        }
        if (end - first == 2 && elements_[first + 1].joins) add_sums(ways, {.kind = Way::Kind::pair, .set = set});
        if (one) ways.push_back({.kind = Way::Kind::replicated, .set = set});
        for (std::size_t k = 1; set == 0 && k <= deals_.size(); ++k) add_deal(ways, first, end, k);
        if (!block) continue;
        ways.push_back({.kind = Way::Kind::inner_tiles, .set = set, .axes = kRows});
        if (sets_[set].size() > 2) ways.push_back({.kind = Way::Kind::inner_tiles, .set = set, .axes = kBoth});
        ways.push_back({.kind = Way::Kind::inner_channels, .set = set});
        for (const std::size_t device : sets_[set]) {
            if (std::find(singles_.begin(), singles_.end(), device) == singles_.end()) continue;
            ways.push_back({.kind = Way::Kind::branches, .device = device, .set = set});
        }
    }
    return ways;
}

/// The same cuts in fixed shares, which only the first set has.
void Menu::add_deal(std::vector<Way>& ways, std::size_t first, std::size_t end, std::size_t k) {
    const Axes axes = axes_of(range(first, end));
    const Element& element = elements_[first];
    const bool one = end - first == 1;
    if (axes.h) ways.push_back({.kind = Way::Kind::tiles, .axes = kRows, .deal = k});
    if (axes.w) ways.push_back({.kind = Way::Kind::tiles, .axes = kColumns, .deal = k});
    const bool channels = one && (element.filters || element.channels);
    if (channels) ways.push_back({.kind = Way::Kind::channels, .deal = k});
    if (one && may_sum(problem_.graph, element, Axis::c)) {
        add_sums(ways, {.kind = Way::Kind::addends, .summed = Axis::c, .deal = k});
    }
    if (end - first == 2 && elements_[first + 1].joins) add_sums(ways, {.kind = Way::Kind::pair, .deal = k});
}

Menu::Stages Menu::stages_of(const Way& way, std::size_t first, std::size_t end) {
    const OperatorRange run = range(first, end);
    const bool one = end - first == 1;
    switch (way.kind) {
        case Way::Kind::device:
            return {device_stage(problem_.graph, run, way.device)};
        case Way::Kind::tiles:
        case Way::Kind::grid:
            return tiled(way, run);
        case Way::Kind::channels:
            return one && (elements_[first].filters || elements_[first].channels) ? channels(way, first) : Stages{};
        case Way::Kind::addends:
            return one && may_sum(problem_.graph, elements_[first], way.summed) ? summed(way, first, end) : Stages{};
        case Way::Kind::pair:
            return end - first == 2 && elements_[first + 1].joins ? summed(way, first, end) : Stages{};
        case Way::Kind::replicated:
            return {replicated_stage(problem_.graph, run, sets_[way.set])};
        case Way::Kind::inner_tiles:
            return one ? inner_tiles(way, first) : Stages{};
        case Way::Kind::inner_channels:
            return one ? inner_channels(way, first) : Stages{};
        case Way::Kind::branches:
            return one ? branches(way, first) : Stages{};
    }
    return {};
}

Menu::Stages Menu::tiled(const Way& way, OperatorRange range) {
    const Tiling tiling = tiling_of(way, range);
    if (tiling.size() < 2) return {};
    return {tiled_stage(problem_.graph, range, chunked(tiling, axes_of(range), way.chunks))};
}

/// Empty where the range cannot be cut like that.
Tiling Menu::tiling_of(const Way& way, OperatorRange range) {
    const Axes axes = axes_of(range);
    if ((axes & way.axes) != way.axes || !way.axes.any()) return {};
    const std::vector<std::size_t>& devices = sets_[way.set];
    const Tile full = slices_.extent(range);
    if (way.kind == Way::Kind::grid) return equal_grid(full, axes, way.grid, devices);
    const std::size_t tile_rows = std::min(way.tile_rows, devices.size());
    if (way.shares != Way::Shares::by_speed)
        return deal_out(slices_, range, way.axes, {devices, way.shares == Way::Shares::balanced, tile_rows});
    if (way.axes.both()) return proportional_grid(full, tile_rows, devices, parts_of(way, range));
    const Index extent = way.axes.h ? full.h.size() : full.w.size();
    return bands(full, way.axes, devices, deal(way, range, extent, 1));
}

/// Of the devices of its set: parts of 1.
std::vector<double> Menu::parts_of(const Way& way, OperatorRange range) const {
    if (way.deal > 0) return deals_[way.deal - 1];
    std::vector<double> parts;
    double sum = 0;
    for (const std::size_t device : sets_[way.set]) {
        parts.push_back(1 / std::max(slices_.whole(range, device).count(), 1e-12));
        sum += parts.back();
    }
    for (double& part : parts) part /= sum;
    return parts;
}

std::vector<Interval> Menu::deal(const Way& way, OperatorRange range, Index extent, Index granule) const {
    return deal_by(extent, granule, parts_of(way, range));
}

Menu::Stages Menu::channels(const Way& way, std::size_t element) {
    const OperatorRange run = elements_[element].range;
    const std::vector<std::size_t>& devices = sets_[way.set];
    const Index granule = channel_granule(problem_.graph, operator_id(run.begin), devices.size());
    const Index extent = output_channels(problem_.graph, operator_id(run.end - 1));
    return {channel_stage(problem_.graph, run, {devices, deal(way, run, extent, granule)})};
}

Menu::Stages Menu::summed(const Way& way, std::size_t first, std::size_t end) {
    const std::vector<std::size_t>& devices = sets_[way.set];
    const OperatorRange run = range(first, end);
    const OperatorRange sums{run.begin, elements_[end - 1].range.begin + 1};
    const OperatorRange behind{sums.end, run.end};
    const OperatorId last = operator_id(sums.end - 1);
    const TensorId tensor = problem_.graph.op(last).outputs.front();
    const graph::Box input = problem_.graph.tensor(problem_.graph.op(last).inputs.front()).full;
    Index granule = 1;
    if (way.kind == Way::Kind::pair) {
        granule = channel_granule(problem_.graph, operator_id(run.begin), devices.size());
    }
    const std::vector<Interval> parts = deal(way, sums, input[way.summed].size(), granule);
    Stages stages{addend_stage(problem_.graph, sums, {devices, parts})};
    if (way.summed != Axis::c) {
        for (plan::Share& share : stages.front().shares) {
            const auto at = std::find(devices.begin(), devices.end(), index(share.device)) - devices.begin();
            share.pieces.front().in = input;
            (*share.pieces.front().in)[way.summed] = parts[static_cast<std::size_t>(at)];
        }
        std::erase_if(stages.front().shares,
                      [&](const plan::Share& share) { return share.pieces.front().in.value()[way.summed].empty(); });
    }
    if (way.sum == Decision::Sum::scatter) {
        const Index extent = output_channels(problem_.graph, last);
        const ChannelShares shares{devices, deal(way, sums, extent, 1)};
        stages.push_back(hold_channels(problem_.graph, tensor, shares));
        if (behind.begin < behind.end) stages.push_back(channel_stage(problem_.graph, behind, shares));
        return stages;
    }
    const std::vector<std::size_t> readers =
        way.sum == Decision::Sum::star ? std::vector<std::size_t>{way.device} : devices;
    stages.push_back(hold_on(problem_.graph, tensor, readers));
    if (behind.begin < behind.end) stages.push_back(replicated_stage(problem_.graph, behind, readers));
    return stages;
}

Menu::Stages Menu::inner_tiles(const Way& way, std::size_t element) {
    const OperatorRange run = elements_[element].range;
    const std::vector<std::size_t>& devices = sets_[way.set];
    Stages stages;
    for (std::size_t op = run.begin; op < run.end; ++op) {
        const OperatorRange range{op, op + 1};
        const Tiling tiling = tiling_of(way, range);
        stages.push_back(tiling.size() < 2 ? device_stage(problem_.graph, range, devices.front())
                                           : tiled_stage(problem_.graph, range, tiling));
    }
    return stages;
}

Menu::Stages Menu::inner_channels(const Way& way, std::size_t element) {
    const OperatorRange run = elements_[element].range;
    const std::vector<std::size_t>& devices = sets_[way.set];
    Stages stages;
    for (std::size_t begin = run.begin; begin < run.end;) {
        std::size_t end = begin + 1;
        const bool cut =
            has_filters(problem_.graph, operator_id(begin)) || is_channelwise(problem_.graph, operator_id(begin));
        while (cut && end < run.end && is_channelwise(problem_.graph, operator_id(end))) {
            const auto& inputs = problem_.graph.operators()[end].inputs;
            const TensorId before = problem_.graph.operators()[end - 1].outputs.front();
            if (std::find(inputs.begin(), inputs.end(), before) == inputs.end()) break;
            ++end;
        }
        const OperatorRange range{begin, end};
        if (cut) {
            const Index granule = channel_granule(problem_.graph, operator_id(begin), devices.size());
            const Index extent = output_channels(problem_.graph, operator_id(end - 1));
            stages.push_back(channel_stage(problem_.graph, range, {devices, deal(way, run, extent, granule)}));
        } else {
            stages.push_back(replicated_stage(problem_.graph, range, devices));
        }
        begin = end;
    }
    return stages;
}

/// The longest branch first, each to the device that is done with it first.
Menu::Stages Menu::branches(const Way& way, std::size_t element) {
    const OperatorRange run = elements_[element].range;
    const std::vector<std::size_t>& devices = sets_[way.set];
    std::vector<std::vector<OperatorId>> branches = branches_of(problem_.graph, run);
    if (branches.size() < 2) return {};
    const auto time = [&](const std::vector<OperatorId>& branch, std::size_t device) {
        util::Seconds sum{};
        for (const OperatorId op : branch) sum += slices_.whole({index(op), index(op) + 1}, device);
        return sum;
    };
    std::stable_sort(branches.begin(), branches.end(),
                     [&](const auto& a, const auto& b) { return time(a, devices.front()) > time(b, devices.front()); });
    std::vector<util::Seconds> busy(devices.size());
    Stages stages;
    for (const std::vector<OperatorId>& branch : branches) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < devices.size(); ++i) {
            if (busy[i] + time(branch, devices[i]) < busy[best] + time(branch, devices[best])) best = i;
        }
        busy[best] += time(branch, devices[best]);
        stages.push_back(device_stage(problem_.graph, branch, devices[best]));
    }
    stages.push_back(device_stage(problem_.graph, OperatorRange{run.end - 1, run.end}, way.device));
    return stages;
}

}  // namespace convoy::partition::detail

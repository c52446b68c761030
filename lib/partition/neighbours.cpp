#include "partition/neighbours.hpp"

#include <algorithm>
#include <array>

namespace convoy::partition::detail {

using util::Seconds;

namespace {

/// Part of the latency that tiles in chunks are taken to hide: their transfers overlap with computing, of which the
/// estimates know nothing.
constexpr double kHidden = 0.02;
constexpr std::array kAllShares{Way::Shares::by_speed, Way::Shares::balanced, Way::Shares::equal};

}  // namespace

Neighbours::Neighbours(Menu& menu, StepProgramme& programme, const Sequence& start, std::size_t widest)
    : menu_(menu), programme_(programme), start_(start) {
    for (std::size_t at = 0; at < start.steps.size(); ++at) ways_.push_back(brought(at, start.gathers[at]));
    ways_.push_back(menu.finish(*start.steps.back()));
    for (std::size_t from = 0; from < start.steps.size(); ++from) {
        for (std::size_t to = from + 1; to <= std::min(start.steps.size(), from + widest); ++to) replace(from, to);
        vary_tiles(from);
        split(from);
        if (from > 0) change_gather(from);
        if (from + 1 < start.steps.size()) shift_border(from);
    }
    std::stable_sort(changes_.begin(), changes_.end(),
                     [](const Change& a, const Change& b) { return a.cost < b.cost; });
}

std::optional<Sequence> Neighbours::next() {
    if (next_ == changes_.size()) return std::nullopt;
    const Change& change = changes_[next_++];
    if (change.steps.empty()) {
        Sequence sequence = start_;
        sequence.gathers[change.from] = change.gather;
        sequence.cost = change.cost;
        return sequence;
    }
    const auto begin = start_.steps.begin();
    std::vector<const Step*> steps(begin, begin + static_cast<std::ptrdiff_t>(change.from));
    steps.insert(steps.end(), change.steps.begin(), change.steps.end());
    steps.insert(steps.end(), begin + static_cast<std::ptrdiff_t>(change.to), start_.steps.end());
    return programme_.complete(steps, &start_);
}

Seconds Neighbours::brought(std::size_t at, const std::optional<std::size_t>& gather) {
    const Step* before = at == 0 ? nullptr : start_.steps[at - 1];
    if (gather) return menu_.bring_over(*before, *start_.steps[at], *gather);
    return menu_.bring(before, *start_.steps[at]).time;
}

/// @param steps  that come instead of [from, to); impossible ones: no change
void Neighbours::add(std::size_t from, std::size_t to, std::vector<const Step*> steps) {
    if (std::find(steps.begin(), steps.end(), nullptr) != steps.end()) return;
    Seconds cost = start_.cost - ways_[to];
    for (std::size_t at = from; at < to; ++at) cost -= ways_[at] + start_.steps[at]->cost;
    const Step* before = from == 0 ? nullptr : start_.steps[from - 1];
    for (const Step* step : steps) {
        cost += programme_.transfer(before, *step).time + step->cost - programme_.saved(before, *step);
        before = step;
    }
    if (to < start_.steps.size()) {
        cost += programme_.transfer(before, *start_.steps[to]).time - programme_.saved(before, *start_.steps[to]);
    } else {
        cost += menu_.finish(*before);
    }
    changes_.push_back({cost, from, to, std::move(steps), {}});
}

void Neighbours::replace(std::size_t from, std::size_t to) {
    const std::size_t first = start_.steps[from]->first;
    const std::size_t end = start_.steps[to - 1]->end;
    for (const Step* step : menu_.steps(first, end)) {
        if (to - from > 1 || step != start_.steps[from]) add(from, to, {step});
    }
    if (end - first == 1) return;
    for (const std::size_t device : menu_.singles()) {
        const Step* step = menu_.find({.kind = Way::Kind::device, .device = device}, first, end);
        if (to - from > 1 || step != start_.steps[from]) add(from, to, {step});
    }
}

/// In other shares; in chunks.
void Neighbours::vary_tiles(std::size_t at) {
    const Step& step = *start_.steps[at];
    if (step.way.kind != Way::Kind::tiles) return;
    for (const Way::Shares shares : kAllShares) {
        if (step.way.shares == shares) continue;
        Way way = step.way;
        way.shares = shares;
        add(at, at + 1, {menu_.find(way, step.first, step.end)});
    }
    for (const std::size_t chunks : {1, 2, 4}) {
        if (step.way.chunks == chunks) continue;
        Way way = step.way;
        way.chunks = chunks;
        const std::size_t before = changes_.size();
        add(at, at + 1, {menu_.find(way, step.first, step.end)});
        if (changes_.size() > before && chunks > 1) changes_.back().cost = (1 - kHidden) * start_.cost;
    }
}

void Neighbours::split(std::size_t at) {
    const Step& step = *start_.steps[at];
    if (step.way.kind != Way::Kind::tiles) return;
    for (std::size_t border = step.first + 1; border < step.end; ++border) {
        add(at, at + 1, {menu_.find(step.way, step.first, border), menu_.find(step.way, border, step.end)});
    }
}

void Neighbours::shift_border(std::size_t at) {
    const Step& before = *start_.steps[at];
    const Step& behind = *start_.steps[at + 1];
    for (std::size_t border = before.first + 1; border < behind.end; ++border) {
        if (border == before.end) continue;
        add(at, at + 2, {menu_.find(before.way, before.first, border), menu_.find(behind.way, border, behind.end)});
    }
}

/// Another device, or none, gathers in front of a step.
void Neighbours::change_gather(std::size_t at) {
    if (start_.steps[at - 1]->exit.size() < 2 && start_.steps[at]->needs.size() < 2) return;
    std::vector<std::optional<std::size_t>> gathers{std::nullopt};
    for (const std::size_t device : menu_.singles()) gathers.emplace_back(device);
    for (const std::optional<std::size_t>& gather : gathers) {
        if (gather == start_.gathers[at]) continue;
        changes_.push_back({start_.cost - ways_[at] + brought(at, gather), at, at, {}, gather});
    }
}

}  // namespace convoy::partition::detail

#include "partition/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "graph/calculus.hpp"
#include "partition/best_plan.hpp"
#include "partition/deal.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

using graph::Interval;
using util::Bytes;
using util::Seconds;

namespace {

constexpr Seconds kNever(std::numeric_limits<double>::infinity());
/// Devices of a pipeline; each further one makes the search longer by a square.
constexpr std::size_t kMostPipelineDevices = 8;

std::vector<double> weights_until(const graph::Graph& graph, const std::vector<Unit>& units) {
    std::vector<double> sums{0};
    for (const Unit& unit : units) {
        sums.push_back(sums.back());
        for (std::size_t op = unit.range.begin; op < unit.range.end; ++op) {
            const graph::Work work = graph::whole_work(graph, graph::OperatorId{static_cast<std::uint32_t>(op)});
            sums.back() += static_cast<double>(graph::weight_bytes(graph, work).value);
        }
    }
    return sums;
}

}  // namespace

PipelineSearch::PipelineSearch(const Problem& problem, Slices& slices, const std::vector<Unit>& units,
                               std::vector<std::size_t> order, Period period)
    : problem_(problem),
      slices_(slices),
      units_(units),
      order_(std::move(order)),
      period_(period),
      room_(problem.bed.cluster().devices.size(), std::numeric_limits<double>::infinity()),
      weights_until_(weights_until(problem.graph, units)) {
    for (std::size_t position = 0; position <= units.size(); ++position) alive_.push_back(alive_bytes(position));
}

Bytes PipelineSearch::alive_bytes(std::size_t position) const {
    Bytes bytes;
    const bool end = position == units_.size();
    const auto tensors = end ? problem_.graph.outputs() : alive_at(problem_.graph, units_[position].range.begin);
    for (const graph::TensorId tensor : tensors) bytes += problem_.graph.tensor(tensor).bytes();
    return bytes;
}

OperatorRange PipelineSearch::range(const PipelineStage& stage) const {
    return {units_[stage.first].range.begin, units_[stage.end - 1].range.end};
}

std::vector<std::size_t> PipelineSearch::devices(const PipelineStage& stage) const {
    const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(stage.device);
    return {begin, begin + static_cast<std::ptrdiff_t>(stage.group)};
}

bool PipelineSearch::may_share_rows(const PipelineStage& stage) {
    const auto [known, added] = shareable_.try_emplace({stage.first, stage.end}, false);
    if (added) known->second = cut_axes(problem_.graph, range(stage)).h;
    return known->second;
}

std::vector<Interval> PipelineSearch::rows(const PipelineStage& stage) {
    std::vector<double> speeds;
    for (const std::size_t device : devices(stage)) {
        speeds.push_back(1 / std::max(slices_.whole(range(stage), device).count(), 1e-12));
    }
    const std::vector<double> no_limits(speeds.size(), 1);
    return deal_by(slices_.extent(range(stage)).h.size(), 1, proportions(speeds, no_limits));
}

Seconds PipelineSearch::together(Seconds compute, Seconds in, Seconds out) const {
    return period_ == Period::sum ? compute + in + out : std::max({compute, in, out});
}

Seconds PipelineSearch::period(const PipelineStage& stage) {
    const double weights = weights_until_[stage.end] - weights_until_[stage.first];
    for (std::size_t place = stage.device; place < stage.device + stage.group; ++place) {
        if (weights > room_[order_[place]]) return kNever;
    }
    const std::size_t units = units_.size();
    const std::size_t devices = order_.size();
    const std::size_t run = stage.first * units + stage.end - 1;
    const auto [known, added] = known_.try_emplace((run * devices + stage.device) * devices + stage.group - 1);
    if (added) known->second = work_out(stage);
    return known->second;
}

/// What comes is from the device in front in the order, or the source; what goes is to the next one, or the sink.
Seconds PipelineSearch::work_out(const PipelineStage& stage) {
    const latency::Bed& bed = problem_.bed;
    const std::vector<std::size_t> group = devices(stage);
    const std::size_t from = stage.first == 0 || stage.device == 0 ? bed.cluster().source : order_[stage.device - 1];
    const bool last = stage.end == units_.size();
    const std::size_t next = stage.device + stage.group;
    const std::size_t to = last || next >= order_.size() ? bed.cluster().sink : order_[next];
    const auto message = [&](std::size_t a, std::size_t b, Bytes bytes) {
        return a == b || bytes.value == 0 ? Seconds{} : bed.occupancy(a, b, bytes);
    };
    if (group.size() == 1) {
        const std::size_t device = group.front();
        return together(bed.piece_overhead(device) + slices_.whole(range(stage), device),
                        message(from, device, alive_[stage.first]), message(device, to, alive_[stage.end]));
    }
    if (!may_share_rows(stage)) return kNever;
    const Tile full = slices_.extent(range(stage));
    const std::vector<Interval> parts = rows(stage);
    Seconds slowest{};
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (parts[i].empty()) continue;
        const Slice& slice = slices_.at(range(stage), {parts[i], full.w});
        Seconds in{};
        for (const Slice::Input& input : slice.inputs) {
            const graph::TensorInfo& tensor = problem_.graph.tensor(input.tensor);
            const graph::Index area = tensor.full[graph::Axis::h].size() * tensor.full[graph::Axis::w].size();
            in += message(from, group[i],
                          Bytes(tensor.bytes().value / std::max<graph::Index>(area, 1) * input.tile.area()));
        }
        const Bytes out(alive_[stage.end].value * parts[i].size() / full.h.size());
        slowest = std::max(slowest, together(slices_.time(slice, group[i]), in, message(group[i], to, out)));
    }
    return slowest;
}

std::vector<std::vector<PipelineStage>> PipelineSearch::run() {
    struct Best {
        Seconds period = kNever;
        PipelineStage last;
    };
    const std::size_t units = units_.size();
    const std::size_t devices = order_.size();
    // by stages, units done, devices used
    std::vector<std::vector<std::vector<Best>>> best(
        devices + 1, std::vector<std::vector<Best>>(units + 1, std::vector<Best>(devices + 1)));
    best[0][0][0].period = Seconds{};
    for (std::size_t stages = 1; stages <= devices; ++stages) {
        for (std::size_t first = 0; first < units; ++first) {
            for (std::size_t used = 0; used < devices; ++used) {
                const Seconds before = best[stages - 1][first][used].period;
                if (before == kNever) continue;
                for (std::size_t end = first + 1; end <= units; ++end) {
                    for (std::size_t group = 1; used + group <= devices; ++group) {
                        const PipelineStage stage{first, end, used, group};
                        Best& at = best[stages][end][used + group];
                        if (before >= at.period) continue;
                        const Seconds period = std::max(before, this->period(stage));
                        if (period < at.period) at = {period, stage};
                    }
                }
            }
        }
    }
    std::vector<std::vector<PipelineStage>> found;
    for (std::size_t stages = 1; stages <= devices; ++stages) {
        std::size_t used = 0;
        for (std::size_t k = 1; k <= devices; ++k) {
            if (best[stages][units][k].period < best[stages][units][used].period) used = k;
        }
        std::vector<PipelineStage> pipeline;
        std::size_t end = units;
        for (std::size_t s = stages; s > 0 && best[s][end][used].period < kNever; --s) {
            pipeline.push_back(best[s][end][used].last);
            end = pipeline.back().first;
            used = pipeline.back().device;
        }
        std::reverse(pipeline.begin(), pipeline.end());
        found.push_back(std::move(pipeline));
    }
    return found;
}

plan::Plan PipelineSearch::plan(const std::vector<PipelineStage>& stages, bool balanced) {
    plan::Plan plan = empty_plan(problem_.bed);
    for (const PipelineStage& stage : stages) {
        const std::vector<std::size_t> group = devices(stage);
        if (group.size() == 1) {
            plan.routes.front().stages.push_back(device_stage(problem_.graph, range(stage), group.front()));
            continue;
        }
        Tiling tiling;
        if (balanced) {
            std::vector<std::size_t> ascending = group;
            std::sort(ascending.begin(), ascending.end());
            tiling = deal_out(slices_, range(stage), {true, false}, {ascending, true, 2});
        } else {
            const Interval columns = slices_.extent(range(stage)).w;
            const std::vector<Interval> parts = rows(stage);
            for (std::size_t i = 0; i < group.size(); ++i) {
                if (!parts[i].empty()) tiling.push_back({group[i], {parts[i], columns}});
            }
        }
        plan.routes.front().stages.push_back(tiled_stage(problem_.graph, range(stage), tiling));
    }
    return without_idle_devices(plan);
}

namespace {

/// Fastest first, slowest first, and the source first.
std::vector<std::vector<std::size_t>> orders_of(const Problem& problem) {
    const std::vector<double> speeds = speeds_for_model(problem);
    std::vector<std::size_t> order;
    for (std::size_t device = 0; device < speeds.size(); ++device) order.push_back(device);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return speeds[a] > speeds[b]; });
    const std::size_t most = std::max(kMostPipelineDevices, problem.least_devices.value_or(0));
    order.resize(std::min({order.size(), problem.most_devices, most}));
    std::vector<std::vector<std::size_t>> orders{order};
    orders.emplace_back(order.rbegin(), order.rend());
    const auto source = std::find(order.begin(), order.end(), problem.bed.cluster().source);
    if (source != order.end()) std::rotate(order.begin(), source, source + 1);
    orders.push_back(order);
    std::vector<std::vector<std::size_t>> unlike;
    const auto alike = [&](const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
        return std::equal(a.begin(), a.end(), b.begin(), [&](std::size_t x, std::size_t y) {
            return speeds[x] == speeds[y] && (x == problem.bed.cluster().source) == (y == problem.bed.cluster().source);
        });
    };
    for (const auto& candidate : orders) {
        const auto same = [&](const std::vector<std::size_t>& other) { return alike(candidate, other); };
        const bool even = problem.bed.cluster().pairs.empty();
        if (!even || std::none_of(unlike.begin(), unlike.end(), same)) unlike.push_back(candidate);
    }
    return unlike;
}

void offer_pipeline(BestPlan& best, PipelineSearch& search, const std::vector<PipelineStage>& stages) {
    for (const bool balanced : {false, true}) {
        const bool shares = std::any_of(stages.begin(), stages.end(), [](const auto& s) { return s.group > 1; });
        if (balanced && !shares) continue;
        plan::Plan plan = search.plan(stages, balanced);
        // A frame for each stage, and one that is on its way.
        for (const std::size_t more : {0, 1}) {
            plan.in_flight = static_cast<int>(stages.size() + more);
            best.offer(plan);
        }
    }
}

}  // namespace

plan::Plan make_pipeline(const Problem& problem) {
    const std::size_t least = problem.least_devices.value_or(2);
    require_devices(problem, "pipeline", least);
    const std::vector<Unit> units = block_units(problem.graph, {true, false});
    if (units.empty()) {
        throw util::Error(util::Errc::impossible, "the model has no operators: there is nothing to plan");
    }
    const Period period = problem.settings.is(kPipelinePeriod, "sum") ? Period::sum : Period::overlap;
    Slices slices(problem);
    BestPlan best(problem, least, Goal::throughput);
    for (const std::vector<std::size_t>& order : orders_of(problem)) {
        PipelineSearch search(problem, slices, units, order, period);
        const auto make = [&](const Room& room) -> std::optional<plan::Plan> {
            search.set_room(room);
            BestPlan within(problem, least, Goal::throughput);
            std::optional<plan::Plan> too_large;
            for (const std::vector<PipelineStage>& stages : search.run()) {
                if (stages.empty()) continue;
                offer_pipeline(within, search, stages);
                too_large = search.plan(stages, false);
            }
            return within.empty() ? too_large : std::optional(within.plan());
        };
        std::string why;
        if (auto plan = fit_memory(problem, make, why)) {
            best.offer(std::move(*plan));
        } else {
            best.refuse(why.empty() ? "the devices' memory is too small for the model's weights" : why);
        }
    }
    return std::move(best).take(fmt::format("no cut of the model gives {} devices something to compute", least));
}

}  // namespace convoy::partition::detail

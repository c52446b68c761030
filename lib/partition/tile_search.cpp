#include "partition/tile_search.hpp"

#include <algorithm>
#include <limits>

#include "partition/device_sets.hpp"
#include "partition/tile_traffic.hpp"

namespace convoy::partition::detail {

using util::Bytes;
using util::Seconds;

namespace {

constexpr Seconds kNever(std::numeric_limits<double>::infinity());

OperatorRange range_of(const std::vector<Unit>& units, std::size_t first, std::size_t end) {
    return {units[first].range.begin, units[end - 1].range.end};
}

}  // namespace

TileSearch::TileSearch(const Problem& problem, Slices& slices, std::vector<Unit> units, Axes axes,
                       std::size_t longest_run)
    : problem_(problem), slices_(slices), units_(std::move(units)), longest_run_(longest_run) {
    for (std::size_t first = 0; first < units_.size(); ++first) {
        std::vector<Axes> fusable;
        for (std::size_t end = first + 1; end <= std::min(units_.size(), first + longest_run_); ++end) {
            if (!units_[end - 1].axes.any()) break;
            fusable.push_back(cut_axes(problem.graph, range_of(units_, first, end)) & axes);
        }
        fusable_.push_back(std::move(fusable));
    }
    for (std::size_t position = 0; position <= units_.size(); ++position) {
        Bytes bytes;
        if (position < units_.size()) {
            for (const auto tensor : alive_at(problem.graph, units_[position].range.begin)) {
                bytes += problem.graph.tensor(tensor).bytes();
            }
        } else {
            for (const auto tensor : problem.graph.outputs()) bytes += problem.graph.tensor(tensor).bytes();
        }
        alive_.push_back(bytes);
    }
    single_ = single_devices(problem, slices);
}

const Tiling& TileSearch::tiling(std::size_t first, std::size_t end, const Deal& deal) {
    const std::tuple key{first, end, deal};
    const auto found = tilings_.find(key);
    if (found != tilings_.end()) return found->second;
    const OperatorRange range = range_of(units_, first, end);
    return tilings_.emplace(key, deal_out(slices_, range, fusable_[first][end - first - 1], deal)).first->second;
}

/// One pass of a search over the positions.
class Pass {
  public:
    Pass(TileSearch& search, const SearchRules& rules)
        : search_(search),
          rules_(rules),
          devices_(search.problem_.bed.cluster().devices.size()),
          states_(search.units_.size() + 1) {
        for (auto& states : states_) states.resize(devices_ + search.longest_run_);
    }

    std::vector<Segment> run() {
        State& start = states_[0][search_.problem_.bed.cluster().source];
        start.cost = Seconds{};
        for (std::size_t position = 0; position < search_.units_.size(); ++position) {
            extend_by_tiles(position);
            if (may_be_single(position)) extend_on_devices(position);
        }
        return back_track();
    }

  private:
    /// By position: the first states are "on device d", the others "cut into tiles by a run of so many units".
    struct State {
        Seconds cost = kNever;
        std::size_t before = 0;  ///< state at the position where the last segment began
        Tiling tiling;           ///< of a run
    };

    [[nodiscard]] const latency::Bed& bed() const { return search_.problem_.bed; }
    [[nodiscard]] bool is_run(std::size_t state) const { return state >= devices_; }
    [[nodiscard]] std::size_t length(std::size_t state) const { return is_run(state) ? state - devices_ + 1 : 1; }

    [[nodiscard]] bool may_be_single(std::size_t unit) const {
        return unit >= rules_.split_before || !search_.units_[unit].axes.any();
    }

    [[nodiscard]] bool may_be_run(std::size_t first, std::size_t end) const {
        if (!search_.fusable_[first][end - first - 1].any() || !rules_.fusion_ends[first] || !rules_.fusion_ends[end]) {
            return false;
        }
        for (std::size_t position = first + 1; rules_.fixed && position < end; ++position) {
            if (rules_.fusion_ends[position]) return false;
        }
        return true;
    }

    [[nodiscard]] Seconds one_message(std::size_t from, std::size_t to, Bytes bytes) const {
        if (from == to || bytes.value == 0) return Seconds{};
        return bed().occupancy(from, to, bytes) + bed().delay(from, to);
    }

    using PlacedSlices = std::vector<std::pair<std::size_t, const Slice*>>;

    /// Brings each device what its slices of a run that begins at `position` read.
    [[nodiscard]] Seconds bring(std::size_t position, std::size_t state, const PlacedSlices& slices) {
        Traffic traffic(bed());
        for (const auto& [device, slice] : slices) {
            for (const Slice::Input& input : slice->inputs) bring_input(traffic, position, state, device, input);
        }
        return traffic.duration();
    }

    void bring_input(Traffic& traffic, std::size_t position, std::size_t state, std::size_t device,
                     const Slice::Input& input) const {
        const graph::TensorInfo& tensor = search_.problem_.graph.tensor(input.tensor);
        const bool is_graph_input = !search_.problem_.graph.producer(input.tensor);
        if (is_graph_input || !is_run(state)) {
            const std::size_t holder = is_graph_input ? bed().cluster().source : state;
            return traffic.carry(holder, device, tile_bytes(tensor, input.tile));
        }
        const Tile last = search_.slices_.extent(range_of(search_.units_, position - length(state), position));
        carry_lacking(traffic, tensor, {states_[position][state].tiling, last}, {device, input.tile});
    }

    /// Brings everything that is alive at `position` to one device.
    [[nodiscard]] Seconds gather(std::size_t position, std::size_t state, std::size_t device) const {
        const Bytes alive = search_.alive_[position];
        if (!is_run(state)) return one_message(state, device, alive);
        const OperatorRange last = range_of(search_.units_, position - length(state), position);
        Traffic traffic(bed());
        carry_shares(traffic, alive, {states_[position][state].tiling, search_.slices_.extent(last)}, device);
        return traffic.duration();
    }

    void offer(std::size_t position, std::size_t state, Seconds cost, std::size_t before) {
        State& at = states_[position][state];
        if (cost < at.cost) {
            at.cost = cost;
            at.before = before;
        }
    }

    void extend_by_tiles(std::size_t first) {
        for (std::size_t end = first + 1; end <= first + search_.fusable_[first].size(); ++end) {
            if (!may_be_run(first, end)) continue;
            const OperatorRange range = range_of(search_.units_, first, end);
            const Tiling& tiling = search_.tiling(first, end, rules_.deal);
            std::vector<Seconds> busy(devices_);
            PlacedSlices slices;
            for (const auto& [device, tile] : tiling) {
                slices.emplace_back(device, &search_.slices_.at(range, tile));
                busy[device] += search_.slices_.time(*slices.back().second, device);
            }
            const Seconds slowest = *std::max_element(busy.begin(), busy.end());
            const std::size_t state = devices_ + (end - first) - 1;
            states_[end][state].tiling = tiling;
            for (std::size_t before = 0; before < states_[first].size(); ++before) {
                const Seconds cost = states_[first][before].cost;
                if (cost == kNever) continue;
                const auto [transfer, added] = search_.transfers_.try_emplace({first, before, end});
                if (added) transfer->second = bring(first, before, slices);
                offer(end, state, cost + transfer->second + slowest, before);
            }
        }
    }

    void extend_on_devices(std::size_t unit) {
        for (const std::size_t device : search_.single_) {
            const Seconds time = search_.slices_.whole(search_.units_[unit].range, device);
            for (std::size_t before = 0; before < states_[unit].size(); ++before) {
                const Seconds cost = states_[unit][before].cost;
                if (cost == kNever) continue;
                const bool new_piece = before != device || unit == 0;
                const Seconds overhead = new_piece ? bed().piece_overhead(device) : Seconds{};
                offer(unit + 1, device, cost + gather(unit, before, device) + overhead + time, before);
            }
        }
    }

    std::vector<Segment> back_track() {
        std::size_t position = search_.units_.size();
        std::size_t state = 0;
        Seconds best = kNever;
        for (std::size_t last = 0; last < states_[position].size(); ++last) {
            if (states_[position][last].cost == kNever) continue;
            const Seconds cost = states_[position][last].cost + gather(position, last, bed().cluster().sink);
            if (cost >= best) continue;
            best = cost;
            state = last;
        }
        std::vector<Segment> segments;
        if (best == kNever) return segments;
        while (position > 0) {
            Segment segment{position - length(state), position, std::nullopt, states_[position][state].tiling};
            if (!is_run(state)) segment.device = state;
            const std::size_t before = states_[position][state].before;
            position = segment.first;
            state = before;
            if (segment.device && !segments.empty() && segments.back().device == segment.device) {
                segments.back().first = segment.first;
            } else {
                segments.push_back(std::move(segment));
            }
        }
        std::reverse(segments.begin(), segments.end());
        return segments;
    }

    TileSearch& search_;
    const SearchRules& rules_;
    std::size_t devices_;
    std::vector<std::vector<State>> states_;
};

std::vector<Segment> TileSearch::run(const SearchRules& rules) {
    if (rules.deal != transfers_for_) {
        transfers_.clear();
        transfers_for_ = rules.deal;
    }
    return Pass(*this, rules).run();
}

}  // namespace convoy::partition::detail

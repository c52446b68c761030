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
constexpr Seconds kUnknown(-1);

OperatorRange range_of(const std::vector<Unit>& units, std::size_t first, std::size_t end) {
    return {units[first].range.begin, units[end - 1].range.end};
}

}  // namespace

TileSearch::TileSearch(const Problem& problem, Slices& slices, std::vector<Unit> units, Axes axes,
                       std::size_t longest_run)
    : problem_(problem), slices_(slices), units_(std::move(units)), longest_run_(longest_run), traffic_(problem.bed) {
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
    gatherers_.assign(problem.bed.cluster().devices.size(), 0);
    for (const std::size_t device : single_) gatherers_[device] = gatherer_count_++;
}

void TileSearch::use(const Deal& deal) {
    if (!runs_.empty() && deal == deal_) return;
    deal_ = deal;
    const std::size_t states = problem_.bed.cluster().devices.size() + longest_run_;
    runs_.clear();
    runs_.resize(units_.size() * longest_run_);
    transfers_.assign(units_.size() * states * longest_run_, kUnknown);
    gathers_.assign((units_.size() + 1) * longest_run_ * gatherer_count_, kUnknown);
}

const TileSearch::Run& TileSearch::run_of(std::size_t first, std::size_t end) {
    std::optional<Run>& known = runs_[first * longest_run_ + end - first - 1];
    if (known) return *known;
    Run& run = known.emplace();
    const OperatorRange range = range_of(units_, first, end);
    run.tiling = deal_out(slices_, range, fusable_[first][end - first - 1], deal_);
    std::vector<Seconds> busy(problem_.bed.cluster().devices.size());
    for (const auto& [device, tile] : run.tiling) {
        run.slices.emplace_back(device, &slices_.at(range, tile));
        busy[device] += slices_.time(*run.slices.back().second, device);
        run.slowest = std::max(run.slowest, busy[device]);
    }
    return run;
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

    Segments run() {
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
    };
    using Run = TileSearch::Run;

    [[nodiscard]] const latency::Bed& bed() const { return search_.problem_.bed; }
    [[nodiscard]] bool is_run(std::size_t state) const { return state >= devices_; }
    [[nodiscard]] std::size_t length(std::size_t state) const { return is_run(state) ? state - devices_ + 1 : 1; }
    /// The run that ends at `position`.
    [[nodiscard]] const Run& run_before(std::size_t position, std::size_t state) {
        return search_.run_of(position - length(state), position);
    }

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

    /// Brings each device what its slices of the run of units [position, end) read.
    [[nodiscard]] Seconds bring(std::size_t position, std::size_t state, std::size_t end) {
        const std::size_t states = devices_ + search_.longest_run_;
        Seconds& known = search_.transfers_[(position * states + state) * search_.longest_run_ + end - position - 1];
        if (known != kUnknown) return known;
        search_.traffic_.clear();
        for (const auto& [device, slice] : search_.run_of(position, end).slices) {
            for (const Slice::Input& input : slice->inputs) bring_input(position, state, device, input);
        }
        return known = search_.traffic_.duration();
    }

    void bring_input(std::size_t position, std::size_t state, std::size_t device, const Slice::Input& input) {
        const graph::TensorInfo& tensor = search_.problem_.graph.tensor(input.tensor);
        const bool is_graph_input = !search_.problem_.graph.producer(input.tensor);
        if (is_graph_input || !is_run(state)) {
            const std::size_t holder = is_graph_input ? bed().cluster().source : state;
            return search_.traffic_.carry(holder, device, tile_bytes(tensor, input.tile));
        }
        const Tile last = search_.slices_.extent(range_of(search_.units_, position - length(state), position));
        carry_lacking(search_.traffic_, tensor, {run_before(position, state).tiling, last}, {device, input.tile});
    }

    /// Brings everything that is alive at `position` to one of the devices that may run units whole, or the sink.
    [[nodiscard]] Seconds gather(std::size_t position, std::size_t state, std::size_t device) {
        const Bytes alive = search_.alive_[position];
        if (!is_run(state)) return one_message(state, device, alive);
        const std::size_t run = position * search_.longest_run_ + length(state) - 1;
        Seconds& known = search_.gathers_[run * search_.gatherer_count_ + search_.gatherers_[device]];
        if (known != kUnknown) return known;
        const OperatorRange last = range_of(search_.units_, position - length(state), position);
        search_.traffic_.clear();
        carry_shares(search_.traffic_, alive, {run_before(position, state).tiling, search_.slices_.extent(last)},
                     device);
        return known = search_.traffic_.duration();
    }

    void offer(std::size_t position, std::size_t state, Seconds cost, std::size_t before) {
        State& at = states_[position][state];
        if (cost < at.cost) {
            at.cost = cost;
            at.before = before;
        }
    }

    // Transfers, which take most of the search, are left out where a state would not be reached faster even for free.

    void extend_by_tiles(std::size_t first) {
        for (std::size_t end = first + 1; end <= first + search_.fusable_[first].size(); ++end) {
            if (!may_be_run(first, end)) continue;
            const Seconds slowest = search_.run_of(first, end).slowest;
            const std::size_t state = devices_ + (end - first) - 1;
            for (std::size_t before = 0; before < states_[first].size(); ++before) {
                const Seconds cost = states_[first][before].cost;
                if (cost == kNever || cost + slowest >= states_[end][state].cost) continue;
                offer(end, state, cost + bring(first, before, end) + slowest, before);
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
                if (cost + overhead + time >= states_[unit + 1][device].cost) continue;
                offer(unit + 1, device, cost + gather(unit, before, device) + overhead + time, before);
            }
        }
    }

    Segments back_track() {
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
        if (best == kNever) return {};
        while (position > 0) {
            Segment segment{position - length(state), position, std::nullopt, {}};
            if (is_run(state)) {
                segment.tiling = run_before(position, state).tiling;
            } else {
                segment.device = state;
            }
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
        return {std::move(segments), best};
    }

    TileSearch& search_;
    const SearchRules& rules_;
    std::size_t devices_;
    std::vector<std::vector<State>> states_;
};

Segments TileSearch::run(const SearchRules& rules) {
    use(rules.deal);
    return Pass(*this, rules).run();
}

}  // namespace convoy::partition::detail

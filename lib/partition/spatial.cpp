#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "partition/best_plan.hpp"
#include "partition/capability.hpp"
#include "partition/device_sets.hpp"
#include "partition/strategies.hpp"
#include "partition/tile_search.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

using util::Errc;
using util::Error;

constexpr std::size_t kLongestRunOfBlocks = 24;
constexpr std::size_t kLongestRunOfOperators = 6;
/// Of the computing: a plan that gives a second device less is no cooperation.
constexpr double kFairShare = 0.2;
/// More devices than this are only looked at with few deals and fusions: their plans are large.
constexpr std::size_t kManyDevices = 16;

/// What is special about one way to cut feature maps.
struct Form {
    std::string_view strategy;
    Axes axes;
    std::string_view parts;  ///< "no operator of the model can be cut into ..."
};

std::size_t least_devices(const Problem& problem) { return problem.least_devices.value_or(2); }

/// Which runs may be fused, and how much must be cut: the free search, and fixed fusions beside it, because the search
/// works with estimates.
std::vector<SearchRules> rules_for(const graph::Graph& graph, const std::vector<Unit>& units) {
    const std::size_t count = units.size();
    const std::vector<bool> everywhere(count + 1, true);
    std::vector<bool> at_pools(count + 1, false);
    std::vector<bool> at_ends(count + 1, false);
    at_pools.front() = at_pools.back() = at_ends.front() = at_ends.back() = true;
    for (std::size_t position = 1; position < count; ++position) {
        at_ends[position] = units[position - 1].axes.any() != units[position].axes.any();
        const graph::Kind kind = graph.operators()[units[position - 1].range.end - 1].kind;
        const bool pool = kind == graph::Kind::max_pool || kind == graph::Kind::average_pool;
        at_pools[position] = at_ends[position] || pool;
    }
    std::vector<SearchRules> rules;
    constexpr std::size_t kSteps = 4;
    for (std::size_t step = 0; step <= kSteps; ++step) {
        rules.push_back({{}, (count * step + kSteps - 1) / kSteps, everywhere, false});
    }
    for (const std::vector<bool>& ends : {everywhere, at_pools, at_ends}) rules.push_back({{}, count, ends, true});
    return rules;
}

plan::Plan plan_of(const Problem& problem, const std::vector<Unit>& units, const std::vector<Segment>& segments) {
    plan::Plan plan = empty_plan(problem.bed);
    for (const Segment& segment : segments) {
        const OperatorRange range{units[segment.first].range.begin, units[segment.end - 1].range.end};
        plan.routes.front().stages.push_back(segment.device ? device_stage(problem.graph, range, *segment.device)
                                                            : tiled_stage(problem.graph, range, segment.tiling));
    }
    return without_idle_devices(plan);
}

/// Whether several devices share a stage whose output is cut along all of the axes.
bool is_split(const graph::Graph& graph, const plan::Plan& plan, Axes axes) {
    const auto& stages = plan.routes.front().stages;
    return std::any_of(stages.begin(), stages.end(), [&](const plan::Stage& stage) {
        const graph::Box& full = graph.tensor(graph.op(stage.last).outputs.front()).full;
        Axes cut;
        for (const plan::Share& share : stage.shares) {
            for (const plan::Piece& piece : share.pieces) {
                cut.h = cut.h || piece.box[graph::Axis::h] != full[graph::Axis::h];
                cut.w = cut.w || piece.box[graph::Axis::w] != full[graph::Axis::w];
            }
        }
        return stage.shares.size() > 1 && (cut & axes) == axes;
    });
}

/// The part of the computing that the second busiest device does.
double second_share(const Proposal& proposal) {
    std::vector<double> shares = compute_shares(proposal.prediction);
    if (shares.size() < 2) return 0;
    std::nth_element(shares.begin(), shares.begin() + 1, shares.end(), std::greater<>());
    return shares[1];
}

/// Collects the plans of all searches, each once. Predicting a plan takes longer than finding it: the most promising
/// ones, by the searches' estimates, are predicted.
class Candidates {
  public:
    Candidates(const Problem& problem, const Form& form) : problem_(problem), form_(form) {}

    void add(plan::Plan plan, util::Seconds estimate) {
        if (!is_split(problem_.graph, plan, form_.axes)) return;
        if (computing_devices(plan) < least_devices(problem_)) return;
        const auto same = [&](const Sketch& other) { return other.plan == plan; };
        if (std::none_of(sketches_.begin(), sketches_.end(), same)) sketches_.push_back({std::move(plan), estimate});
    }

    /// The fastest of those that really share.
    [[nodiscard]] plan::Plan best() && {
        predict();
        if (proposals_.empty()) {
            throw Error(Errc::impossible, too_large_.empty()
                                              ? fmt::format("no device can be given a part of the {}", form_.parts)
                                              : too_large_);
        }
        const double least = std::min(kFairShare, kNearlyFair * fairest_);
        Candidate* best = nullptr;
        for (Candidate& candidate : proposals_) {
            if (candidate.second_share < least) continue;
            if (best == nullptr || candidate.rank() < best->rank()) best = &candidate;
        }
        return std::move(best->proposal.plan);
    }

  private:
    struct Sketch {
        plan::Plan plan;
        util::Seconds estimate;
    };
    struct Candidate {
        Proposal proposal;
        std::size_t number = 0;  ///< of its sketch
        double second_share = 0;
        [[nodiscard]] std::pair<util::Seconds, std::size_t> rank() const {
            return {proposal.prediction.latency(), number};
        }
    };

    void predict() {
        std::vector<std::size_t> order(sketches_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return sketches_[a].estimate < sketches_[b].estimate; });
        for (const std::size_t number : order) {
            // What is fair is only known of all, unless some plan is as fair as can be asked.
            const bool fair = kNearlyFair * fairest_ >= kFairShare;
            const bool promising = proposals_.size() < kFewPlans ||
                                   sketches_[number].estimate <= kPromising * sketches_[order[0]].estimate;
            if (fair && !promising) break;
            predict(number);
        }
    }

    void predict(std::size_t number) {
        Proposal proposal = evaluate(problem_, std::move(sketches_[number].plan));
        if (auto why = memory_problem(problem_, proposal)) {
            too_large_ = std::move(*why);
            return;
        }
        const double share = second_share(proposal);
        fairest_ = std::max(fairest_, share);
        proposals_.push_back({std::move(proposal), number, share});
    }

    static constexpr double kNearlyFair = 0.8;
    static constexpr std::size_t kFewPlans = 12;
    static constexpr double kPromising = 1.3;

    const Problem& problem_;
    const Form& form_;
    std::vector<Sketch> sketches_;
    std::vector<Candidate> proposals_;
    double fairest_ = 0;
    std::string too_large_;
};

void check_possible(const Problem& problem, const Form& form, const std::vector<Unit>& units) {
    require_devices(problem, form.strategy, least_devices(problem));
    if (std::none_of(units.begin(), units.end(), [&](const Unit& unit) { return unit.axes == form.axes; })) {
        throw Error(Errc::impossible, fmt::format("no operator of the model can be cut into {}", form.parts))
            .hint("-s layerwise, local and cloud run every operator whole on one device");
    }
}

/// Grids of 2 rows of tiles up to 2 tiles in a row; other cuts have no such choice.
std::vector<Deal> deals_for(const Form& form, const std::vector<std::size_t>& devices) {
    std::vector<Deal> deals;
    const std::size_t most_rows = form.axes.both() ? std::max<std::size_t>(devices.size() / 2, 2) : 2;
    for (const bool weighted : {true, false}) {
        if (!weighted && devices.size() > kManyDevices) continue;
        for (std::size_t rows = 2; rows <= most_rows; rows += rows < 4 ? 1 : rows) {
            deals.push_back({devices, weighted, rows});
        }
    }
    return deals;
}

void search_units(const Problem& problem, const Form& form, TileSearch& search, Candidates& candidates) {
    const std::size_t edge = longest_edge(problem.graph);
    const std::size_t most = form.axes.both() ? edge * edge : edge;
    for (const std::vector<std::size_t>& devices : fastest_sets(problem, least_devices(problem), most)) {
        for (const Deal& deal : deals_for(form, devices)) {
            if (problem.go_on && !problem.go_on(0)) throw Error(Errc::interrupted, "nobody waits for it any longer");
            for (SearchRules& rules : rules_for(problem.graph, search.units())) {
                if (devices.size() > kManyDevices && !rules.fixed && rules.split_before > 0) continue;
                rules.deal = deal;
                const Segments found = search.run(rules);
                if (found.segments.empty()) continue;
                candidates.add(plan_of(problem, search.units(), found.segments), found.cost);
            }
        }
    }
}

plan::Plan make_spatial(const Problem& problem, const Form& form) {
    std::vector<Unit> blocks = block_units(problem.graph, form.axes);
    std::vector<Unit> operators = operator_units(problem.graph, form.axes);
    check_possible(problem, form, operators);
    const bool has_blocks = blocks.size() != operators.size();
    Slices slices(problem);
    Candidates candidates(problem, form);
    TileSearch by_block(problem, slices, std::move(blocks), form.axes, kLongestRunOfBlocks);
    search_units(problem, form, by_block, candidates);
    if (has_blocks) {
        TileSearch by_operator(problem, slices, std::move(operators), form.axes, kLongestRunOfOperators);
        search_units(problem, form, by_operator, candidates);
    }
    return std::move(candidates).best();
}

}  // namespace

plan::Plan make_rows(const Problem& problem) { return make_spatial(problem, {"rows", {true, false}, "rows"}); }

plan::Plan make_cols(const Problem& problem) { return make_spatial(problem, {"cols", {false, true}, "columns"}); }

plan::Plan make_grid(const Problem& problem) { return make_spatial(problem, {"grid", {true, true}, "tiles"}); }

}  // namespace convoy::partition::detail

#include "partition/iop_dp.hpp"

#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/iop.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

using util::Seconds;

constexpr std::size_t kMostWays = 256;
/// Plans that are played on the simulator in each round of improvement, and rounds.
constexpr std::size_t kTrials = 24;
constexpr int kMostRounds = 4;

class Programme {
  public:
    explicit Programme(Interleave& space) : space_(space), limited_(space.limited()), nodes_(space.size() + 1) {}

    std::vector<std::vector<Decision>> run() {
        nodes_[0].push_back({space_.start(), {}, 0, 0});
        for (std::size_t at = 0; at < space_.size(); ++at) {
            prune(nodes_[at]);
            const std::vector<Decision> decisions = space_.decisions(at);
            for (std::size_t n = 0; n < nodes_[at].size(); ++n) {
                for (const Decision& decision : decisions) {
                    if (auto next = space_.extend(nodes_[at][n].decided, decision)) {
                        offer({std::move(*next), decision, at, n});
                    }
                }
            }
        }
        std::vector<Node>& last = nodes_.back();
        std::vector<std::pair<Seconds, std::size_t>> order;
        for (std::size_t n = 0; n < last.size(); ++n) {
            order.emplace_back(last[n].decided.cost + space_.hand_over(last[n].decided), n);
        }
        std::sort(order.begin(), order.end());
        std::vector<std::vector<Decision>> found;
        for (const auto& [cost, n] : order) found.push_back(back_track(n));
        return found;
    }

  private:
    struct Node {
        Decided decided;
        Decision decision;     ///< that led here
        std::size_t from = 0;  ///< elements
        std::size_t before = 0;
    };

    [[nodiscard]] bool dominates(const Decided& a, const Decided& b) const {
        if (a.cost > b.cost || a.layout != b.layout) return false;
        if (!limited_) return true;
        for (std::size_t d = 0; d < a.weights.size(); ++d) {
            if (a.weights[d] > b.weights[d]) return false;
        }
        return true;
    }

    void offer(Node node) {
        std::vector<Node>& at = nodes_[node.decided.elements];
        const auto beaten = [&](const Node& other) { return dominates(other.decided, node.decided); };
        if (std::any_of(at.begin(), at.end(), beaten)) return;
        std::erase_if(at, [&](const Node& other) { return dominates(node.decided, other.decided); });
        at.push_back(std::move(node));
    }

    static void prune(std::vector<Node>& nodes) {
        if (nodes.size() <= kMostWays) return;
        std::stable_sort(nodes.begin(), nodes.end(),
                         [](const Node& a, const Node& b) { return a.decided.cost < b.decided.cost; });
        nodes.erase(nodes.begin() + kMostWays, nodes.end());
    }

    [[nodiscard]] std::vector<Decision> back_track(std::size_t n) const {
        std::vector<Decision> decisions;
        std::size_t at = space_.size();
        while (at > 0) {
            const Node& node = nodes_[at][n];
            decisions.push_back(node.decision);
            at = node.from;
            n = node.before;
        }
        std::reverse(decisions.begin(), decisions.end());
        return decisions;
    }

    Interleave& space_;
    bool limited_;
    std::vector<std::vector<Node>> nodes_;  ///< by elements decided; complete once a later one is worked on
};

/// Improves decisions one at a time on the simulator, whose transfers and computing overlap.
class Improvement {
  public:
    Improvement(const Problem& problem, Interleave& space) : problem_(problem), space_(space) {}

    /// Whether it is the best one so far.
    void offer(const std::vector<Decision>& decisions) {
        if (std::find(seen_.begin(), seen_.end(), decisions) != seen_.end()) return;
        seen_.push_back(decisions);
        auto plan = space_.plan(decisions);
        if (!plan || computing_devices(*plan) < problem_.least_devices.value_or(2)) return;
        Proposal proposal = evaluate(problem_, std::move(*plan));
        // A plan that exceeds memory is kept only while there is no other: fit_memory then makes the rooms smaller.
        const bool fits = !memory_problem(problem_, proposal);
        const Seconds latency = proposal.prediction.latency();
        if (!best_plan_ || (fits && !fits_) || (fits == fits_ && latency < latency_)) {
            best_ = decisions;
            best_plan_ = std::move(proposal.plan);
            fits_ = fits;
            latency_ = latency;
        }
    }

    std::optional<plan::Plan> run() && {
        for (int round = 0; round < kMostRounds && best_plan_; ++round) {
            const std::vector<Decision> start = best_;
            for (const std::vector<Decision>& neighbour : neighbours(start)) offer(neighbour);
            if (best_ == start) break;
        }
        return std::move(best_plan_);
    }

  private:
    /// One decision changed, two singles made a pair, or a pair two singles: the cheapest ones.
    [[nodiscard]] std::vector<std::vector<Decision>> neighbours(const std::vector<Decision>& decisions) {
        std::vector<std::pair<Seconds, std::vector<Decision>>> found;
        std::size_t element = 0;
        for (std::size_t d = 0; d < decisions.size(); ++d) {
            const bool two_singles =
                decisions[d].elements() == 1 && d + 1 < decisions.size() && decisions[d + 1].elements() == 1;
            for (const Decision& other : space_.decisions(element)) {
                if (other == decisions[d]) continue;
                if (other.elements() == decisions[d].elements()) add(found, replaced(decisions, d, 1, {other}));
                if (other.elements() == 2 && two_singles) add(found, replaced(decisions, d, 2, {other}));
                if (other.elements() != 1 || decisions[d].elements() != 2) continue;
                for (const Decision& second : space_.decisions(element + 1)) {
                    if (second.elements() == 1) add(found, replaced(decisions, d, 1, {other, second}));
                }
            }
            element += decisions[d].elements();
        }
        std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        if (found.size() > kTrials) found.resize(kTrials);
        std::vector<std::vector<Decision>> neighbours;
        for (auto& [cost, changed] : found) neighbours.push_back(std::move(changed));
        return neighbours;
    }

    void add(std::vector<std::pair<Seconds, std::vector<Decision>>>& found, std::vector<Decision> changed) {
        if (std::find(seen_.begin(), seen_.end(), changed) != seen_.end()) return;
        if (const auto cost = space_.cost(changed)) found.emplace_back(*cost, std::move(changed));
    }

    static std::vector<Decision> replaced(std::vector<Decision> decisions, std::size_t at, std::size_t count,
                                          const std::vector<Decision>& by) {
        const auto begin = decisions.begin() + static_cast<std::ptrdiff_t>(at);
        const auto behind = decisions.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
        decisions.insert(behind, by.begin(), by.end());
        return decisions;
    }

    const Problem& problem_;
    Interleave& space_;
    std::vector<std::vector<Decision>> seen_;
    std::vector<Decision> best_;
    std::optional<plan::Plan> best_plan_;
    bool fits_ = false;
    Seconds latency_{};
};

std::vector<Decision> by_channels(const Interleave& space) {
    std::vector<Decision> decisions;
    for (std::size_t element = 0; element < space.size(); ++element) {
        const std::vector<Decision> possible = space.decisions(element);
        const auto channels = std::find_if(possible.begin(), possible.end(), [](const Decision& decision) {
            return decision.way == Decision::Way::channels;
        });
        decisions.push_back(channels == possible.end() ? possible.front() : *channels);
    }
    return decisions;
}

}  // namespace

std::vector<std::vector<Decision>> cheapest_decisions(Interleave& space) { return Programme(space).run(); }

plan::Plan make_iop_dp(const Problem& problem) {
    const std::vector<Element> elements = elements_of(problem.graph, "iop-dp");
    const std::vector<Decision::Sum> sums = sums_of({});
    Slices slices(problem);
    const auto make = [&](const std::vector<std::size_t>& devices, const Room& room) {
        Interleave space(problem, slices, elements, devices, room);
        Improvement improvement(problem, space);
        for (const std::vector<Decision>& decisions : cheapest_decisions(space)) improvement.offer(decisions);
        for (const bool wherever : {false, true}) {
            const std::vector<Decision> greedy = interleave_greedily(space, sums, wherever);
            if (!greedy.empty()) improvement.offer(greedy);
        }
        improvement.offer(by_channels(space));
        return std::move(improvement).run();
    };
    return best_on_fastest(problem, "iop-dp", make);
}

}  // namespace convoy::partition::detail

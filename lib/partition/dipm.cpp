#include "partition/dipm.hpp"

#include <algorithm>
#include <map>

#include "graph/calculus.hpp"
#include "partition/assemble.hpp"
#include "partition/best_plan.hpp"
#include "partition/channels.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

using graph::OperatorId;
using util::Seconds;

/// A layer that may be distributed, with its best grid.
struct Candidate {
    DipmGrid grid;
    double speed_up = 0;  ///< by the estimate that was asked for
    double bound = 0;     ///< of very many workers
};

class Dipm {
  public:
    explicit Dipm(const Problem& problem)
        : problem_(problem),
          master_(problem.bed.cluster().source),
          published_(problem.settings.is(kDipmBound, "published")),
          equal_(problem.settings.is(kDipmShares, "equal")),
          works_(problem.settings.is(kDipmMaster, "computes")),
          threshold_(problem.settings.number(kDipmThreshold).value_or(1)),
          channels_(problem.settings.number(kDipmChannels).value_or(0)) {}

    [[nodiscard]] std::optional<plan::Plan> plan_in(const Room& room) {
        room_ = room;
        std::map<std::size_t, DipmGrid> grids;
        std::map<std::size_t, Candidate> others;
        for (std::size_t op = 0; op < problem_.graph.operators().size(); ++op) {
            const auto candidate = best_grid(op);
            if (!candidate) continue;
            if (triggers(op, *candidate)) {
                take(op, candidate->grid, grids);
            } else {
                others.emplace(op, *candidate);
            }
        }
        force(others, grids);
        if (master_weights(grids) > room_[master_]) return std::nullopt;
        return plan_of(grids);
    }

  private:
    [[nodiscard]] DipmUnits units(std::size_t op, const DipmLayer& layer, std::size_t worker) const {
        const OperatorId id{static_cast<std::uint32_t>(op)};
        const graph::TensorId input = problem_.graph.op(id).inputs.front();
        const cluster::Link link = problem_.bed.cluster().link(master_, worker);
        const Seconds whole = problem_.predictor.time(master_, graph::whole_work(problem_.graph, id));
        DipmUnits units;
        units.gamma = whole.count() / layer.operations();
        units.alpha = link.start_up.count();
        units.beta = (util::Bytes(problem_.graph.tensor(input).element_bytes) / link.rate).count();
        return units;
    }

    /// Fastest for the layer first; as many as may compute.
    [[nodiscard]] std::vector<std::size_t> workers_for(std::size_t op) const {
        const OperatorId id{static_cast<std::uint32_t>(op)};
        const graph::Work work = graph::whole_work(problem_.graph, id);
        std::vector<std::size_t> workers;
        for (std::size_t device = 0; device < problem_.bed.cluster().devices.size(); ++device) {
            if (device != master_ || works_) workers.push_back(device);
        }
        std::stable_sort(workers.begin(), workers.end(), [&](std::size_t a, std::size_t b) {
            return problem_.predictor.time(a, work) < problem_.predictor.time(b, work);
        });
        const std::size_t most = problem_.most_devices - (works_ ? 0 : 1);
        if (workers.size() > most) workers.resize(most);
        return workers;
    }

    /// The number of workers, and of the ways to arrange them, with the largest speed-up.
    [[nodiscard]] std::optional<Candidate> best_grid(std::size_t op) {
        const OperatorId id{static_cast<std::uint32_t>(op)};
        const auto layer = dipm_layer(problem_.graph, id);
        if (!layer) return std::nullopt;
        const std::vector<std::size_t> workers = workers_for(op);
        std::optional<Candidate> best;
        for (std::size_t n = 1; n <= workers.size(); ++n) {
            if (n == 1 && workers[0] == master_) continue;
            const DipmUnits costs = units(op, *layer, workers[0] == master_ && n > 1 ? workers[1] : workers[0]);
            for (std::size_t p = 1; p <= n; ++p) {
                if (n % p != 0 || static_cast<double>(p) > layer->inputs) continue;
                if (static_cast<double>(n / p) > layer->outputs) continue;
                const auto end = workers.begin() + static_cast<std::ptrdiff_t>(n);
                Candidate candidate{{p, n / p, {workers.begin(), end}, equal_}, 0, 0};
                if (!has_room(op, candidate.grid)) continue;
                estimate(id, *layer, costs, candidate);
                if (!best || candidate.speed_up > best->speed_up) best = std::move(candidate);
            }
        }
        return best;
    }

    /// As published, p and q make no difference: of equal ones the grid that moves least.
    void estimate(OperatorId id, const DipmLayer& layer, const DipmUnits& costs, Candidate& candidate) const {
        const auto [p, q] = std::pair(candidate.grid.p, candidate.grid.q);
        if (published_) {
            const double tie = 1e-9 * corrected_bound(layer, costs, p, q);
            candidate.speed_up = published_speed_up(layer, costs, p * q) + tie;
            candidate.bound = published_bound(layer, costs);
            return;
        }
        const Seconds alone = problem_.predictor.time(master_, graph::whole_work(problem_.graph, id)) +
                              problem_.bed.piece_overhead(master_);
        candidate.speed_up = alone / std::max(dipm_times(problem_, id, candidate.grid).total(), Seconds(1e-12));
        candidate.bound = corrected_bound(layer, costs, p, q);
    }

    /// The paper's trigger: enough channels, a bound above the threshold, and then so many workers that it is reached.
    [[nodiscard]] bool triggers(std::size_t op, const Candidate& candidate) const {
        const auto layer = *dipm_layer(problem_.graph, OperatorId{static_cast<std::uint32_t>(op)});
        return std::min(layer.inputs, layer.outputs) > channels_ && candidate.bound >= threshold_ &&
               candidate.speed_up >= threshold_;
    }

    /// Layers that must be distributed all the same: the best one where devices were asked for, the largest ones as
    /// long as the master's memory is too small.
    void force(std::map<std::size_t, Candidate>& others, std::map<std::size_t, DipmGrid>& grids) {
        if (grids.empty() && !others.empty() && problem_.least_devices.value_or(1) > 1) {
            const auto best = std::max_element(others.begin(), others.end(), [](const auto& a, const auto& b) {
                return a.second.speed_up < b.second.speed_up;
            });
            take(best->first, best->second.grid, grids);
            others.erase(best);
        }
        while (!others.empty() && master_weights(grids) > room_[master_]) {
            const auto largest = std::max_element(others.begin(), others.end(), [&](const auto& a, const auto& b) {
                return weights(a.first) < weights(b.first);
            });
            if (has_room(largest->first, largest->second.grid)) take(largest->first, largest->second.grid, grids);
            others.erase(largest);
        }
    }

    [[nodiscard]] double weights(std::size_t op) const {
        const graph::Work work = graph::whole_work(problem_.graph, OperatorId{static_cast<std::uint32_t>(op)});
        return static_cast<double>(graph::weight_bytes(problem_.graph, work).value);
    }

    /// Each worker keeps about an n-th of the layer's weights.
    [[nodiscard]] bool has_room(std::size_t op, const DipmGrid& grid) const {
        const double part = weights(op) / static_cast<double>(grid.workers.size());
        return std::all_of(grid.workers.begin(), grid.workers.end(),
                           [&](std::size_t worker) { return part <= room_[worker]; });
    }

    void take(std::size_t op, const DipmGrid& grid, std::map<std::size_t, DipmGrid>& grids) {
        for (const std::size_t worker : grid.workers) {
            room_[worker] -= weights(op) / static_cast<double>(grid.workers.size());
        }
        grids.emplace(op, grid);
    }

    /// Of the layers that the master computes alone.
    [[nodiscard]] double master_weights(const std::map<std::size_t, DipmGrid>& grids) const {
        double sum = 0;
        for (std::size_t op = 0; op < problem_.graph.operators().size(); ++op) {
            if (!grids.contains(op)) sum += weights(op);
        }
        return sum;
    }

    [[nodiscard]] plan::Plan plan_of(const std::map<std::size_t, DipmGrid>& grids) const {
        plan::Plan plan = empty_plan(problem_.bed);
        auto& stages = plan.routes.front().stages;
        std::size_t begin = 0;
        const auto on_master = [&](std::size_t end) {
            if (end > begin) stages.push_back(device_stage(problem_.graph, {begin, end}, master_));
            begin = end;
        };
        for (const auto& [op, grid] : grids) {
            const OperatorId id{static_cast<std::uint32_t>(op)};
            on_master(op);
            stages.push_back(dipm_stage(problem_, id, grid));
            stages.push_back(hold_on(problem_.graph, problem_.graph.op(id).outputs.front(), {master_}));
            begin = op + 1;
        }
        on_master(problem_.graph.operators().size());
        return without_idle_devices(plan);
    }

    const Problem& problem_;
    std::size_t master_;
    bool published_;
    bool equal_;
    bool works_;
    double threshold_;
    double channels_;
    Room room_;
};

}  // namespace

plan::Plan make_dipm(const Problem& problem) {
    if (problem.graph.operators().empty()) {
        throw util::Error(util::Errc::impossible, "the model has no operators: there is nothing to plan");
    }
    if (problem.least_devices) require_devices(problem, "dipm", *problem.least_devices);
    Dipm dipm(problem);
    std::string why;
    auto plan = fit_memory(
        problem, [&](const Room& room) { return dipm.plan_in(room); }, why);
    const std::size_t least = problem.least_devices.value_or(1);
    BestPlan best(problem, least);
    best.refuse(why);
    if (plan) best.offer(std::move(*plan));
    return std::move(best).take(why.empty() && !plan
                                    ? "the master's memory is too small for the layers that it computes"
                                    : "no convolution of the model can be given to so many devices");
}

}  // namespace convoy::partition::detail

#include "brute_force.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/calculus.hpp"

namespace convoy::test {

namespace {

using graph::Axis;
using graph::Box;
using graph::Interval;
using graph::OperatorId;
using graph::TensorId;
using util::Seconds;

constexpr int kQuarters = 4;

/// A part of a tensor on a device, and when it can be there at the earliest.
struct Part {
    std::size_t device = 0;
    Box box;
    Seconds ready{};
    bool addend = false;
};
using Parts = std::vector<Part>;

struct State {
    std::size_t op = 0;
    std::vector<plan::Stage> stages;
    Parts held;                 ///< of the tensor in front of the next operator
    Parts older;                ///< of the same tensor, in layouts before the last one
    std::vector<Seconds> busy;  ///< by device: until when it computes at least
};

void deals_of(std::size_t devices, int left, std::vector<int>& begun, std::vector<std::vector<int>>& all) {
    if (begun.size() + 1 == devices) {
        begun.push_back(left);
        if (*std::max_element(begun.begin(), begun.end()) < kQuarters) all.push_back(begun);
        begun.pop_back();
        return;
    }
    for (int quarters = 0; quarters <= left; ++quarters) {
        begun.push_back(quarters);
        deals_of(devices, left - quarters, begun, all);
        begun.pop_back();
    }
}

class Search {
  public:
    Search(const partition::Problem& problem, Seconds known)
        : problem_(problem), graph_(problem.graph), devices_(problem.bed.cluster().devices.size()) {
        best_.latency = known;
        std::vector<int> begun;
        deals_of(devices_, kQuarters, begun, deals_);
        least_.assign(graph_.operators().size() + 1, Seconds{});
        for (std::size_t op = graph_.operators().size(); op-- > 0;) least_[op] = least_[op + 1] + least_time(op);
    }

    BruteForce run() {
        State start;
        const std::size_t source = problem_.bed.cluster().source;
        start.held = {{source, graph_.tensor(graph_.inputs().front()).full, Seconds{}, false}};
        start.busy.assign(devices_, Seconds{});
        next(start);
        return best_;
    }

  private:
    [[nodiscard]] OperatorId id(std::size_t op) const { return OperatorId{static_cast<std::uint32_t>(op)}; }
    [[nodiscard]] Box output(std::size_t op) const { return graph_.tensor(graph_.op(id(op)).outputs.front()).full; }
    [[nodiscard]] static Interval quarters(const Interval& full, const std::vector<int>& deal, std::size_t device) {
        int before = 0;
        for (std::size_t i = 0; i < device; ++i) before += deal[i];
        const graph::Index size = full.size();
        return {size * before / kQuarters, size * (before + deal[device]) / kQuarters};
    }

    /// Of a piece that some later operator waits for: the least that any piece of the operator can take.
    [[nodiscard]] Seconds least_time(std::size_t op) const {
        Seconds least(std::numeric_limits<double>::infinity());
        std::vector<graph::Work> works{graph::whole_work(graph_, id(op))};
        const Box full = output(op);
        const Box input = graph_.tensor(graph_.op(id(op)).inputs.front()).full;
        for (const Axis axis : {Axis::h, Axis::c}) {
            for (int q = 0; q < kQuarters; ++q) {
                Box box = full;
                box[axis] = {full[axis].size() * q / kQuarters, full[axis].size() * (q + 1) / kQuarters};
                if (may_cut(op, axis) && !box[axis].empty())
                    works.push_back({id(op), {graph::make_slab(box)}, std::nullopt});
            }
        }
        for (int q = 0; may_sum(op) && q < kQuarters; ++q) {
            Box in = input;
            in[Axis::c] = {input[Axis::c].size() * q / kQuarters, input[Axis::c].size() * (q + 1) / kQuarters};
            if (!in[Axis::c].empty()) works.push_back({id(op), {graph::make_slab(full)}, in});
        }
        for (const graph::Work& work : works) {
            for (std::size_t device = 0; device < devices_; ++device) {
                least = std::min(least, problem_.predictor.time(device, work));
            }
        }
        return least;
    }

    [[nodiscard]] bool may_cut(std::size_t op, Axis axis) const {
        const graph::TensorInfo& tensor = graph_.tensor(graph_.op(id(op)).outputs.front());
        return !tensor.whole_only && tensor.full[axis].size() > 1 &&
               graph::cuts(graph_, id(op)).output[static_cast<std::size_t>(axis)];
    }
    [[nodiscard]] bool may_sum(std::size_t op) const {
        return graph_.op(id(op)).group == 1 &&
               graph::cuts(graph_, id(op)).contraction[static_cast<std::size_t>(Axis::c)];
    }

    /// When a device can have a part at the earliest, were its messages alone on their ways. What it has of an older
    /// layout does not cross again.
    [[nodiscard]] Seconds arrival(const State& state, std::size_t device, TensorId tensor, const Box& wanted) const {
        const auto volume = static_cast<double>(graph_.tensor(tensor).full.volume());
        const double bytes = static_cast<double>(graph_.tensor(tensor).bytes().value) / volume;
        Seconds all{};
        Seconds any(std::numeric_limits<double>::infinity());
        graph::Index disjoint = 0;
        for (const Part& part : state.older) {
            if (part.device == device && part.box.contains(wanted)) return part.ready;
        }
        for (const Part& part : state.held) {
            if (part.device == device && part.box.contains(wanted) && !part.addend) return part.ready;
        }
        for (const Part& part : state.held) {
            const Box common = graph::intersection(part.box, wanted);
            graph::Index lacking = common.volume();
            disjoint += lacking;
            for (const Part& own : state.older) {
                if (own.device == device) lacking -= graph::intersection(own.box, common).volume();
            }
            if (lacking <= 0) continue;
            Seconds there = part.ready;
            if (part.device != device) {
                const util::Bytes payload(static_cast<graph::Index>(bytes * static_cast<double>(lacking)));
                there += problem_.bed.occupancy(part.device, device, payload) + problem_.bed.delay(part.device, device);
            }
            all = std::max(all, there);
            any = std::min(any, there);
        }
        const bool each = (!state.held.empty() && state.held.front().addend) || disjoint == wanted.volume();
        return each || !std::isfinite(any.count()) ? all : any;
    }

    void next(const State& state) {
        if (state.op == graph_.operators().size()) return finish(state);
        compute(state);
        if (state.op == 0) return;
        for (std::size_t device = 0; device < devices_; ++device) {
            if (state.held.size() == 1 && state.held.front().device == device) continue;
            compute(hold(state, Parts{{device, output(state.op - 1), {}, false}}));
        }
    }

    /// A new layout of the tensor in front of the next operator.
    [[nodiscard]] State hold(const State& state, Parts parts) const {
        const TensorId tensor = graph_.op(id(state.op - 1)).outputs.front();
        State held = state;
        plan::Stage stage;
        stage.hold = tensor;
        for (Part& part : parts) {
            part.ready = arrival(state, part.device, tensor, part.box);
            stage.shares.push_back(
                {plan::DeviceId{static_cast<std::uint32_t>(part.device)}, {{part.box, std::nullopt}}});
        }
        held.stages.push_back(std::move(stage));
        for (const Part& part : state.held) {
            if (!part.addend) held.older.push_back(part);
        }
        held.held = std::move(parts);
        return held;
    }

    void compute(const State& state) {
        for (std::size_t device = 0; device < devices_; ++device) {
            std::vector<int> whole(devices_, 0);
            whole[device] = kQuarters;
            run_pieces(state, whole, Axis::n, false);
        }
        for (const std::vector<int>& deal : deals_) {
            for (const Axis axis : {Axis::h, Axis::c}) {
                if (may_cut(state.op, axis)) run_pieces(state, deal, axis, false);
            }
            if (may_sum(state.op)) run_pieces(state, deal, Axis::c, true);
        }
    }

    void run_pieces(const State& state, const std::vector<int>& deal, Axis axis, bool sums) {
        const graph::Operator& op = graph_.op(id(state.op));
        const TensorId read = op.inputs.front();
        const Box full = output(state.op);
        State after = state;
        after.held.clear();
        after.older.clear();
        plan::Stage stage;
        stage.operators = {id(state.op)};
        stage.last = id(state.op);
        for (std::size_t device = 0; device < devices_; ++device) {
            if (deal[device] == 0) continue;
            plan::Piece piece{full, std::nullopt};
            if (sums) piece.in = graph_.tensor(read).full;
            Interval& part = sums ? (*piece.in)[axis] : piece.box[axis];
            if (axis != Axis::n) part = quarters(part, deal, device);
            if (part.empty()) return;
            const graph::Work work{
                id(state.op), {graph::computed(graph_, id(state.op), 0, graph::make_slab(piece.box))}, piece.in};
            const graph::Slab needed = graph::needed(graph_, id(state.op), 0, work.outputs, work.in);
            const Seconds ready = arrival(state, device, read, needed.hull());
            after.busy[device] = std::max(after.busy[device], ready) + problem_.predictor.time(device, work);
            after.held.push_back({device, piece.box, after.busy[device], sums});
            stage.shares.push_back({plan::DeviceId{static_cast<std::uint32_t>(device)}, {piece}});
        }
        after.stages.push_back(std::move(stage));
        ++after.op;
        if (!worth(after)) return;
        if (!sums) return next(after);
        for (std::size_t device = 0; device < devices_; ++device) settle(hold(after, {{device, full, {}, false}}));
        Parts everywhere;
        Parts scattered;
        for (std::size_t device = 0; device < devices_; ++device) {
            everywhere.push_back({device, full, {}, false});
            Box box = full;
            box[Axis::c] = quarters(full[Axis::c], deal, device);
            if (!box[Axis::c].empty()) scattered.push_back({device, box, {}, false});
        }
        settle(hold(after, everywhere));
        if (scattered.size() > 1) settle(hold(after, scattered));
    }

    /// Behind a sum.
    void settle(const State& state) {
        if (worth(state)) next(state);
    }

    [[nodiscard]] bool worth(const State& state) const {
        Seconds last{};
        for (const Part& part : state.held) last = std::max(last, part.ready);
        // Of replicas only the first one need be waited for.
        for (const Part& part : state.held) {
            if (part.box == output(state.op - 1) && !part.addend) last = std::min(last, part.ready);
        }
        return last + least_[state.op] < best_.latency * (1 - 1e-9);
    }

    void finish(const State& state) {
        plan::Plan plan;
        plan.devices = problem_.bed.cluster().names();
        plan.source = plan::DeviceId{static_cast<std::uint32_t>(problem_.bed.cluster().source)};
        plan.sink = plan::DeviceId{static_cast<std::uint32_t>(problem_.bed.cluster().sink)};
        plan.routes.push_back({1, state.stages});
        ++best_.plans;
        best_.latency = std::min(best_.latency, partition::evaluate(problem_, std::move(plan)).prediction.latency());
    }

    const partition::Problem& problem_;
    const graph::Graph& graph_;
    std::size_t devices_;
    std::vector<std::vector<int>> deals_;
    std::vector<Seconds> least_;  ///< of the operators from each on
    BruteForce best_;
};

}  // namespace

BruteForce brute_force(const partition::Problem& problem, util::Seconds known) { return Search(problem, known).run(); }

}  // namespace convoy::test

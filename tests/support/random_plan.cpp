#include "support/random_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "graph/calculus.hpp"
#include "plan/program.hpp"
#include "util/error.hpp"

namespace convoy::test {
namespace {

using graph::Axis;
using graph::Box;
using graph::Index;
using graph::OperatorId;
using graph::TensorId;
using plan::DeviceId;
using plan::Piece;
using plan::Stage;

class PlanMaker {
  public:
    PlanMaker(const graph::Graph& graph, util::Random& random, const RandomPlanOptions& options)
        : graph_(graph), random_(random), options_(options) {}

    plan::Plan make() {
        const auto devices = random_.integer(1, options_.most_devices);
        for (std::int64_t d = 0; d < devices; ++d) plan_.devices.emplace_back(1, static_cast<char>('a' + d));
        plan_.source = any_device();
        plan_.sink = any_device();
        plan_.in_flight = static_cast<int>(random_.integer(1, 4));
        for (const TensorId input : graph_.inputs()) {
            if (graph_.tensor(input).type == graph::ElementType::float32 && options_.codecs && random_.chance(0.2)) {
                plan_.wire[input] = wire::Codec::uint8;
            }
        }
        const bool two = options_.routes && random_.chance(0.2);
        for (int r = 0; r < (two ? 2 : 1); ++r) {
            plan_.routes.push_back({static_cast<int>(random_.integer(1, 3)), make_stages()});
        }
        if (!two) plan_.routes[0].weight = 1;
        return std::move(plan_);
    }

  private:
    DeviceId any_device() {
        return DeviceId{
            static_cast<std::uint32_t>(random_.integer(0, static_cast<std::int64_t>(plan_.devices.size()) - 1))};
    }

    std::vector<Stage> make_stages() {
        group_operators();
        std::vector<Stage> stages;
        std::vector<TensorId> made = graph_.inputs();
        if (random_.chance(0.15)) stages.push_back(hold(made[0]));
        for (std::size_t s = 0; s < groups_.size(); ++s) {
            stages.push_back(compute(s));
            for (const OperatorId op : groups_[s]) {
                for (const TensorId output : graph_.op(op).outputs) {
                    if (leaves(output)) made.push_back(output);
                }
            }
            while (random_.chance(options_.hold_chance)) {
                const bool newest = random_.chance(0.7);
                const auto last = static_cast<std::int64_t>(made.size()) - 1;
                stages.push_back(hold(made[static_cast<std::size_t>(newest ? last : random_.integer(0, last))]));
            }
        }
        return stages;
    }

    /// Each operator joins the stage of its latest producer, or a later one.
    void group_operators() {
        stage_of_.assign(graph_.operators().size(), 0);
        for (std::size_t i = 0; i < stage_of_.size(); ++i) {
            std::size_t first = 0;
            for (const TensorId input : graph_.operators()[i].inputs) {
                if (const auto producer = graph_.producer(input)) first = std::max(first, stage_of_[index(*producer)]);
            }
            while (first + 1 < static_cast<std::size_t>(options_.most_stages) && random_.chance(0.35)) ++first;
            stage_of_[i] = first;
        }
        groups_.assign(static_cast<std::size_t>(options_.most_stages), {});
        for (std::size_t i = 0; i < stage_of_.size(); ++i) {
            groups_[stage_of_[i]].push_back(OperatorId{static_cast<std::uint32_t>(i)});
        }
        std::erase_if(groups_, [](const auto& group) { return group.empty(); });
        for (std::size_t s = 0; s < groups_.size(); ++s) {
            for (const OperatorId op : groups_[s]) stage_of_[index(op)] = s;
        }
    }

    [[nodiscard]] bool leaves(TensorId tensor) const {
        if (graph_.is_output(tensor)) return true;
        const auto producer = graph_.producer(tensor);
        const auto& readers = graph_.readers(tensor);
        return !producer || std::any_of(readers.begin(), readers.end(), [&](OperatorId reader) {
            return stage_of_[index(reader)] != stage_of_[index(*producer)];
        });
    }

    OperatorId any_sink(std::size_t s) {
        std::vector<OperatorId> sinks;
        for (const OperatorId op : groups_[s]) {
            const auto& outputs = graph_.op(op).outputs;
            const bool inside = std::any_of(outputs.begin(), outputs.end(), [&](TensorId output) {
                const auto& readers = graph_.readers(output);
                return std::any_of(readers.begin(), readers.end(),
                                   [&](OperatorId r) { return stage_of_[index(r)] == s; });
            });
            if (!inside) sinks.push_back(op);
        }
        return sinks[static_cast<std::size_t>(random_.integer(0, static_cast<std::int64_t>(sinks.size()) - 1))];
    }

    Stage compute(std::size_t s) {
        Stage stage;
        stage.operators = groups_[s];
        stage.last = any_sink(s);
        const graph::Cuts cuts = graph::cuts(graph_, stage.last);
        const graph::Operator& last = graph_.op(stage.last);
        const std::vector<Box> boxes = cut(graph_.tensor(last.outputs[0]).full, cuts.output, random_.integer(1, 5));
        const bool sums = std::find(cuts.contraction.begin(), cuts.contraction.end(), true) != cuts.contraction.end();
        const bool partial = sums && random_.chance(options_.in_chance);
        for (const Box& box : boxes) {
            if (partial) {
                add_addends(stage, box, cuts);
            } else {
                add_replicas(stage, box, cuts);
            }
        }
        add_outputs(stage);
        decorate(stage, s, partial);
        return stage;
    }

    /// Cuts a box into up to `count` disjoint ones that cover it.
    std::vector<Box> cut(const Box& full, const std::array<bool, graph::kAxes>& legal, std::int64_t count) {
        std::vector<Box> boxes{full};
        for (std::int64_t tries = 0; tries < count * 3 && static_cast<std::int64_t>(boxes.size()) < count; ++tries) {
            const auto k = static_cast<std::size_t>(random_.integer(0, static_cast<std::int64_t>(boxes.size()) - 1));
            const auto axis = static_cast<std::size_t>(random_.integer(0, graph::kAxes - 1));
            const graph::Interval whole = boxes[k].axes[axis];
            if (!legal[axis] || whole.size() < 2) continue;
            const Index at = random_.integer(whole.begin + 1, whole.end - 1);
            boxes.push_back(boxes[k]);
            boxes[k].axes[axis].end = at;
            boxes.back().axes[axis].begin = at;
        }
        return boxes;
    }

    void add_addends(Stage& stage, const Box& box, const graph::Cuts& cuts) {
        const Box& input = graph_.tensor(graph_.op(stage.last).inputs[0]).full;
        for (const Box& in : cut(input, cuts.contraction, random_.integer(1, 4))) {
            Piece piece{box, in};
            if (in == input && random_.chance(0.5)) piece.in.reset();
            add(stage, any_device(), piece);
        }
    }

    void add_replicas(Stage& stage, Box box, const graph::Cuts& cuts) {
        add(stage, any_device(), {box, std::nullopt});
        while (random_.chance(options_.replica_chance)) {
            Box wider = box;
            const Box& full = graph_.tensor(graph_.op(stage.last).outputs[0]).full;
            const auto axis = static_cast<std::size_t>(random_.integer(0, graph::kAxes - 1));
            if (cuts.output[axis]) {
                wider.axes[axis].begin = random_.integer(full.axes[axis].begin, box.axes[axis].begin);
                wider.axes[axis].end = random_.integer(box.axes[axis].end, full.axes[axis].end);
            }
            add(stage, any_device(), {wider, std::nullopt});
        }
    }

    static void add(Stage& stage, DeviceId device, const Piece& piece) {
        auto at = std::lower_bound(stage.shares.begin(), stage.shares.end(), device,
                                   [](const plan::Share& share, DeviceId id) { return share.device < id; });
        if (at == stage.shares.end() || at->device != device) at = stage.shares.insert(at, {device, {}});
        at->pieces.push_back(piece);
    }

    /// Leaving tensors that the last operator does not read: somebody must compute them.
    void add_outputs(Stage& stage) {
        std::set<TensorId> read;
        for (auto op = stage.operators.rbegin(); op != stage.operators.rend(); ++op) {
            const auto& outputs = graph_.op(*op).outputs;
            const bool used = *op == stage.last || std::any_of(outputs.begin(), outputs.end(),
                                                               [&](TensorId output) { return read.count(output) > 0; });
            for (const TensorId output : outputs) {
                if (*op == stage.last || !leaves(output)) continue;
                if (!used || random_.chance(0.1)) add_output(stage, output);
                if (!used) read.insert(output);
            }
            if (used || std::any_of(outputs.begin(), outputs.end(), [&](TensorId o) { return read.count(o) > 0; })) {
                for (const TensorId input : graph_.op(*op).inputs) read.insert(input);
            }
        }
    }

    void add_output(Stage& stage, TensorId tensor) {
        const Box& full = graph_.tensor(tensor).full;
        for (const Box& box : cut(full, {true, true, true, true}, random_.integer(1, 3))) {
            auto& devices = stage.outputs[tensor];
            if (!devices.empty() && random_.chance(0.2)) continue;  // the rest is given to some piece
            devices[any_device()].push_back(box);
        }
    }

    void decorate(Stage& stage, std::size_t s, bool partial) {
        for (const OperatorId op : groups_[s]) {
            for (const TensorId output : graph_.op(op).outputs) {
                if (leaves(output)) decorate(stage, output, partial);
            }
        }
    }

    void decorate(Stage& stage, TensorId tensor, bool partial) {
        if (options_.codecs && random_.chance(0.2) && graph_.tensor(tensor).type == graph::ElementType::float32) {
            stage.wire[tensor] = partial || random_.chance(0.5) ? wire::Codec::fp16 : wire::Codec::int8;
        }
        if (!stage.shares.empty() && random_.chance(0.3)) {
            const auto last = static_cast<std::int64_t>(stage.shares.size()) - 1;
            stage.from[tensor][any_device()] = stage.shares[static_cast<std::size_t>(random_.integer(0, last))].device;
        }
    }

    Stage hold(TensorId tensor) {
        Stage stage;
        stage.hold = tensor;
        const graph::TensorInfo& info = graph_.tensor(tensor);
        const bool whole = info.whole_only;
        for (const Box& box : cut(info.full, {!whole, !whole, !whole, !whole}, random_.integer(1, 4))) {
            add(stage, any_device(), {box, std::nullopt});
            while (random_.chance(options_.replica_chance)) add(stage, any_device(), {box, std::nullopt});
        }
        decorate(stage, tensor, false);
        return stage;
    }

    const graph::Graph& graph_;
    util::Random& random_;
    const RandomPlanOptions& options_;
    plan::Plan plan_;
    std::vector<std::size_t> stage_of_;
    std::vector<std::vector<OperatorId>> groups_;
};

std::string describe(const plan::Stage& stage, const plan::Plan& plan, const graph::Graph& graph) {
    std::string text;
    if (stage.hold) text += "hold " + graph.tensor(*stage.hold).name;
    for (const OperatorId op : stage.operators) text += graph.op(op).name + (op == stage.last ? "! " : " ");
    for (const plan::Share& share : stage.shares) {
        for (const Piece& piece : share.pieces) {
            text += fmt::format("\n    {}: {}", plan.devices[index(share.device)], to_string(piece.box));
            if (piece.in) text += " in " + to_string(*piece.in);
        }
    }
    for (const auto& [tensor, devices] : stage.outputs) {
        for (const auto& [device, boxes] : devices) {
            for (const Box& box : boxes) {
                text += fmt::format("\n    output {} {}: {}", graph.tensor(tensor).name, plan.devices[index(device)],
                                    to_string(box));
            }
        }
    }
    for (const auto& [tensor, receivers] : stage.from) {
        for (const auto& [receiver, holder] : receivers) {
            text += fmt::format("\n    from {} {}: {}", graph.tensor(tensor).name, plan.devices[index(receiver)],
                                plan.devices[index(holder)]);
        }
    }
    return text;
}

}  // namespace

plan::Plan random_plan(const graph::Graph& graph, util::Random& random, const RandomPlanOptions& options) {
    // Windows that lie wholly in padding read nothing, so that a tensor may turn out to be needed by no piece.
    for (int draw = 0; draw < 20; ++draw) {
        plan::Plan plan = PlanMaker(graph, random, options).make();
        try {
            (void)plan::Compiled(plan, graph);
            return plan;
        } catch (const util::Error& error) {
            if (error.message().find("is needed outside of this stage") == std::string::npos) return plan;
        }
    }
    throw std::logic_error("random_plan: no draw is valid");
}

std::string describe(const plan::Plan& plan, const graph::Graph& graph) {
    std::string text = fmt::format("{} devices, source {}, sink {}, in_flight {}\n", plan.devices.size(),
                                   plan.devices[index(plan.source)], plan.devices[index(plan.sink)], plan.in_flight);
    for (std::size_t r = 0; r < plan.routes.size(); ++r) {
        text += fmt::format("route {} weight {}\n", r, plan.routes[r].weight);
        for (const Stage& stage : plan.routes[r].stages) text += "  " + describe(stage, plan, graph) + "\n";
    }
    return text;
}

}  // namespace convoy::test

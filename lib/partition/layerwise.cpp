#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "graph/calculus.hpp"
#include "partition/assemble.hpp"
#include "partition/best_plan.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

using graph::OperatorId;
using graph::TensorId;
using util::Bytes;
using util::Seconds;

constexpr Seconds kNever(std::numeric_limits<double>::infinity());
/// Devices in order; more of them never paid in any plan that was looked at, and each costs a table.
constexpr std::size_t kMostStretches = 8;

/// Operators up to `end` (from where the one before ends) on one device of the bed.
struct Stretch {
    std::size_t end = 0;
    std::size_t device = 0;
};
using Stretches = std::vector<Stretch>;

plan::Plan plan_of(const Problem& problem, const Stretches& stretches) {
    plan::Plan plan = empty_plan(problem.bed);
    std::size_t begin = 0;
    for (const auto& [end, device] : stretches) {
        if (end > begin) plan.routes.front().stages.push_back(device_stage(problem.graph, {begin, end}, device));
        begin = std::max(begin, end);
    }
    return without_idle_devices(plan);
}

/// What is needed for the graph's outputs: of each operator, and of what crosses each position of the topological
/// order.
class Demand {
  public:
    explicit Demand(const graph::Graph& graph)
        : works_(graph.operators().size()), crossing_(graph.operators().size() + 1) {
        std::map<TensorId, graph::Slab> asked;  ///< by operators behind the position
        for (std::size_t at = graph.operators().size(); at-- > 0;) {
            ask(graph, OperatorId{static_cast<std::uint32_t>(at)}, asked);
            for (const auto& [tensor, slab] : asked) {
                if (at > 0 && !graph.producer(tensor)) continue;
                const graph::TensorInfo& info = graph.tensor(tensor);
                crossing_[at].emplace_back(info.bytes().value / info.full.volume() * slab.volume());
            }
        }
        for (const TensorId output : graph.outputs()) crossing_.back().push_back(graph.tensor(output).bytes());
    }

    /// Nothing where no output depends on the operator.
    [[nodiscard]] const std::optional<graph::Work>& work(std::size_t op) const { return works_[op]; }
    /// Tensors computed before a position and read behind it, one message each; in front of the first operator the
    /// inputs, behind the last one the outputs.
    [[nodiscard]] const std::vector<Bytes>& crossing(std::size_t position) const { return crossing_[position]; }

  private:
    /// Adds what an operator reads, takes away what it makes.
    void ask(const graph::Graph& graph, OperatorId id, std::map<TensorId, graph::Slab>& asked) {
        const graph::Operator& op = graph.op(id);
        std::vector<graph::Slab> outputs;
        bool wanted = false;
        for (std::size_t output = 0; output < op.outputs.size(); ++output) {
            const TensorId tensor = op.outputs[output];
            const auto found = asked.find(tensor);
            graph::Slab part = found == asked.end() ? graph::Slab{} : std::move(found->second);
            if (found != asked.end()) asked.erase(found);
            if (graph.is_output(tensor)) part = graph::make_slab(graph.tensor(tensor).full);
            outputs.push_back(part.empty() ? part : graph::computed(graph, id, output, part));
            wanted = wanted || !part.empty();
        }
        if (!wanted) return;
        for (std::size_t input = 0; input < op.inputs.size(); ++input) {
            const graph::Slab needed = graph::needed(graph, id, input, outputs);
            if (needed.empty()) continue;
            const auto [entry, added] = asked.emplace(op.inputs[input], needed);
            if (!added) entry->second = join(entry->second, needed);
        }
        works_[index(id)] = graph::Work{id, std::move(outputs), std::nullopt};
    }

    std::vector<std::optional<graph::Work>> works_;
    std::vector<std::vector<Bytes>> crossing_;
};

class Layerwise {
  public:
    explicit Layerwise(const Problem& problem)
        : problem_(problem),
          bed_(problem.bed),
          count_(problem.graph.operators().size()),
          devices_(bed_.cluster().devices.size()),
          demand_(problem.graph),
          best_(problem, problem.least_devices.value_or(1)) {
        for (std::size_t device = 0; device < devices_; ++device) {
            std::vector<Seconds> sums{Seconds{}};
            for (std::size_t op = 0; op < count_; ++op) {
                const auto& work = demand_.work(op);
                sums.push_back(sums.back() + (work ? problem.predictor.time(device, *work) : Seconds{}));
            }
            sums_.push_back(std::move(sums));
        }
    }

    plan::Plan run() && {
        for (std::size_t device = 0; device < devices_; ++device) best_.offer(plan_of(problem_, {{count_, device}}));
        offer_orders();
        offer_cuts();
        return std::move(best_).take(fmt::format("no cut of the model gives {} devices something to compute",
                                                 problem_.least_devices.value_or(1)));
    }

  private:
    [[nodiscard]] Seconds compute(std::size_t begin, std::size_t end, std::size_t device) const {
        return sums_[device][end] - sums_[device][begin];
    }

    /// All that crosses a position, one message behind the other.
    [[nodiscard]] Seconds transfer(std::size_t position, std::size_t from, std::size_t to) const {
        const std::vector<Bytes>& messages = demand_.crossing(position);
        if (from == to || messages.empty()) return Seconds{};
        Seconds time = bed_.delay(from, to);
        for (const Bytes bytes : messages) time += bed_.occupancy(from, to, bytes);
        return time;
    }

    struct Cut {
        Seconds least{};
        std::size_t position = 0;
        std::size_t device = 0;
    };

    /// A prefix on the source and the rest on another device take at least so long: one after the other, or at the
    /// same time where nothing crosses.
    [[nodiscard]] Seconds least(std::size_t position, std::size_t source, std::size_t device) const {
        const Seconds before = compute(0, position, source);
        const Seconds behind = compute(position, count_, device);
        if (demand_.crossing(position).empty()) return std::max(before, behind);
        return before + transfer(position, source, device) + behind;
    }

    /// Every prefix on the source with the rest on each other device, but for those that cannot be the best.
    void offer_cuts() {
        const std::size_t source = bed_.cluster().source;
        std::vector<Cut> cuts;
        for (std::size_t position = 1; position < count_; ++position) {
            for (std::size_t device = 0; device < devices_; ++device) {
                if (device != source) cuts.push_back({least(position, source, device), position, device});
            }
        }
        std::stable_sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.least < b.least; });
        constexpr double kRounding = 1 - 1e-9;
        for (const Cut& cut : cuts) {
            if (cut.least * kRounding > best_.latency()) break;
            best_.offer(plan_of(problem_, {{cut.position, source}, {count_, cut.device}}));
        }
    }

    /// Fastest way to have the operators before a position done with the last of them on a device.
    struct State {
        Seconds cost = kNever;
        std::size_t before = 0;  ///< position where its stretch began
        std::size_t from = 0;    ///< device of the stretch before
    };
    using Layer = std::vector<std::vector<State>>;  ///< by position and device

    /// For 1, 2, ... stretches the fastest order that ends on each device. All that crosses a position is taken to be
    /// on the device of the stretch before it, which is exact for chains.
    void offer_orders() {
        const std::size_t most = std::min({problem_.most_devices, devices_, kMostStretches, count_});
        std::vector<Layer> layers{first_stretch()};
        while (layers.size() < most) layers.push_back(next_stretch(layers.back()));
        for (std::size_t last = 1; last < layers.size(); ++last) {
            for (std::size_t device = 0; device < devices_; ++device) {
                if (layers[last][count_][device].cost < kNever) offer_order(layers, last, device);
            }
        }
    }

    [[nodiscard]] Layer first_stretch() const {
        Layer layer(count_ + 1, std::vector<State>(devices_));
        for (std::size_t device = 0; device < devices_; ++device) {
            const Seconds start = transfer(0, bed_.cluster().source, device) + bed_.piece_overhead(device);
            for (std::size_t end = 1; end <= count_; ++end)
                layer[end][device] = {start + compute(0, end, device), 0, 0};
        }
        return layer;
    }

    /// One more stretch: it begins at a position where the layer before ends, or goes on by one operator.
    [[nodiscard]] Layer next_stretch(const Layer& before) const {
        Layer layer(count_ + 1, std::vector<State>(devices_));
        for (std::size_t end = 2; end <= count_; ++end) {
            for (std::size_t device = 0; device < devices_; ++device) {
                State best = layer[end - 1][device];
                for (std::size_t from = 0; from < devices_; ++from) {
                    const Seconds cost = before[end - 1][from].cost;
                    if (from == device || cost == kNever) continue;
                    const Seconds begun = cost + transfer(end - 1, from, device) + bed_.piece_overhead(device);
                    if (begun < best.cost) best = {begun, end - 1, from};
                }
                if (best.cost < kNever) best.cost += compute(end - 1, end, device);
                layer[end][device] = best;
            }
        }
        return layer;
    }

    void offer_order(const std::vector<Layer>& layers, std::size_t last, std::size_t device) {
        Stretches stretches;
        std::size_t end = count_;
        for (std::size_t layer = last + 1; layer-- > 0;) {
            stretches.push_back({end, device});
            const State& state = layers[layer][end][device];
            end = state.before;
            device = state.from;
        }
        std::reverse(stretches.begin(), stretches.end());
        best_.offer(plan_of(problem_, stretches));
    }

    const Problem& problem_;
    const latency::Bed& bed_;
    std::size_t count_;
    std::size_t devices_;
    Demand demand_;
    std::vector<std::vector<Seconds>> sums_;  ///< by device: of the operators before each
    BestPlan best_;
};

}  // namespace

plan::Plan make_layerwise(const Problem& problem) {
    require_operators(problem);
    return Layerwise(problem).run();
}

}  // namespace convoy::partition::detail

#include "cost/bound.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "cost/demand.hpp"
#include "cost/egress.hpp"
#include "cost/least_rate.hpp"

namespace convoy::cost {

namespace {

using detail::LeastWork;
using graph::OperatorId;

/// What an operator costs a device, however small its pieces: once, and for all of its FLOPs and bytes.
struct Parts {
    double once = 0;
    double flops = 0;
    double bytes = 0;
    [[nodiscard]] double sum() const { return once + flops + bytes; }
};

/// The part of the model that scales. Models add up features with coefficients that are not negative, or take the
/// largest of several such sums: then the parts do not add up, and the larger one stands for both. Of a model with a
/// correction it is the sum times the least factor.
Parts parts_of(const latency::Bed& bed, std::size_t device, samples::WorkShape shape, const LeastWork& least) {
    const auto time = [&](util::Flops flops, util::Bytes bytes) {
        shape.flops = flops;
        shape.input_bytes = bytes;
        shape.output_bytes = shape.weight_bytes = util::Bytes(0);
        return bed.least_time(device, shape).count();
    };
    const double once = time({}, {});
    Parts parts{once, time(least.flops, {}) - once, time({}, least.bytes) - once};
    const double together = time(least.flops, least.bytes) - once;
    constexpr double kRounding = 1e-6;
    if (parts.flops + parts.bytes > together + kRounding * once + kRounding * together) {
        (parts.flops < parts.bytes ? parts.flops : parts.bytes) = 0;
    }
    return parts;
}

Parts least_of(const Parts& a, const Parts& b) {
    return {std::min(a.once, b.once), std::min(a.flops, b.flops), std::min(a.bytes, b.bytes)};
}

/// An operator's parts on each device.
struct Costs {
    OperatorId op{};
    double operations = 0;  ///< that are needed
    std::vector<Parts> devices;
    double undivided = 0;  ///< time on the device that is fastest, for an operator that no plan shares; else 0
};

/// By device the first one of the same kind, which differs in speed only.
std::vector<std::size_t> kinds_of(const latency::Bed& bed) {
    const auto& devices = bed.cluster().devices;
    std::vector<std::size_t> kinds;
    std::vector<std::size_t> firsts;
    for (std::size_t d = 0; d < devices.size(); ++d) {
        const auto first = std::find_if(firsts.begin(), firsts.end(), [&](std::size_t f) {
            return devices[f].load == devices[d].load && devices[f].threads == devices[d].threads &&
                   bed.model(f).operators() == bed.model(d).operators();
        });
        kinds.push_back(first == firsts.end() ? d : *first);
        if (kinds.back() == d) firsts.push_back(d);
    }
    return kinds;
}

/// Seconds for each operation that no piece of an operator stays below, by device; empty where that is not known.
class LeastRates {
  public:
    LeastRates(const graph::Graph& graph, const latency::Bed& bed)
        : graph_(graph), bed_(bed), kinds_(kinds_of(bed)), known_(graph.operators().size()) {}

    /// Nothing for a model without corrections: they are what pieces differ by.
    std::optional<double> find(OperatorId op, std::size_t device) {
        const std::size_t kind = kinds_[device];
        const auto& models = bed_.model(kind).operators();
        if (std::none_of(models.begin(), models.end(), [](const auto& m) { return m.correction.has_value(); })) {
            return std::nullopt;
        }
        auto& known = known_[graph::index(op)];
        const auto [entry, added] = known.try_emplace(kind);
        if (added) entry->second = detail::least_rate(graph_, op, bed_, kind);
        if (!entry->second) return std::nullopt;
        return *entry->second * bed_.speed(kind) / bed_.speed(device);
    }

  private:
    const graph::Graph& graph_;
    const latency::Bed& bed_;
    std::vector<std::size_t> kinds_;
    std::vector<std::map<std::size_t, std::optional<double>>> known_;  ///< by operator and kind
};

Costs costs_of(const graph::Graph& graph, const latency::Bed& bed, const LeastWork& least, LeastRates& rates) {
    const samples::WorkShape shape = samples::describe(graph, least.work);
    Costs costs{least.work.op, least.flops.value, {}, 0};
    for (std::size_t d = 0; d < bed.cluster().devices.size(); ++d) {
        Parts parts = parts_of(bed, d, shape, least);
        if (shape.group > 1 && shape.channels > 1 && least.work.in) {
            // Addends of single channels count as depthwise.
            samples::WorkShape narrow = shape;
            narrow.channels = 1;
            parts = least_of(parts, parts_of(bed, d, narrow, least));
        }
        const auto rate = rates.find(least.work.op, d);
        if (rate && *rate * least.flops.value > parts.sum()) parts = {0, *rate * least.flops.value, 0};
        costs.devices.push_back(parts);
    }
    if (detail::is_undivided(graph, least.work.op)) {
        costs.undivided = std::numeric_limits<double>::infinity();
        for (std::size_t d = 0; d < costs.devices.size(); ++d) {
            costs.undivided = std::min(costs.undivided, bed.least_time(d, shape).count());
        }
    }
    return costs;
}

using Weights = std::vector<double>;  ///< by device

/// Weights that make some part of all work equally long on every device; all of them give bounds.
std::vector<Weights> candidates(const std::vector<const Costs*>& works, std::size_t devices) {
    std::vector<Weights> weights;
    const auto add = [&](auto part) {
        Weights speeds(devices, 0);
        for (std::size_t d = 0; d < devices; ++d) {
            double time = 0;
            for (const Costs* costs : works) time += part(costs->devices[d]);
            if (time <= 0) return;
            speeds[d] = 1 / time;
        }
        const double sum = std::accumulate(speeds.begin(), speeds.end(), 0.0);
        for (double& speed : speeds) speed /= sum;
        weights.push_back(std::move(speeds));
    };
    add([](const Parts& parts) { return parts.sum(); });
    add([](const Parts& parts) { return parts.flops; });
    add([](const Parts& parts) { return parts.bytes; });
    return weights;
}

/// The sum of weight x busy time over all devices is never less: by weak duality, whoever does what.
double weighted_work(const std::vector<const Costs*>& works, const Weights& weights) {
    double sum = 0;
    for (const Costs* costs : works) {
        Parts least{1, 1, 1};
        for (std::size_t d = 0; d < weights.size(); ++d) {
            const Parts& parts = costs->devices[d];
            const Parts weighted{parts.once * weights[d], parts.flops * weights[d], parts.bytes * weights[d]};
            least = d == 0 ? weighted : least_of(least, weighted);
        }
        sum += least.sum();
    }
    return sum;
}

/// The least time by which the devices can have worked off `work`, when each is idle for some time of it.
double time_of(double work, const Weights& weights, const std::vector<double>& idle) {
    std::vector<std::size_t> order(weights.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return idle[a] < idle[b]; });
    double speed = 0;
    double missed = 0;
    double time = std::numeric_limits<double>::infinity();
    for (const std::size_t d : order) {
        if (time <= idle[d]) break;
        speed += weights[d];
        missed += weights[d] * idle[d];
        time = (work + missed) / speed;
    }
    return time;
}

double shared_time(const std::vector<const Costs*>& works, const std::vector<double>& idle) {
    double best = 0;
    for (const Weights& weights : candidates(works, idle.size())) {
        best = std::max(best, time_of(weighted_work(works, weights), weights, idle));
    }
    return best;
}

/// Shortest time from one device to each other one, through any devices, for messages without bytes (Dijkstra).
std::vector<double> distances(const latency::Bed& bed, std::size_t start, bool towards) {
    const std::size_t devices = bed.cluster().devices.size();
    std::vector<double> distance(devices, std::numeric_limits<double>::infinity());
    std::vector<bool> done(devices, false);
    distance[start] = 0;
    for (std::size_t round = 0; round < devices; ++round) {
        std::size_t next = devices;
        for (std::size_t d = 0; d < devices; ++d) {
            if (!done[d] && (next == devices || distance[d] < distance[next])) next = d;
        }
        done[next] = true;
        for (std::size_t d = 0; d < devices; ++d) {
            if (done[d]) continue;
            const std::size_t from = towards ? d : next;
            const std::size_t to = towards ? next : d;
            const double leg = (bed.occupancy(from, to, util::Bytes(0)) + bed.delay(from, to)).count();
            distance[d] = std::min(distance[d], distance[next] + leg);
        }
    }
    return distance;
}

class Bound {
  public:
    Bound(const graph::Graph& graph, const latency::Bed& bed, double coding)
        : graph_(graph), bed_(bed), coding_(coding), rates_(graph, bed) {}

    double find() {
        const std::vector<Costs> all = costs(graph_.outputs());
        if (all.empty()) return 0;
        return std::max({shared_time(pointers(all), idle()), critical_path(all), egress(all)});
    }

  private:
    [[nodiscard]] std::vector<Costs> costs(const std::vector<graph::TensorId>& wanted) {
        std::vector<Costs> result;
        for (const auto& least : detail::least_works(graph_, wanted)) {
            if (least) result.push_back(costs_of(graph_, bed_, *least, rates_));
        }
        return result;
    }

    [[nodiscard]] double egress(const std::vector<Costs>& all) const {
        std::vector<detail::OperatorTimes> operators;
        for (const Costs& costs : all) {
            operators.push_back({costs.op, costs.operations, {}});
            for (const Parts& parts : costs.devices) operators.back().seconds.push_back(parts.flops);
        }
        return detail::egress_bound(graph_, bed_, operators, coding_);
    }

    static std::vector<const Costs*> pointers(const std::vector<Costs>& costs) {
        std::vector<const Costs*> result;
        for (const Costs& one : costs) result.push_back(&one);
        return result;
    }

    /// How long each device must wait for its first input, and how long its last result is on its way to the sink.
    [[nodiscard]] std::vector<double> idle() const {
        const cluster::Cluster& cluster = bed_.cluster();
        std::vector<double> idle = distances(bed_, cluster.sink, true);
        for (std::size_t i = 0; i < graph_.operators().size(); ++i) {
            if (!detail::always_reads(graph_, OperatorId{static_cast<std::uint32_t>(i)})) return idle;
        }
        const std::vector<double> first = distances(bed_, cluster.source, false);
        for (std::size_t d = 0; d < idle.size(); ++d) idle[d] += first[d];
        return idle;
    }

    /// By operator, whether every element of it depends on operator `start`.
    [[nodiscard]] std::vector<bool> dependent_on(OperatorId start) const {
        std::vector<bool> tensors(graph_.tensors().size(), false);
        std::vector<bool> operators(graph_.operators().size(), false);
        for (std::size_t i = graph::index(start); i < operators.size(); ++i) {
            const graph::Operator& op = graph_.operators()[i];
            const auto dependent = [&](graph::TensorId input) { return tensors[graph::index(input)]; };
            const bool any = std::any_of(op.inputs.begin(), op.inputs.end(), dependent);
            const bool every = std::all_of(op.inputs.begin(), op.inputs.end(), dependent);
            const OperatorId id{static_cast<std::uint32_t>(i)};
            operators[i] = any && (every || op.kind != graph::Kind::concat) && detail::always_reads(graph_, id);
            if (!operators[i] && id != start) continue;
            for (const graph::TensorId output : op.outputs) tensors[graph::index(output)] = true;
        }
        return operators;
    }

    /// The longest path through operators that one device computes at a time: each needs all that is in front of it,
    /// and all behind it waits for it. What lies between two of them may be shared ideally.
    [[nodiscard]] double critical_path(const std::vector<Costs>& all) {
        std::vector<const Costs*> stops = undivided(all);
        std::vector<double> end;                    ///< by stop: earliest end
        std::vector<std::vector<bool>> dependents;  ///< by stop
        double longest = 0;
        for (std::size_t s = 0; s <= stops.size(); ++s) {
            const bool last = s == stops.size();
            std::vector<Costs> before = last ? all : costs(graph_.op(stops[s]->op).outputs);
            if (!last) before.pop_back();  // the stop itself
            double begin = last ? 0 : between(before, nullptr);
            for (std::size_t p = 0; p < s; ++p) {
                if (!last && !dependents[p][graph::index(stops[s]->op)]) continue;
                begin = std::max(begin, end[p] + between(before, &dependents[p]));
            }
            longest = std::max(longest, begin);
            if (last) break;
            end.push_back(begin + stops[s]->undivided);
            dependents.push_back(dependent_on(stops[s]->op));
        }
        return longest;
    }

    /// In topological order; of many those that take longest, since any choice gives a bound.
    static std::vector<const Costs*> undivided(const std::vector<Costs>& all) {
        constexpr std::size_t kMost = 12;
        std::vector<const Costs*> stops;
        for (const Costs& costs : all) {
            if (costs.undivided > 0) stops.push_back(&costs);
        }
        std::stable_sort(stops.begin(), stops.end(),
                         [](const Costs* a, const Costs* b) { return a->undivided > b->undivided; });
        stops.resize(std::min(stops.size(), kMost));
        std::sort(stops.begin(), stops.end());
        return stops;
    }

    [[nodiscard]] double between(const std::vector<Costs>& before, const std::vector<bool>* behind) const {
        std::vector<const Costs*> works;
        for (const Costs& costs : before) {
            if (behind == nullptr || (*behind)[graph::index(costs.op)]) works.push_back(&costs);
        }
        return works.empty() ? 0 : shared_time(works, std::vector<double>(bed_.cluster().devices.size(), 0));
    }

    const graph::Graph& graph_;
    const latency::Bed& bed_;
    double coding_;
    LeastRates rates_;
};

}  // namespace

util::Seconds lower_bound(const graph::Graph& graph, const latency::Bed& bed, double coding) {
    // The simulator adds up the same numbers in another order.
    constexpr double kRounding = 1e-9;
    return util::Seconds(Bound(graph, bed, coding).find() * (1 - kRounding));
}

}  // namespace convoy::cost

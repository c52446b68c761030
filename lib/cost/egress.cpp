#include "cost/egress.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace convoy::cost::detail {

namespace {

using graph::Axis;
using graph::Index;
using graph::OperatorId;

/// The most windows along one axis that read one element, each counted as often as it has taps for each one that it
/// reads; 0 when some window reads nothing.
double most_taps(const graph::Window& window, std::size_t axis, Index outputs, Index extent) {
    std::vector<double> taps(static_cast<std::size_t>(extent), 0);
    for (Index output = 0; output < outputs; ++output) {
        std::vector<std::size_t> read;
        for (Index tap = 0; tap < window.kernel[axis]; ++tap) {
            const Index at = output * window.stride[axis] - window.pad_begin[axis] + tap * window.dilation[axis];
            if (at >= 0 && at < extent) read.push_back(static_cast<std::size_t>(at));
        }
        if (read.empty()) return 0;
        for (const std::size_t at : read) {
            taps[at] += static_cast<double>(window.kernel[axis]) / static_cast<double>(read.size());
        }
    }
    return taps.empty() ? 0 : *std::max_element(taps.begin(), taps.end());
}

/// Operations of one operator's elements, tail left out where addends are possible.
struct Fan {
    double made = 0;  ///< for each element of the output
    double read = 0;  ///< that an element of the input takes part in, at most; 0: not known
};

/// Whether all elements of its output are needed: of a part the other elements would come for nothing.
bool all_needed(const graph::Graph& graph, const OperatorTimes& times, const Fan& fan) {
    constexpr double kRounding = 1e-9;
    const auto elements = static_cast<double>(graph.tensor(graph.op(times.op).outputs[0]).full.volume());
    return times.operations >= fan.made * elements * (1 - kRounding);
}

Fan fan_of(const graph::Graph& graph, OperatorId id, std::size_t input) {
    using graph::Kind;
    const graph::Operator& op = graph.op(id);
    const graph::TensorInfo& in = graph.tensor(op.inputs[input]);
    const graph::TensorInfo& out = graph.tensor(op.outputs[0]);
    if (op.outputs.size() != 1 || in.whole_only || out.whole_only || out.full[Axis::n].size() != 1) return {};
    graph::Work work = graph::whole_work(graph, id);
    const auto summed = graph::cuts(graph, id).contraction;
    if (std::find(summed.begin(), summed.end(), true) != summed.end()) work.in = graph.tensor(op.inputs[0]).full;
    const double made = graph::flops(graph, work).value / static_cast<double>(out.full.volume());
    const bool pools = op.kind == Kind::max_pool || op.kind == Kind::average_pool;
    if (op.kind == Kind::convolution || pools) {
        const double taps = most_taps(op.window, 0, out.full[Axis::h].size(), in.full[Axis::h].size()) *
                            most_taps(op.window, 1, out.full[Axis::w].size(), in.full[Axis::w].size());
        const auto area = static_cast<double>(op.window.kernel[0] * op.window.kernel[1]);
        // An element is read by all output channels of its group, which read as many channels.
        const double channels =
            pools ? 1 : static_cast<double>(out.full[Axis::c].size()) / static_cast<double>(in.full[Axis::c].size());
        return {made, made / area * taps * channels};
    }
    if (op.kind == Kind::gemm) {
        return {made, made * static_cast<double>(out.full.volume()) / static_cast<double>(in.full.volume())};
    }
    switch (op.kind) {
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::unary:
        case Kind::batch_norm:
        case Kind::add:
        case Kind::mul:
            return in.full == out.full ? Fan{made, made} : Fan{};
        default:
            return {};
    }
}

/// An operator of the path.
struct Link {
    const OperatorTimes* times = nullptr;
    double scale = 1;  ///< s: of its level over its share
    double bytes = 0;  ///< that leave the source when it is all above a level and the one in front is not
    [[nodiscard]] double source(std::size_t device) const { return times->seconds[device]; }
};

/// Weights of the source's computing, of what leaves it and of the others' computing, together 1.
using Weights = std::array<double, 3>;

class Egress {
  public:
    Egress(const graph::Graph& graph, const latency::Bed& bed, const std::vector<OperatorTimes>& operators,
           double coding)
        : graph_(graph), source_(bed.cluster().source), operators_(operators) {
        double fastest = 0;
        std::vector<double> speeds(bed.cluster().devices.size(), 0);
        double sum = 0;
        for (std::size_t d = 0; d < speeds.size(); ++d) {
            if (d == source_) continue;
            fastest = std::max(fastest, bed.cluster().link(source_, d).rate.value);
            double time = 0;
            for (const OperatorTimes& times : operators_) time += times.seconds[d];
            if (time > 0) speeds[d] = 1 / time;
            sum += speeds[d];
        }
        if (fastest <= 0 || sum <= 0) return;
        for (const OperatorTimes& times : operators_) {
            double least = std::numeric_limits<double>::infinity();
            for (std::size_t d = 0; d < speeds.size(); ++d) {
                if (d != source_) least = std::min(least, speeds[d] / sum * times.seconds[d]);
            }
            others_.push_back(least);
        }
        find_path(coding / fastest);
    }

    [[nodiscard]] double find() const {
        if (path_.empty()) return 0;
        constexpr int kSteps = 8;
        double best = 0;
        Weights at{};
        for (int source = 0; source <= kSteps; ++source) {
            for (int sent = 0; source + sent <= kSteps; ++sent) {
                const Weights weights{static_cast<double>(source) / kSteps, static_cast<double>(sent) / kSteps,
                                      static_cast<double>(kSteps - source - sent) / kSteps};
                improve(weights, best, at);
            }
        }
        for (double step = 0.5 / kSteps; step > 1e-3; step /= 2) {
            const Weights from = at;
            for (const double source : {-step, 0.0, step}) {
                for (const double sent : {-step, 0.0, step}) {
                    improve({from[0] + source, from[1] + sent, from[2] - source - sent}, best, at);
                }
            }
        }
        return best;
    }

  private:
    void improve(const Weights& weights, double& best, Weights& at) const {
        if (std::any_of(weights.begin(), weights.end(), [](double weight) { return weight < 0; })) return;
        const double found = mean(weights);
        if (found <= best) return;
        best = found;
        at = weights;
    }

    /// The path that takes the source longest, from the graph's inputs.
    void find_path(double seconds_per_byte) {
        std::vector<const OperatorTimes*> known(graph_.operators().size(), nullptr);
        for (const OperatorTimes& times : operators_) {
            if (times.operations > 0) known[graph::index(times.op)] = &times;
        }
        struct Reached {
            double time = 0;
            std::optional<std::size_t> before;
            std::size_t input = 0;
            bool any = false;
        };
        std::vector<Reached> reached(known.size());
        std::optional<std::size_t> last;
        for (std::size_t o = 0; o < known.size(); ++o) {
            if (known[o] == nullptr) continue;
            const graph::Operator& op = graph_.operators()[o];
            for (std::size_t input = 0; input < op.inputs.size(); ++input) {
                const auto producer = graph_.producer(op.inputs[input]);
                if (producer && !reached[graph::index(*producer)].any) continue;
                const Fan fan = fan_of(graph_, known[o]->op, input);
                if (fan.read <= 0 || !all_needed(graph_, *known[o], fan)) continue;
                const double before = producer ? reached[graph::index(*producer)].time : 0;
                const double time = before + known[o]->seconds[source_];
                if (reached[o].any && time <= reached[o].time) continue;
                reached[o] = {time, std::nullopt, input, true};
                if (producer) reached[o].before = graph::index(*producer);
            }
            if (reached[o].any && (!last || reached[o].time > reached[*last].time)) last = o;
        }
        on_path_.assign(known.size(), false);
        std::vector<std::size_t> places;
        for (auto at = last; at; at = reached[*at].before) places.push_back(*at);
        std::reverse(places.begin(), places.end());
        double scale = 1;
        double made = 0;  // elements, by the one in front
        for (const std::size_t o : places) {
            const Fan fan = fan_of(graph_, known[o]->op, reached[o].input);
            const double read = known[o]->operations / fan.read;
            const double held = path_.empty() ? read : made;
            const double ratio = held > 0 ? std::min(1.0, read / held) : 0;
            constexpr double kLeastScale = 1e-6;
            if (scale * ratio < kLeastScale) break;
            const auto element =
                static_cast<double>(graph_.tensor(graph_.operators()[o].inputs[reached[o].input]).element_bytes);
            path_.push_back({known[o], scale * ratio, held / scale * element * seconds_per_byte});
            on_path_[o] = true;
            scale *= ratio;
            made = fan.made > 0 ? known[o]->operations / fan.made : 0;
        }
    }

    /// The least mean of the three times by these weights.
    [[nodiscard]] double mean(const Weights& weights) const {
        double sum = 0;
        for (std::size_t i = 0; i < operators_.size(); ++i) {
            const double alone = weights[0] * operators_[i].seconds[source_];
            const bool on_path = on_path_[graph::index(operators_[i].op)];
            sum += on_path ? alone : std::min(alone, weights[2] * others_[i]);
        }
        double level = 0;  // levels up to this one are done
        for (std::size_t end = path_.size(); end > 0;) {
            // Up to the scale of the last one that has such levels.
            const double top = path_[end - 1].scale;
            if (top > level) sum += (top - level) * least_of_level(weights, end);
            level = std::max(level, top);
            --end;
        }
        return sum;
    }

    /// The least cost of one level, for the first `end` operators: each is above it or not.
    [[nodiscard]] double least_of_level(const Weights& weights, std::size_t end) const {
        double below = 0;
        double above = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < end; ++i) {
            const Link& link = path_[i];
            const double others = others_[static_cast<std::size_t>(link.times - operators_.data())];
            const double cost = (weights[2] * others - weights[0] * link.source(source_)) / link.scale;
            const double next_above = cost + std::min(above, below + weights[1] * link.bytes);
            below = std::min(below, above);
            above = next_above;
        }
        return std::min(below, above);
    }

    const graph::Graph& graph_;
    std::size_t source_;
    const std::vector<OperatorTimes>& operators_;
    std::vector<double> others_;  ///< by operator: weighted seconds of the others for all of it
    std::vector<Link> path_;      ///< scales do not grow along it
    std::vector<bool> on_path_;   ///< by operator of the graph
};

}  // namespace

double egress_bound(const graph::Graph& graph, const latency::Bed& bed, const std::vector<OperatorTimes>& operators,
                    double coding) {
    if (bed.cluster().devices.size() < 2) return 0;
    return Egress(graph, bed, operators, coding).find();
}

}  // namespace convoy::cost::detail

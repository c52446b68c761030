#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/channels.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

using graph::OperatorId;

OperatorId operator_id(std::size_t op) { return OperatorId{static_cast<std::uint32_t>(op)}; }

/// Operators that are one stage.
struct Step {
    OperatorRange range;
    bool cut = false;  ///< by output channels; else every device computes all of it
};

/// Whether an operator goes on, channel by channel, where the one before it ended.
bool goes_on(const graph::Graph& graph, std::size_t op) {
    const auto& inputs = graph.operators()[op].inputs;
    const graph::TensorId before = graph.operators()[op - 1].outputs.front();
    return std::find(inputs.begin(), inputs.end(), before) != inputs.end() && is_channelwise(graph, operator_id(op));
}

std::vector<Step> steps_of(const graph::Graph& graph) {
    std::vector<Step> steps;
    for (std::size_t op = 0; op < graph.operators().size(); ++op) {
        const OperatorId id = operator_id(op);
        if (!steps.empty() && steps.back().cut && goes_on(graph, op)) {
            steps.back().range.end = op + 1;
        } else {
            steps.push_back({{op, op + 1}, has_filters(graph, id) || is_channelwise(graph, id)});
        }
    }
    return steps;
}

class Oc {
  public:
    Oc(const Problem& problem, std::vector<Step> steps) : problem_(problem), steps_(std::move(steps)) {
        last_cut_ = static_cast<std::size_t>(
            std::find_if(steps_.rbegin(), steps_.rend(), [](const Step& step) { return step.cut; }).base() -
            steps_.begin());
        for (const Step& step : steps_) {
            for (std::size_t op = step.range.begin; op < step.range.end; ++op) {
                const graph::Work work = graph::whole_work(problem.graph, operator_id(op));
                (step.cut ? cut_weights_ : whole_weights_) +=
                    static_cast<double>(graph::weight_bytes(problem.graph, work).value);
            }
        }
    }

    /// Each device's part goes by its speed in each step, as far as its room for weights allows.
    [[nodiscard]] std::optional<plan::Plan> plan_for(const std::vector<std::size_t>& devices, const Room& room) const {
        std::vector<double> limits;
        for (const std::size_t device : devices) {
            limits.push_back((room[device] - whole_weights_) / std::max(cut_weights_, 1.0));
        }
        std::vector<std::size_t> used;
        for (std::size_t i = 0; i < devices.size(); ++i) {
            if (limits[i] > 0) used.push_back(devices[i]);
        }
        std::erase_if(limits, [](double limit) { return limit <= 0; });
        if (used.empty()) return std::nullopt;
        plan::Plan plan = empty_plan(problem_.bed);
        for (std::size_t s = 0; s < steps_.size(); ++s) {
            if (steps_[s].cut) {
                const std::vector<double> parts = proportions(speeds(steps_[s].range, used), limits);
                if (parts.empty()) return std::nullopt;
                plan.routes.front().stages.push_back(shared(steps_[s].range, used, parts));
            } else if (s < last_cut_) {
                plan.routes.front().stages.push_back(replicated_stage(problem_.graph, steps_[s].range, used));
            } else {
                plan.routes.front().stages.push_back(device_stage(problem_.graph, steps_[s].range, end_device(used)));
            }
        }
        return without_idle_devices(plan);
    }

  private:
    [[nodiscard]] std::vector<double> speeds(OperatorRange range, const std::vector<std::size_t>& devices) const {
        std::vector<double> speeds;
        for (const std::size_t device : devices) {
            double seconds = 0;
            for (std::size_t op = range.begin; op < range.end; ++op) {
                const graph::Work work = graph::whole_work(problem_.graph, operator_id(op));
                seconds += problem_.predictor.time(device, work).count();
            }
            speeds.push_back(1 / std::max(seconds, 1e-12));
        }
        return speeds;
    }

    [[nodiscard]] plan::Stage shared(OperatorRange range, const std::vector<std::size_t>& devices,
                                     const std::vector<double>& parts) const {
        const OperatorId last = operator_id(range.end - 1);
        const graph::Index granule = channel_granule(problem_.graph, operator_id(range.begin), devices.size());
        return channel_stage(problem_.graph, range,
                             {devices, deal_by(output_channels(problem_.graph, last), granule, parts)});
    }

    /// What cannot be cut at the end of the model: on the sink, where its result is wanted, if it takes part.
    [[nodiscard]] std::size_t end_device(const std::vector<std::size_t>& devices) const {
        const std::size_t sink = problem_.bed.cluster().sink;
        return std::find(devices.begin(), devices.end(), sink) == devices.end() ? devices.front() : sink;
    }

    const Problem& problem_;
    std::vector<Step> steps_;
    std::size_t last_cut_ = 0;  ///< behind the last step that is cut
    double cut_weights_ = 0;
    double whole_weights_ = 0;
};

}  // namespace

plan::Plan make_oc(const Problem& problem) {
    std::vector<Step> steps = steps_of(problem.graph);
    if (std::none_of(steps.begin(), steps.end(), [](const Step& step) { return step.cut; })) {
        throw util::Error(util::Errc::impossible, "no operator of the model can be cut into channels");
    }
    const Oc oc(problem, std::move(steps));
    return best_on_fastest(problem, "oc", [&](const std::vector<std::size_t>& devices, const Room& room) {
        return oc.plan_for(devices, room);
    });
}

}  // namespace convoy::partition::detail

#include "engine/profiler.hpp"

#include <algorithm>

#include "engine/load.hpp"
#include "util/clock.hpp"

namespace convoy::engine {

using graph::OperatorId;
using util::Seconds;

namespace {

constexpr Seconds kMostPerSample{0.5};
constexpr Seconds kLeastPerSample{0.03};

class Profiler {
  public:
    Profiler(const graph::Graph& graph, const ProfilePlan& plan,
             const std::function<void(std::size_t, std::size_t)>& progress)
        : graph_(graph),
          weights_(graph),
          plan_(plan),
          progress_(progress),
          deadline_(plan.budget),
          works_(works_to_time(graph)),
          total_(plan.loads.size() * plan.threads.size() * (works_.size() + 1)) {
        effort_.most = std::clamp(plan.budget / (2.0 * static_cast<double>(total_)), kLeastPerSample, kMostPerSample);
    }

    ProfileResult run() {
        samples::Profile& profile = result_.profile;
        profile.context = context_of_this_device(plan_.device);
        profile.model_file = graph_.file();
        profile.model_sha256 = graph_.sha256();
        for (std::size_t i = 0; i < graph_.operators().size(); ++i) {
            profile.model_flops += graph::flops(graph_, whole_work(graph_, OperatorId(i)));
        }
        set_threads(plan_.threads.front());
        profile.piece_overhead = time_piece_overhead(effort_);
        // Whole operators under all conditions first, so that a short budget costs slices only.
        const std::size_t wholes = graph_.operators().size();
        for_each_condition([&](double load, int threads) {
            whole_model_sample(load, threads);
            layer_samples(0, wholes, load, threads);
        });
        for_each_condition([&](double load, int threads) { layer_samples(wholes, works_.size(), load, threads); });
        result_.disturbance = others_.share();
        return std::move(result_);
    }

  private:
    template <class Body>
    void for_each_condition(Body body) {
        for (const int threads : plan_.threads) {
            set_threads(threads);
            for (const double load : plan_.loads) {
                generator_.emplace(load);
                body(load, threads);
                generator_.reset();
            }
        }
    }

    [[nodiscard]] Effort effort(double load) const {
        Effort effort = effort_;
        if (load > 0) {  // each measurement sees two whole periods of the load
            effort.quantum = 2 * LoadGenerator::period();
            effort.precision = 0.02;
            effort.most_measurements = 15;
        }
        return effort;
    }

    /// Whether the time is over; counts what is left out.
    bool skipped() {
        if (!deadline_.passed()) return false;
        ++result_.left_out;
        return true;
    }

    void whole_model_sample(double load, int threads) {
        if (skipped()) return;
        generator_->restart();
        const samples::Times times = time_piece(weights_, whole_model(graph_), effort(load));
        result_.profile.whole_model.push_back({load, generator_->obtained(), threads, times});
        progress_(++done_, total_);
    }

    void layer_samples(std::size_t begin, std::size_t end, double load, int threads) {
        for (std::size_t i = begin; i < end; ++i) {
            if (skipped()) continue;
            const graph::Work& work = works_[i];
            generator_->restart();
            const samples::Times times = time_piece(weights_, piece_of(graph_, work), effort(load));
            result_.profile.layers.push_back({graph_.op(work.op).name, samples::describe(graph_, work), load,
                                              generator_->obtained(), threads, times});
            progress_(++done_, total_);
        }
    }

    const graph::Graph& graph_;
    Weights weights_;
    const ProfilePlan& plan_;
    const std::function<void(std::size_t, std::size_t)>& progress_;
    util::Deadline deadline_;
    std::vector<graph::Work> works_;
    std::size_t total_;
    OtherProcesses others_;
    std::size_t done_ = 0;
    Effort effort_;
    std::optional<LoadGenerator> generator_;
    ProfileResult result_;
};

}  // namespace

ProfileResult profile_model(const graph::Graph& graph, const ProfilePlan& plan,
                            const std::function<void(std::size_t, std::size_t)>& progress) {
    return Profiler(graph, plan, progress).run();
}

}  // namespace convoy::engine

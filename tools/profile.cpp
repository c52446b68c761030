#include <algorithm>
#include <optional>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/run_tool.hpp"
#include "engine/profiler.hpp"
#include "options/profile.hpp"
#include "runtime/link_probe.hpp"
#include "stop_on_signal.hpp"
#include "util/file.hpp"
#include "util/log.hpp"

namespace {

using namespace convoy;

constexpr double kLargestLoad = 0.95;
constexpr double kMostThreads = 1024;
constexpr double kMostDisturbance = 0.1;  ///< share of all cores; a machine at rest has less

engine::ProfilePlan plan_from(const cli::Options& options) {
    engine::ProfilePlan plan;
    plan.loads = options.numbers("load", 0, kLargestLoad);
    plan.threads.clear();
    for (const double threads : options.numbers("threads", 1, kMostThreads)) {
        if (threads != static_cast<int>(threads)) throw options.error("threads", "must be whole numbers");
        plan.threads.push_back(static_cast<int>(threads));
    }
    plan.budget = options.duration("budget");
    plan.device = options.optional_text("name").value_or("");
    return plan;
}

int write(const cli::Options& options, const samples::Profile& profile) {
    util::write_file(options.output(), samples::write_profile(profile));
    return 0;
}

int profile_model(const cli::Options& options) {
    const engine::ProfilePlan plan = plan_from(options);
    const graph::Graph graph = tools::read_model(options, options.positional("MODEL.onnx"));
    const cli::Interruption interruption;
    std::optional<cli::Progress> bar;
    const engine::ProfileResult result = engine::profile_model(graph, plan, [&](std::size_t done, std::size_t total) {
        cli::Interruption::throw_if_requested();
        if (!bar) bar.emplace(options, "timing", total);
        bar->update(done);
    });
    bar.reset();
    if (result.left_out > 0) {
        util::log_warning("the budget was over before {} of the measurements; --budget gives more", result.left_out);
    }
    if (result.disturbance > kMostDisturbance) {
        util::log_warning("other processes took {:.0f} % of the CPU meanwhile: the times are too long",
                          100 * result.disturbance);
    }
    return write(options, samples::stretched(result.profile, options.number("stretch", 1, samples::kLargestStretch)));
}

int profile_link(const cli::Options& options) {
    const tools::StopOnSignal signals;
    constexpr util::Seconds kMostForLink{30};
    std::optional<cli::Progress> bar;
    runtime::LinkProbeOptions probe;
    probe.security = tools::security_from(options);
    probe.budget = std::min(options.duration("budget"), kMostForLink);
    probe.stop = signals.token();
    probe.progress = [&](std::size_t done, std::size_t total) {
        if (!bar) bar.emplace(options, "probing", total);
        bar->update(done);
    };
    samples::Profile profile;
    profile.context = engine::context_of_this_device(options.optional_text("name").value_or(""));
    profile.link = runtime::measure_link(options.text("link"), probe);
    bar.reset();
    return write(options, profile);
}

int run(const cli::Options& options) {
    const bool model = !options.positional("MODEL.onnx").empty();
    if (model == options.has("link")) {
        throw util::Error(util::Errc::usage, "give either a model or --link")
            .hint("convoy-profile --help shows all options");
    }
    if (!model && options.has("stretch"))
        throw options.error("stretch", "slows the device down, not its links", "it needs a model");
    return model ? profile_model(options) : profile_link(options);
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(tools::kProfile, argc, argv, run); }

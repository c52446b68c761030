#include <algorithm>
#include <optional>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/run_tool.hpp"
#include "engine/context.hpp"
#include "engine/profiler.hpp"
#include "options/profile.hpp"
#include "profile/cluster.hpp"
#include "profile/warnings.hpp"
#include "runtime/link_probe.hpp"
#include "stop_on_signal.hpp"
#include "util/file.hpp"
#include "util/log.hpp"

namespace {

using namespace convoy;

constexpr std::uint64_t kLargestSeed = std::uint64_t{1} << 53;  ///< that files hold as a number

samples::Sweep sweep_from(const cli::Options& options) {
    if (options.seed() > kLargestSeed) throw options.error("seed", "must be at most 2^53 with --sweep");
    return {options.seed(), options.integer("sweep-layers", 1, engine::kMostSweepLayers)};
}

engine::ProfilePlan plan_from(const cli::Options& options) {
    engine::ProfilePlan plan;
    plan.loads = options.numbers("load", 0, engine::kLargestProfileLoad);
    plan.threads.clear();
    for (const double threads : options.numbers("threads", 1, engine::kMostProfileThreads)) {
        if (threads != static_cast<int>(threads)) throw options.error("threads", "must be whole numbers");
        plan.threads.push_back(static_cast<int>(threads));
    }
    plan.budget = options.duration("budget");
    plan.stable = options.percentage("stable");
    if (plan.stable <= 0) throw options.error("stable", "must be above 0");
    plan.max_runs = static_cast<std::size_t>(options.integer("max-runs", 1, engine::kMostProfileRuns));
    if (options.flag("sweep")) plan.sweep = sweep_from(options);
    plan.device = options.optional_text("name").value_or("");
    return plan;
}

int write(const cli::Options& options, const samples::Profile& profile) {
    util::write_file(options.output(), samples::write_profile(profile));
    return 0;
}

/// What an earlier run measured, with times of this machine.
std::optional<samples::Profile> earlier_profile(const cli::Options& options, double stretch) {
    const auto file = options.optional_text("resume");
    if (!file) return std::nullopt;
    samples::Profile profile = samples::read_profile(util::FileView::open(*file));
    if (profile.context.stretch != stretch) {
        throw options.error("resume", "the profile is of a device that is stretched by another factor",
                            "--stretch must be as it was");
    }
    return samples::stretched(std::move(profile), 1 / stretch);
}

void warn(const samples::Profile& profile, const engine::Profiler& profiler) {
    if (profile.missing > 0) {
        util::log_warning("{} measurements are missing; --resume takes them, or a larger --budget", profile.missing);
    }
    tools::warn_of_pace("", profile);
    if (const double share = profiler.disturbance(); share > engine::kMostDisturbance) {
        util::log_warning("other processes took {:.0f} % of the CPU meanwhile: the times are too long", 100 * share);
    }
}

int profile_device(const cli::Options& options) {
    const engine::ProfilePlan plan = plan_from(options);
    const double stretch = options.number("stretch", 1, samples::kLargestStretch);
    util::require_creatable(options.output());
    const std::optional<samples::Profile> earlier = earlier_profile(options, stretch);
    std::optional<graph::Graph> model;
    if (const std::string file = options.positional("MODEL.onnx"); !file.empty())
        model = tools::read_model(options, file);
    engine::Profiler profiler(model ? &*model : nullptr, plan);
    if (earlier) profiler.resume(*earlier);
    const cli::Interruption interruption;
    {
        cli::Progress bar(options, "timing", 1);
        profiler.run([&](const engine::ProfileProgress& progress) {
            bar.update(progress.done, progress.total, progress.left);
            return !cli::Interruption::requested();
        });
    }
    const samples::Profile profile = profiler.profile();
    if (profile.layers.empty()) cli::Interruption::throw_if_requested();
    write(options, samples::stretched(profile, stretch));
    cli::Interruption::throw_if_requested();
    warn(profile, profiler);
    return 0;
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
    if (options.has("cluster")) {
        for (const char* name : {"link", "resume"})
            if (options.has(name)) throw options.error(name, "does not go with --cluster");
        return tools::profile_cluster(options, plan_from(options));
    }
    for (const char* name : {"one-at-a-time", "link-budget"})
        if (options.has(name)) throw options.error(name, "needs --cluster");
    if (options.positionals("MODEL.onnx").size() > 1)
        throw util::Error(util::Errc::usage, "one model is timed at a time").hint("several go with --cluster");
    const bool device = !options.positional("MODEL.onnx").empty() || options.flag("sweep");
    if (device == options.has("link")) {
        throw util::Error(util::Errc::usage, "give a model, --sweep or both, or else --link or --cluster")
            .hint("convoy-profile --help shows all options");
    }
    if (!device && options.has("stretch"))
        throw options.error("stretch", "slows the device down, not its links", "it needs a model");
    if (!device && options.has("resume")) throw options.error("resume", "is of no use for a link");
    return device ? profile_device(options) : profile_link(options);
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(tools::kProfile, argc, argv, run); }

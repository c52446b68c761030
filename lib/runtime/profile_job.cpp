#include "runtime/profile_job.hpp"

#include "engine/context.hpp"
#include "engine/profiler.hpp"
#include "runtime/link_probe.hpp"
#include "transport/bytes.hpp"
#include "util/clock.hpp"

namespace convoy::runtime {

using util::Errc;
using util::Error;

namespace {

/// Reports come no more often: they shall not disturb what is measured.
constexpr util::Seconds kBetweenSteps{0.5};

Measured profile_device(const ProfileRequest& request, const ProfileSettings& settings, const ProfileSteps& progress) {
    engine::ProfilePlan plan;
    plan.loads = request.loads;
    plan.threads = settings.threads ? std::vector<int>{*settings.threads} : request.threads;
    plan.budget = request.budget;
    plan.device = request.device;
    plan.stable = request.stable;
    plan.max_runs = request.max_runs;
    if (request.sweep_layers > 0) plan.sweep = samples::Sweep{request.seed, request.sweep_layers};
    engine::Profiler profiler(settings.graph, plan);
    profiler.run([&](const engine::ProfileProgress& step) {
        progress(step.done, step.total);
        return true;
    });
    samples::Profile profile = profiler.profile();
    const auto left_out = static_cast<std::size_t>(profile.missing);
    return {samples::stretched(std::move(profile), settings.stretch), left_out, profiler.disturbance()};
}

Measured probe_link(const ProfileRequest& request, const ProfileSettings& settings, const std::stop_token& stop,
                    const ProfileSteps& progress) {
    Measured result;
    result.profile.context = engine::context_of_this_device(request.device);
    try {
        result.profile.link = measure_link(request.url, {.security = settings.security,
                                                         .budget = request.budget,
                                                         .name = request.device,
                                                         .stop = stop,
                                                         .progress = progress});
    } catch (Error& error) {
        throw error.context("while measuring the link from '" + request.device + "' to '" + request.peer + "'");
    }
    return result;
}

}  // namespace

Measured measure(const ProfileRequest& request, const ProfileSettings& settings, const std::stop_token& stop,
                 const ProfileSteps& progress) {
    const ProfileSteps step = [&](std::size_t done, std::size_t total) {
        if (stop.stop_requested()) throw Error(Errc::interrupted, "the measurement was stopped");
        if (progress) progress(done, total);
    };
    switch (request.task) {
        case ProfileRequest::Task::device:
            return profile_device(request, settings, step);
        case ProfileRequest::Task::link:
            return probe_link(request, settings, stop, step);
        case ProfileRequest::Task::join:
            break;
    }
    Measured result;
    result.profile.context = engine::context_of_this_device(request.device);
    result.profile.context.stretch = settings.stretch;
    return result;
}

ProfileJob::ProfileJob(Mailbox& mailbox, const ProfileRequest& request, const ProfileSettings& settings)
    : thread_([&mailbox, request, settings](const std::stop_token& stop) {
          util::Seconds reported = util::now();
          const ProfileSteps progress = [&](std::size_t done, std::size_t total) {
              if (util::now() - reported < kBetweenSteps) return;
              reported = util::now();
              mailbox.put(ProfileStep{done, total});
          };
          try {
              mailbox.put(ProfileEnded{measure(request, settings, stop, progress)});
          } catch (const Error& error) {
              mailbox.put(ProfileEnded{error});
          } catch (const std::exception& error) {
              mailbox.put(ProfileEnded{Error(Errc::internal, error.what())});
          }
      }) {}

std::vector<std::byte> encode(const ProfileStep& step) {
    transport::ByteWriter out;
    out.number(static_cast<std::uint64_t>(step.done));
    out.number(static_cast<std::uint64_t>(step.total));
    return out.take();
}

ProfileStep decode_profile_step(std::span<const std::byte> bytes) {
    transport::ByteReader in(bytes);
    ProfileStep step;
    step.done = in.number<std::uint64_t>();
    step.total = in.number<std::uint64_t>();
    in.finish();
    if (step.done > step.total) throw Error(Errc::protocol, "a device has done more measurements than there are");
    return step;
}

}  // namespace convoy::runtime

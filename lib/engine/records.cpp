#include "engine/records.hpp"

#include <algorithm>

#include "util/statistics.hpp"

namespace convoy::engine {

using samples::Stop;

namespace {

bool stable(std::span<const double> seconds, double error) {
    const std::optional<double> found = util::median_error(seconds);
    return found && *found <= error * util::median(seconds);
}

// Loads of files are below 1.
double written(double load) { return std::clamp(load, 0.0, 0.99); }

}  // namespace

void Runs::add(const TimedRun& run, const Enough& enough) {
    if (wall_.size() >= enough.max_runs) return;
    wall_.push_back(run.wall.count());
    cpu_.push_back(run.cpu.count());
    pace_.push_back(run.pace.value);
}

util::FlopsPerSecond Runs::pace() const { return util::FlopsPerSecond(util::median(pace_)); }

std::vector<double> Runs::seconds(const Condition& condition, const Circumstances& circumstances) const {
    if (condition.load == 0) return wall_;
    std::vector<double> times = cpu_;
    for (double& time : times) time *= circumstances.slowdown();
    return times;
}

Stop Runs::stop(const Condition& condition, const Circumstances& circumstances, const Enough& enough) const {
    const bool known = condition.load == 0 || circumstances.slowdown_error() <= enough.stable;
    if (known && stable(condition.load == 0 ? wall_ : cpu_, enough.stable)) return Stop::stable;
    return wall_.size() >= enough.max_runs ? Stop::max_runs : Stop::budget;
}

Stop ModelRecord::stop(const Enough& enough) const {
    if (stable(seconds, enough.stable)) return Stop::stable;
    return seconds.size() >= enough.max_runs ? Stop::max_runs : Stop::budget;
}

std::optional<samples::LayerSample> sample_of(const Target& target, const Record& record, const Condition& condition,
                                              const Circumstances& circumstances, const Enough& enough) {
    const samples::LayerSample* earlier = record.earlier;
    if (earlier && (record.complete() || earlier->time.n >= static_cast<std::int64_t>(record.runs.size())))
        return *earlier;
    if (record.runs.size() == 0) return std::nullopt;
    samples::LayerSample sample{target.op,         target.shape,
                                condition.load,    written(circumstances.obtained()),
                                condition.threads, samples::summarize(record.runs.seconds(condition, circumstances))};
    sample.load_before = written(circumstances.before());
    sample.stop = record.runs.stop(condition, circumstances, enough);
    sample.pace = record.runs.pace();
    if (!record.repeated.empty()) sample.repeated = util::Seconds(util::median(record.repeated));
    return sample;
}

std::optional<samples::ModelSample> sample_of(const ModelRecord& record, const Condition& condition,
                                              const Circumstances& circumstances, const Enough& enough) {
    const samples::ModelSample* earlier = record.earlier;
    if (earlier && (record.complete() || earlier->time.n >= static_cast<std::int64_t>(record.seconds.size())))
        return *earlier;
    if (record.seconds.empty()) return std::nullopt;
    samples::ModelSample sample{condition.load, written(circumstances.obtained()), condition.threads,
                                samples::summarize(record.seconds)};
    sample.load_before = written(circumstances.before());
    sample.stop = record.stop(enough);
    sample.pace = util::FlopsPerSecond(util::median(record.paces));
    return sample;
}

}  // namespace convoy::engine

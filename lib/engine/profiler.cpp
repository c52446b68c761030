#include "engine/profiler.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "engine/codec_times.hpp"
#include "engine/cold_caches.hpp"
#include "engine/context.hpp"
#include "engine/cpu_time.hpp"
#include "engine/earlier.hpp"
#include "engine/load.hpp"
#include "engine/planned_batch.hpp"
#include "engine/yardstick.hpp"
#include "util/clock.hpp"

namespace convoy::engine {

using samples::Stop;
using util::FlopsPerSecond;
using util::Seconds;

namespace {

/// Of the budget, for the first visits to all batches under all conditions.
constexpr double kFirstShare = 0.6;
/// At most, for codecs; they take a second or so.
constexpr double kCodecShare = 0.02;
/// Runs of a piece right behind its turn in a pass.
constexpr std::size_t kMostRepeated = 20;

std::vector<Condition> conditions_of(const ProfilePlan& plan) {
    std::vector<Condition> conditions;
    for (const int threads : plan.threads) {
        for (const double load : plan.loads) {
            const Condition condition{threads, load};
            if (std::ranges::find(conditions, condition) == conditions.end()) conditions.push_back(condition);
        }
    }
    return conditions;
}

}  // namespace

class Profiler::Implementation {
  public:
    Implementation(const graph::Graph* model, ProfilePlan plan)
        : model_(model),
          plan_(std::move(plan)),
          enough_{plan_.stable, std::max<std::size_t>(1, plan_.max_runs)},
          conditions_(conditions_of(plan_)),
          circumstances_(conditions_.size()),
          batches_(plan_batches(model_, plan_.sweep, conditions_.size())) {}

    void resume(const samples::Profile& earlier) { earlier_.emplace(earlier, empty_profile()); }

    void run(const std::function<bool(const ProfileProgress&)>& go_on) {
        go_on_ = go_on;
        deadline_.emplace(plan_.budget);
        begin_ = util::now();
        double share = kFirstShare;
        while (!over() && visit_all(share)) share = 1;
    }

    [[nodiscard]] samples::Profile profile() const {
        samples::Profile profile = empty_profile();
        if (const auto now = throttle_count(); now && throttled_) profile.context.throttled = *now - *throttled_;
        for (const PlannedBatch& batch : batches_) {
            if (batch.targets.empty())
                profile.missing += static_cast<std::int64_t>(batch.size() * conditions_.size());
            else
                for (std::size_t c = 0; c < conditions_.size(); ++c) add_samples(batch, c, profile);
        }
        add_overhead(profile);
        profile.codecs = codecs_;
        if (earlier_) earlier_->add_rest(profile);
        profile.pace = samples::pace_range(profile);
        return profile;
    }

    [[nodiscard]] double disturbance() const { return others_.share(); }

  private:
    [[nodiscard]] samples::Profile empty_profile() const {
        samples::Profile profile;
        profile.context = context_of_this_device(plan_.device);
        profile.sweep = plan_.sweep;
        if (!model_) return profile;
        profile.model_file = model_->file();
        profile.model_sha256 = model_->sha256();
        for (std::size_t i = 0; i < model_->operators().size(); ++i) {
            profile.model_flops += graph::flops(*model_, whole_work(*model_, graph::OperatorId(i)));
        }
        return profile;
    }

    /// The weight of all visits that a batch needs.
    [[nodiscard]] double weight_of(const PlannedBatch& batch) const {
        double sum = 0;
        for (std::size_t c = 0; c < conditions_.size(); ++c) sum += needs(batch, c) ? batch.weight : 0;
        return sum;
    }

    /// One round of visits to what needs further runs. False when nothing does.
    bool visit_all(double share) {
        std::vector<double> weights;
        double left = 0;
        for (const PlannedBatch& batch : batches_) left += weights.emplace_back(weight_of(batch));
        if (left == 0) return false;
        for (std::size_t b = 0; b < batches_.size() && !over(); ++b) {
            if (weights[b] > 0) visit(batches_[b], share, left);
            left -= weights[b];
            if (codecs_.empty() && !(earlier_ && !earlier_->profile().codecs.empty()))
                codecs_ = time_codecs(enough_, deadline_->left() * kCodecShare);
        }
        return true;
    }

    /// Visits a batch under all conditions that it needs.
    /// @param left  weight of all visits that are left in this round
    void visit(PlannedBatch& planned, double share, double left) {
        Batch batch = planned.open();
        if (planned.targets.empty()) describe(planned, batch);
        std::optional<Pass> pass;
        for (std::size_t c = 0; c < conditions_.size() && !over(); ++c) {
            if (!needs(planned, c)) continue;
            set_threads(conditions_[c].threads);
            watch_threads();
            if (!pass) {
                pass.emplace(batch);
                if (planned.whole_model) whole_.emplace(*batch.weights.front(), whole_model(*model_), true);
            }
            visit(planned, *pass, c, deadline_->left() * (share * planned.weight / std::max(left, planned.weight)));
            left -= planned.weight;
        }
        whole_.reset();
    }

    void visit(PlannedBatch& batch, Pass& pass, std::size_t c, Seconds most) {
        const util::Deadline limit(most);
        Circumstances& circumstances = circumstances_[c];
        LoadGenerator generator(conditions_[c].load, ++visits_);
        look_before(circumstances, most);
        generator.restart();
        const Seconds begin = util::now();
        pass_time_ = Seconds{0};
        double next_look = 6;  // not after each pass: looking takes time, too
        for (double passes = 1; pass_once(batch, pass, c) && !limit.passed(); ++passes) {
            if (passes < next_look) continue;
            if (!needs(batch, c)) break;
            next_look = std::ceil(passes * 1.2);
        }
        circumstances.add_obtained(generator.obtained(), util::now() - begin);
        batch.done[c] = done(batch, c);
    }

    /// Reads the utilisation of the cores while only the load generator runs.
    static void look_before(Circumstances& circumstances, Seconds most) {
        constexpr Seconds kMost{0.25};
        constexpr Seconds kLeast{0.02};
        const Seconds window = std::clamp(most / 5, kLeast, kMost);
        const Utilisation utilisation;
        std::this_thread::sleep_for(window);
        circumstances.add_before(utilisation.share(), window);
    }

    /// False when there is no time left.
    bool pass_once(PlannedBatch& batch, Pass& pass, std::size_t c) {
        const Seconds begin = util::now();
        const Seconds cpu_begin = util::thread_cpu_time();
        const bool cold = pass_time_ < ColdCaches::kShort;
        pass_time_ = Seconds{0};
        for (std::size_t i = 0; i < pass.size(); ++i) {
            if (over()) return false;
            if (cold) caches_.leave();
            const FlopsPerSecond before = yardstick_.recent();
            TimedRun run = pass.run(i);
            pass_time_ += run.wall;
            Record& record = batch.records[c][i];
            if (conditions_[c].threads > 1) circumstances_[c].add({run.around, run.cpu, run.around});
            if (batch.repeats && conditions_[c].load == 0 && record.repeated.size() < kMostRepeated)
                record.repeated.push_back(pass.run_again(i).wall.count());
            run.pace = 0.5 * (before + yardstick_.recent());
            record.runs.add(run, enough_);
        }
        // The system looks whether a thread's time slice is over whenever that asks for its CPU time: between the runs.
        // So most of the wait is there, and only the pass as a whole has all of it.
        if (conditions_[c].threads == 1) {
            const Seconds wall = util::now() - begin;
            circumstances_[c].add({wall, util::thread_cpu_time() - cpu_begin, wall});
        }
        if (whole_ && !over()) time_whole_model(batch.model[c], conditions_[c].load, cold);
        return !over();
    }

    void time_whole_model(ModelRecord& record, double load, bool cold) {
        constexpr double kPeriods = 5;
        if (record.seconds.size() >= enough_.max_runs) return;
        const FlopsPerSecond before = yardstick_.recent();
        Seconds sum{0};
        double runs = 0;
        do {  // under load a measurement sees several periods of it
            if (cold) caches_.leave();
            if (cold || runs == 0) whole_->prepare();
            sum += whole_->run().wall;
            ++runs;
        } while (load > 0 && sum < kPeriods * LoadGenerator::period());
        record.seconds.push_back(sum.count() / runs);
        record.paces.push_back((0.5 * (before + yardstick_.recent())).value);
    }

    [[nodiscard]] bool is_done(const Record& record, std::size_t c) const {
        return record.complete() || record.runs.stop(conditions_[c], circumstances_[c], enough_) != Stop::budget;
    }

    [[nodiscard]] bool model_done(const PlannedBatch& batch, std::size_t c) const {
        return batch.model[c].complete() || batch.model[c].stop(enough_) != Stop::budget;
    }

    [[nodiscard]] std::size_t done(const PlannedBatch& batch, std::size_t c) const {
        const auto count =
            std::ranges::count_if(batch.records[c], [&](const Record& record) { return is_done(record, c); });
        return static_cast<std::size_t>(count) + (batch.whole_model && model_done(batch, c) ? 1 : 0);
    }

    /// Whether the batch needs further runs under a condition, or the condition itself does.
    [[nodiscard]] bool needs(const PlannedBatch& batch, std::size_t c) const {
        if (batch.targets.empty() || done(batch, c) < batch.size()) return true;
        const bool all_earlier = std::ranges::all_of(batch.records[c], &Record::complete);
        return conditions_[c].load > 0 && !all_earlier && !circumstances_[c].known(enough_.stable);
    }

    /// Notes what a batch has when it is opened first, and what the earlier profile has of it.
    void describe(PlannedBatch& planned, const Batch& batch) {
        planned.targets = batch.targets;
        for (std::size_t c = 0; c < conditions_.size(); ++c) {
            planned.records[c].resize(planned.targets.size());
            if (!earlier_) continue;
            for (std::size_t i = 0; i < planned.targets.size(); ++i) {
                Record& record = planned.records[c][i];
                record.earlier = earlier_->take(planned.targets[i], conditions_[c]);
                record.given = planned.targets[i].op == kOverhead && earlier_->profile().piece_overhead;
            }
            planned.model[c].earlier = earlier_->model(conditions_[c]);
            planned.done[c] = done(planned, c);
        }
    }

    void add_samples(const PlannedBatch& batch, std::size_t c, samples::Profile& profile) const {
        const auto add = [&](auto sample, auto& samples) {
            if (sample)
                samples.push_back(std::move(*sample));
            else
                ++profile.missing;
        };
        if (batch.whole_model)
            add(sample_of(batch.model[c], conditions_[c], circumstances_[c], enough_), profile.whole_model);
        for (std::size_t i = 0; i < batch.targets.size(); ++i) {
            if (batch.targets[i].op == kOverhead) continue;
            add(sample_of(batch.targets[i], batch.records[c][i], conditions_[c], circumstances_[c], enough_),
                profile.layers);
        }
    }

    /// Under the least load, by the first number of threads.
    void add_overhead(samples::Profile& profile) const {
        if (batches_.empty()) return;
        const auto least = std::ranges::min_element(conditions_, {}, &Condition::load);
        const auto c = static_cast<std::size_t>(least - conditions_.begin());
        const PlannedBatch& batch = batches_.front();
        std::vector<double> seconds;
        for (std::size_t i = 0; i < batch.targets.size(); ++i) {
            if (batch.targets[i].op != kOverhead) continue;
            const auto more = batch.records[c][i].runs.seconds(conditions_[c], circumstances_[c]);
            seconds.insert(seconds.end(), more.begin(), more.end());
        }
        if (!seconds.empty()) profile.piece_overhead = samples::summarize(seconds);
    }

    /// Whether the time is over, or the user wants no more, who is asked at most a thousand times a second.
    bool over() {
        constexpr Seconds kBetween{0.001};
        if (stopped_ || deadline_->passed()) return true;
        if (util::now() - asked_ < kBetween) return false;
        asked_ = util::now();
        stopped_ = !go_on_(progress());
        return stopped_;
    }

    [[nodiscard]] ProfileProgress progress() const {
        ProfileProgress progress;
        for (const PlannedBatch& batch : batches_) {
            progress.total += batch.size() * conditions_.size();
            for (const std::size_t done : batch.done) progress.done += done;
        }
        progress.left = deadline_->left();
        if (progress.done > 0) {
            const double rest = static_cast<double>(progress.total) / static_cast<double>(progress.done) - 1;
            progress.left = std::min(progress.left, (util::now() - begin_) * std::max(0.0, rest));
        }
        return progress;
    }

    const graph::Graph* model_;
    ProfilePlan plan_;
    Enough enough_;
    std::vector<Condition> conditions_;
    std::vector<Circumstances> circumstances_;  ///< one per condition
    std::vector<PlannedBatch> batches_;
    std::optional<TimedPiece> whole_;  ///< the model, while the batch that it belongs to is visited
    ColdCaches caches_;
    Seconds pass_time_{};  ///< of the last pass, or of this one so far; 0 before the first
    Yardstick yardstick_;
    std::optional<Earlier> earlier_;
    std::vector<samples::CodecSample> codecs_;
    std::uint64_t visits_ = 0;
    std::function<bool(const ProfileProgress&)> go_on_;
    std::optional<util::Deadline> deadline_;
    Seconds begin_{};
    Seconds asked_{};
    bool stopped_ = false;
    OtherProcesses others_;
    std::optional<std::int64_t> throttled_ = throttle_count();
};

Profiler::Profiler(const graph::Graph* model, ProfilePlan plan)
    : implementation_(std::make_unique<Implementation>(model, std::move(plan))) {}
Profiler::~Profiler() = default;

void Profiler::resume(const samples::Profile& earlier) { implementation_->resume(earlier); }

void Profiler::run(const std::function<bool(const ProfileProgress&)>& go_on) { implementation_->run(go_on); }

samples::Profile Profiler::profile() const { return implementation_->profile(); }

double Profiler::disturbance() const { return implementation_->disturbance(); }

}  // namespace convoy::engine

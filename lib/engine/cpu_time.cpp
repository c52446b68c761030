#include "engine/cpu_time.hpp"

#include <pthread.h>
#include <tbb/task_scheduler_observer.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <mutex>
#include <opencv2/core/utility.hpp>

namespace convoy::engine {

using util::Seconds;

namespace {

/// CPU time that a thread has used so far; nothing once it has ended.
Seconds cpu_time(clockid_t clock) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) return Seconds{0};
    return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

/// The threads that TBB has sent into OpenCV's arena. They come when there is work, and may be others than before.
class Workers {
  public:
    static Workers& instance() {
        static Workers workers;
        return workers;
    }

    void join() {
        clockid_t clock{};
        if (::pthread_getcpuclockid(::pthread_self(), &clock) != 0) return;
        const std::scoped_lock lock(mutex_);
        const auto same = [clock](const Worker& worker) { return worker.clock == clock; };
        if (std::none_of(workers_.begin(), workers_.end(), same)) workers_.push_back({clock, cpu_time(clock)});
    }

    [[nodiscard]] std::vector<Seconds> times() const {
        const std::scoped_lock lock(mutex_);
        std::vector<Seconds> times;
        times.reserve(workers_.size());
        for (const Worker& worker : workers_) times.push_back(cpu_time(worker.clock));
        return times;
    }

    /// What each has used since `begin`, or since it came when that was later.
    [[nodiscard]] std::vector<Seconds> since(const std::vector<Seconds>& begin) const {
        std::vector<Seconds> used = times();
        const std::scoped_lock lock(mutex_);
        for (std::size_t i = 0; i < used.size(); ++i) used[i] -= i < begin.size() ? begin[i] : workers_[i].joined;
        return used;
    }

  private:
    struct Worker {
        clockid_t clock{};
        Seconds joined{};  ///< CPU time that it had used before
    };
    mutable std::mutex mutex_;
    std::vector<Worker> workers_;  ///< only ever grows
};

class Observer final : public tbb::task_scheduler_observer {
  public:
    ~Observer() override { observe(false); }
    void on_scheduler_entry(bool is_worker) override {
        if (is_worker) Workers::instance().join();
    }
};

}  // namespace

void watch_threads() {
    static std::mutex mutex;
    static std::unique_ptr<Observer> observer;
    const std::scoped_lock lock(mutex);
    observer.reset();
    const int threads = cv::getNumThreads();
    if (threads <= 1) return;
    observer = std::make_unique<Observer>();
    // OpenCV's arena cannot be named: an observer that is made in one of its loops observes it.
    std::once_flag once;
    cv::parallel_for_(cv::Range(0, threads),
                      [&](const cv::Range&) { std::call_once(once, [] { observer->observe(); }); });
}

CpuStopwatch::CpuStopwatch() : own_(cpu_time(CLOCK_THREAD_CPUTIME_ID)), others_(Workers::instance().times()) {}

Seconds CpuStopwatch::per_thread() const {
    constexpr double kTookPart = 0.1;
    std::vector<Seconds> used = Workers::instance().since(others_);
    used.push_back(cpu_time(CLOCK_THREAD_CPUTIME_ID) - own_);
    const Seconds busiest = *std::max_element(used.begin(), used.end());
    Seconds sum{0};
    int count = 0;
    for (const Seconds time : used) {
        sum += std::max(time, Seconds{0});
        if (time >= kTookPart * busiest) ++count;
    }
    return sum / std::max(count, 1);
}

}  // namespace convoy::engine

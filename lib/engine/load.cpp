#include "engine/load.hpp"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "util/clock.hpp"
#include "util/random.hpp"

namespace convoy::engine {

using util::Seconds;

namespace {

constexpr Seconds kPeriod{0.010};

Seconds to_seconds(const timespec& time) {
    return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

/// The CPU time that a line of /proc/stat tells: of all processes since the machine was started, in ticks of 10 ms.
Seconds busy_time(std::istream& line) {
    double user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupts = 0, soft_interrupts = 0, stolen = 0;
    line >> user >> nice >> system >> idle >> wait >> interrupts >> soft_interrupts >> stolen;
    if (!line) return Seconds(0);
    return Seconds((user + nice + system + interrupts + soft_interrupts + stolen) /
                   static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

Seconds machine_cpu_time() {
    std::ifstream file("/proc/stat");
    std::string word;
    file >> word;
    return word == "cpu" ? busy_time(file) : Seconds(0);
}

/// Of some cores only; 0 where the system does not tell.
Seconds cpu_time_of(const std::vector<int>& cores) {
    std::ifstream file("/proc/stat");
    Seconds sum{0};
    for (std::string text; std::getline(file, text);) {
        std::istringstream line(text);
        std::string word;
        line >> word;
        const bool wanted = std::ranges::any_of(cores, [&](int core) { return word == "cpu" + std::to_string(core); });
        if (wanted) sum += busy_time(line);
    }
    return sum;
}

void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);  // where it is refused the load is just less even
}

}  // namespace

struct LoadGenerator::State {
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::condition_variable stopped;
    std::vector<std::thread> threads;
    std::vector<clockid_t> clocks;
    Seconds begin{};
    Seconds cpu_begin{};

    [[nodiscard]] Seconds cpu_time() const {
        Seconds sum{0};
        for (const clockid_t clock : clocks) {
            timespec time{};
            if (::clock_gettime(clock, &time) == 0) sum += to_seconds(time);
        }
        return sum;
    }

    void work(int core, double load, std::uint64_t seed) {
        pin(core);
        util::Random random(seed << 20U ^ static_cast<std::uint64_t>(core));
        Seconds end = util::now();
        while (!stop) {
            const Seconds period = kPeriod * (0.5 + random.uniform());
            end = std::max(end, util::now()) + period;
            const Seconds cpu_end = util::thread_cpu_time() + period * load;
            while (util::thread_cpu_time() < cpu_end && util::now() < end && !stop) {
            }
            std::unique_lock lock(mutex);
            stopped.wait_for(lock, end - util::now(), [this] { return stop.load(); });
        }
    }
};

LoadGenerator::LoadGenerator(double load, std::uint64_t seed) : state_(std::make_unique<State>()) {
    if (load > 0) {
        for (const int core : affinity()) {
            state_->threads.emplace_back([this, core, load, seed] { state_->work(core, load, seed); });
            clockid_t clock{};
            if (::pthread_getcpuclockid(state_->threads.back().native_handle(), &clock) == 0) {
                state_->clocks.push_back(clock);
            }
        }
    }
    restart();
}

LoadGenerator::~LoadGenerator() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stop = true;
    }
    state_->stopped.notify_all();
    for (std::thread& thread : state_->threads) thread.join();
}

void LoadGenerator::restart() {
    state_->begin = util::now();
    state_->cpu_begin = state_->cpu_time();
}

double LoadGenerator::obtained() const {
    const Seconds wall = util::now() - state_->begin;
    if (state_->threads.empty() || wall <= Seconds(0)) return 0;
    const Seconds used = state_->cpu_time() - state_->cpu_begin;
    return std::clamp(used / wall / static_cast<double>(state_->threads.size()), 0.0, 1.0);
}

Seconds LoadGenerator::period() noexcept { return kPeriod; }

Utilisation::Utilisation()
    : cores_(affinity()), busy_begin_(cpu_time_of(cores_)), own_begin_(util::process_cpu_time()), begin_(util::now()) {}

double Utilisation::share() const {
    const Seconds busy = cpu_time_of(cores_) - busy_begin_;
    const Seconds own = util::process_cpu_time() - own_begin_;
    const Seconds wall = util::now() - begin_;
    return wall > Seconds(0) ? std::clamp(std::max(busy, own) / wall / static_cast<double>(cores_.size()), 0.0, 1.0)
                             : 0;
}

OtherProcesses::OtherProcesses()
    : busy_begin_(machine_cpu_time()), own_begin_(util::process_cpu_time()), begin_(util::now()) {}

double OtherProcesses::share() const {
    const Seconds busy = machine_cpu_time() - busy_begin_;
    const Seconds own = util::process_cpu_time() - own_begin_;
    const Seconds wall = util::now() - begin_;
    const auto cores = static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
    return wall > Seconds(0) ? std::clamp((busy - own) / wall / cores, 0.0, 1.0) : 0;
}

std::vector<int> affinity() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
    return cores;
}

int usable_cores() { return static_cast<int>(affinity().size()); }

}  // namespace convoy::engine

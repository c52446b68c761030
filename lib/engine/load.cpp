#include "engine/load.hpp"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include <ctime>
#include <fstream>
#include <string>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "util/clock.hpp"

namespace convoy::engine {

using util::Seconds;

namespace {

constexpr Seconds kPeriod{0.010};

Seconds to_seconds(const timespec& time) {
    return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

Seconds own_cpu_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return to_seconds(time);
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

/// CPU time that all processes of the machine used since it was started, in ticks of 10 ms.
Seconds machine_cpu_time() {
    std::ifstream file("/proc/stat");
    std::string word;
    double user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupts = 0, soft_interrupts = 0, stolen = 0;
    file >> word >> user >> nice >> system >> idle >> wait >> interrupts >> soft_interrupts >> stolen;
    if (!file || word != "cpu") return Seconds(0);
    return Seconds((user + nice + system + interrupts + soft_interrupts + stolen) /
                   static_cast<double>(::sysconf(_SC_CLK_TCK)));
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

    void work(int core, Seconds busy) {
        pin(core);
        Seconds end = util::now() + kPeriod;
        while (!stop) {
            const Seconds cpu_end = own_cpu_time() + busy;
            while (own_cpu_time() < cpu_end && util::now() < end && !stop) {
            }
            std::this_thread::sleep_for(end - util::now());
            end = std::max(end, util::now()) + kPeriod;
        }
    }
};

LoadGenerator::LoadGenerator(double load) : state_(std::make_unique<State>()) {
    if (load > 0) {
        for (const int core : affinity()) {
            state_->threads.emplace_back([this, core, load] { state_->work(core, kPeriod * load); });
            clockid_t clock{};
            if (::pthread_getcpuclockid(state_->threads.back().native_handle(), &clock) == 0) {
                state_->clocks.push_back(clock);
            }
        }
    }
    restart();
}

LoadGenerator::~LoadGenerator() {
    state_->stop = true;
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

OtherProcesses::OtherProcesses()
    : busy_begin_(machine_cpu_time()), own_begin_(util::process_cpu_time()), begin_(util::now()) {}

double OtherProcesses::share() const {
    const Seconds busy = machine_cpu_time() - busy_begin_;
    const Seconds own = util::process_cpu_time() - own_begin_;
    const Seconds wall = util::now() - begin_;
    const auto cores = static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
    return wall > Seconds(0) ? std::clamp((busy - own) / wall / cores, 0.0, 1.0) : 0;
}

int usable_cores() { return static_cast<int>(affinity().size()); }

}  // namespace convoy::engine

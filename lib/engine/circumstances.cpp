#include "engine/circumstances.hpp"

#include <cmath>

#include "engine/load.hpp"

namespace convoy::engine {

void Circumstances::Mean::add(double value, double of_weight) {
    sum += value * of_weight;
    weight += of_weight;
}

void Circumstances::add_before(double utilisation, util::Seconds time) { before_.add(utilisation, time.count()); }

void Circumstances::add_obtained(double share, util::Seconds time) { obtained_.add(share, time.count()); }

void Circumstances::add(const TimedRun& run) {
    constexpr double kPeriods = 4;
    for (TimedRun* sum : {&all_, &block_}) {
        sum->wall += run.wall;
        sum->cpu += run.cpu;
    }
    if (block_.wall < kPeriods * LoadGenerator::period()) return;
    blocks_.push_back(block_);
    block_ = {};
}

double Circumstances::slowdown() const noexcept { return all_.cpu > util::Seconds(0) ? all_.wall / all_.cpu : 1; }

double Circumstances::slowdown_error() const {
    constexpr std::size_t kLeast = 6;
    constexpr double kSure = 1.96;
    if (blocks_.size() < kLeast) return 1;
    // A ratio of means: the error of its numerator, given the denominator (Cochran, Sampling Techniques, 6.4).
    const double ratio = slowdown();
    double squares = 0;
    double wall = 0;
    for (const TimedRun& block : blocks_) {
        const double residual = (block.wall - ratio * block.cpu).count();
        squares += residual * residual;
        wall += block.wall.count();
    }
    const auto count = static_cast<double>(blocks_.size());
    return kSure * std::sqrt(squares * count / (count - 1)) / wall;
}

bool Circumstances::known(double error) const {
    constexpr std::size_t kMany = 400;
    return blocks_.size() >= kMany || slowdown_error() <= error;
}

}  // namespace convoy::engine

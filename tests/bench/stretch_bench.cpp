// stretch_bench MODEL.onnx [ROUNDS]: how exactly a stretched device is F times slower. A shard of 1, 2, 5, 10, 20 and
// 50 ms is the model run as often as fills that time, on one thread. Rounds alternate between all cells, each with and
// without stretch; medians. Asked is F times the CPU time that the same run used: status 1 when what was measured is
// off by more than 3 %. `of plain` is what was measured over F times the time of another run without stretch: on a
// machine that does nothing else it is the same, elsewhere it tells how far two runs of the same work differ.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <vector>

#include "bench/whole_net.hpp"
#include "engine/cpu_time.hpp"
#include "runtime/stretch.hpp"
#include "util/statistics.hpp"

using namespace convoy;

namespace {

constexpr double kAllowed = 0.03;

struct Cell {
    double shard_ms = 0;
    double factor = 1;
    std::vector<double> plain;
    std::vector<double> stretched;
    std::vector<double> of_own;  ///< each stretched time over F times the CPU time that it used itself
};

/// Prints the cell; how far its ratio is off.
double report(const Cell& cell) {
    const double plain = util::median(cell.plain);
    const double measured = util::median(cell.stretched);
    const double ratio = util::median(cell.of_own);
    const double spread = util::quantile(cell.stretched, 0.75) - util::quantile(cell.stretched, 0.25);
    fmt::print("{:>8} {:>6} {:>10.3f} {:>12.3f} {:>9.3f} {:>7.4f} {:>10.4f}\n", cell.shard_ms, cell.factor, plain * 1e3,
               measured * 1e3, spread * 1e3, ratio, measured / (cell.factor * plain));
    return std::abs(ratio - 1);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: stretch_bench MODEL.onnx [ROUNDS]\n"), 64;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 15;
    bench::WholeNet net(argv[1]);
    const auto repeat = [&](int times) {
        for (int i = 0; i < times; ++i) net.run();
    };
    repeat(200);
    std::vector<double> once;
    for (int i = 0; i < 20; ++i) once.push_back(bench::seconds([&] { repeat(50); }) / 50);

    std::vector<Cell> cells;
    for (const double shard_ms : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0})
        for (const double factor : {1.5, 3.0, 6.0, 12.0}) cells.push_back({shard_ms, factor, {}, {}, {}});
    std::map<double, runtime::Stretch> stretches;
    for (const Cell& cell : cells) stretches.try_emplace(cell.factor, runtime::Slowdown{cell.factor, {}});
    for (int round = 0; round < rounds; ++round) {
        for (Cell& cell : cells) {
            const int times =
                std::max(1, static_cast<int>(std::lround(cell.shard_ms * 1e-3 / *std::ranges::min_element(once))));
            cell.plain.push_back(bench::seconds([&] { repeat(times); }));
            double cpu = 0;
            cell.stretched.push_back(bench::seconds([&] {
                (void)stretches.at(cell.factor).run([&] {
                    const engine::CpuStopwatch watch;
                    repeat(times);
                    cpu = watch.per_thread().count();
                });
            }));
            cell.of_own.push_back(cell.stretched.back() / (cell.factor * cpu));
        }
    }
    fmt::print("shard ms      F   plain ms  measured ms spread ms   ratio   of plain\n");
    double worst = 0;
    for (const Cell& cell : cells) worst = std::max(worst, report(cell));
    fmt::print("worst {:.1f} % off, {:.0f} % are allowed; {} rounds\n", 100 * worst, 100 * kAllowed, rounds);
    return worst > kAllowed ? 1 : 0;
}

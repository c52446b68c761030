#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/charts.hpp"

namespace convoy::report::detail {

Axis time_axis(double longest, int most_ticks) {
    struct Unit {
        double seconds;
        const char* name;
    };
    constexpr std::array kUnits{Unit{1, "s"}, Unit{1e-3, "ms"}, Unit{1e-6, "us"}};
    Unit unit = kUnits.back();
    for (const Unit& each : kUnits) {
        if (longest < 2 * each.seconds) continue;
        unit = each;
        break;
    }
    const double span = std::max(longest / unit.seconds, 1e-3);
    double step = std::pow(10.0, std::floor(std::log10(span / most_ticks)));
    for (const double factor : {2.0, 2.5, 2.0}) {
        if (span / step > most_ticks) step *= factor;
    }
    const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
    Axis axis{{}, unit.name};
    for (int i = 0; i * step <= span * (1 + 1e-9); ++i) {
        axis.ticks.push_back({i * step * unit.seconds, fmt::format("{:.{}f}", i * step, digits)});
    }
    return axis;
}

std::string stage_class(std::int32_t stage) { return stage < 0 ? "si" : fmt::format("s{}", stage % kStageColours); }

}  // namespace convoy::report::detail

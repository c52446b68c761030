#include "report/charts.hpp"
#include "report/report.hpp"
#include "util/error.hpp"

namespace convoy::report {
namespace {

/// What the page's style sheet says, for a file that stands alone.
constexpr const char* kStyle =
    "<style>svg{background:#fff}text{font:12px sans-serif;fill:#1d2430}.device{text-anchor:end;font-weight:600}"
    ".bar{fill:#7fb2f0}.expected{fill:#dfe3e9;stroke:#5d6878;stroke-width:.6}.range{stroke:#1d2430;stroke-width:1.4}"
    ".grid{stroke:#dfe3e9}.tick{fill:#5d6878;font-size:11px;text-anchor:middle}.side{fill:#5d6878;font-size:11px;"
    "text-anchor:end}</style>\n";

std::string drawn(const Picture& picture) {
    if (const auto* cells = std::get_if<CellChart>(&picture)) return detail::cell_svg(*cells, kStyle);
    if (const auto* curves = std::get_if<CurveChart>(&picture)) return detail::curve_svg(*curves, kStyle);
    return "";
}

}  // namespace

std::string write_svg(const Report& report) {
    for (const Section& section : report.sections) {
        for (const Picture& picture : section.pictures) {
            std::string svg = drawn(picture);
            if (!svg.empty()) return svg;
        }
    }
    throw util::Error(util::Errc::data, "there are no runs to draw").hint("give traces of convoy-run");
}

}  // namespace convoy::report

#pragma once

#include <string>

#include "report/report.hpp"

namespace convoy::tools {

/// A report as text, md, html, svg, csv, yaml or json. @throws Error data, when there is nothing to draw for svg
[[nodiscard]] std::string report_text(const report::Report& report, const std::string& format);

}  // namespace convoy::tools

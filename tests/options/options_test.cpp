#include <catch2/catch.hpp>

#include "cli/help.hpp"
#include "options/partition.hpp"
#include "options/predict.hpp"
#include "options/profile.hpp"
#include "options/report.hpp"
#include "options/run.hpp"
#include "options/serve.hpp"

using namespace convoy;

TEST_CASE("options: the table of every tool is well formed", "[options]") {
    for (const cli::Tool* tool : {&tools::kPartition, &tools::kPredict, &tools::kProfile, &tools::kReport, &tools::kRun,
                                  &tools::kServe}) {
        CAPTURE(tool->name);
        CHECK(cli::table_problems(*tool) == std::vector<std::string>{});
        CHECK_FALSE(cli::help_text(*tool).empty());
    }
}

#include <catch2/catch.hpp>

#include "cli/help.hpp"
#include "latency/algorithm.hpp"
#include "options/compress_split.hpp"
#include "options/partition.hpp"
#include "options/predict.hpp"
#include "options/profile.hpp"
#include "options/report.hpp"
#include "options/run.hpp"
#include "options/serve.hpp"
#include "partition/strategy.hpp"

using namespace convoy;

TEST_CASE("options: the table of every tool is well formed", "[options]") {
    for (const cli::Tool* tool : {&tools::kCompressSplit, &tools::kPartition, &tools::kPredict, &tools::kProfile,
                                  &tools::kReport, &tools::kRun, &tools::kServe}) {
        CAPTURE(tool->name);
        CHECK(cli::table_problems(*tool) == std::vector<std::string>{});
        CHECK_FALSE(cli::help_text(*tool).empty());
    }
}

TEST_CASE("options: partition offers every strategy with its settings", "[options]") {
    std::string choices;
    std::vector<std::string> settings;
    for (const partition::Strategy& strategy : partition::strategies()) {
        choices += (choices.empty() ? "" : "|") + std::string(strategy.name);
        for (const partition::Setting& setting : strategy.settings) {
            settings.push_back(std::string(strategy.name) + ":" + partition::to_string(setting));
        }
    }
    bool found = false;
    for (const cli::Option& option : tools::kPartitionOptions) {
        if (option.long_name != "strategy") continue;
        found = true;
        CHECK(option.choices == choices);
        for (const std::string& setting : settings) CHECK_THAT(std::string(option.detail), Catch::Contains(setting));
    }
    CHECK(found);
}

TEST_CASE("options: predict offers every algorithm that there is", "[options]") {
    std::string choices = "auto";
    for (const latency::Algorithm& algorithm : latency::algorithms()) choices += std::string("|") + algorithm.name;
    bool found = false;
    for (const cli::Option& option : tools::kPredictOptions) {
        if (option.long_name != "algorithm") continue;
        found = true;
        CHECK(option.choices == choices);
    }
    CHECK(found);
}

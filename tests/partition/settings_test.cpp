#include "partition/settings.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "partition/strategy.hpp"
#include "scene.hpp"
#include "util/error.hpp"

using namespace convoy;
using partition::Setting;
using partition::Settings;

namespace {

constexpr Setting kGoal{
    .name = "goal", .choices = "latency|energy", .fallback = "latency", .about = "what is to be least"};
constexpr Setting kDeadline{.name = "deadline_ms", .about = "latency that is allowed", .least = 1};
constexpr Setting kLayers{.name = "layers", .about = "fused layers", .least = 1, .most = 100, .whole = true};
constexpr std::array kTable{kGoal, kDeadline, kLayers};

std::string refusal(std::string_view given) {
    try {
        (void)Settings("s", kTable, given);
        return "accepted";
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::usage);
        return error.message() + " | " + error.hint();
    }
}

}  // namespace

TEST_CASE("partition: settings have what was given, else their fallback", "[partition]") {
    const Settings none;
    CHECK(none.text(kGoal) == "latency");
    CHECK_FALSE(none.number(kDeadline));
    CHECK(none.to_string().empty());
    const Settings some("s", kTable, "goal=energy,deadline_ms=2.5,layers=3");
    CHECK(some.is(kGoal, "energy"));
    CHECK(some.number(kDeadline) == 2.5);
    CHECK(some.count(kLayers) == std::size_t{3});
    CHECK(some.to_string() == "deadline_ms=2.5,goal=energy,layers=3");
    CHECK(Settings("s", kTable, some.to_string()) == some);
}

TEST_CASE("partition: wrong settings are refused with what may help", "[partition]") {
    CHECK(refusal("gaol=energy") == "s: has no setting 'gaol' | did you mean 'goal'?");
    CHECK(refusal("goal=enrgy") == "s: goal: 'enrgy' is not one of latency, energy | did you mean 'energy'?");
    const std::string known = " | the settings of s are goal=latency|energy, deadline_ms=NUMBER, layers=NUMBER";
    CHECK(refusal("deadline_ms=0") == "s: deadline_ms: must be at least 1" + known);
    CHECK(refusal("deadline_ms=soon") == "s: deadline_ms: a number is expected, not 'soon'" + known);
    CHECK(refusal("deadline_ms=nan") == "s: deadline_ms: a number is expected, not 'nan'" + known);
    CHECK(refusal("layers=1.5") == "s: layers: an integer is expected, not '1.5'" + known);
    CHECK(refusal("layers=101") == "s: layers: must be an integer from 1 to 100" + known);
    CHECK(refusal("layers=1,layers=2") == "s: layers is given twice" + known);
    CHECK(refusal("layers") == "s: 'layers' is not NAME=VALUE" + known);
}

TEST_CASE("partition: a list of strategies keeps settings with their strategy", "[partition]") {
    CHECK(partition::choose("rows").name() == "rows");
    const auto chosen = partition::choose(std::vector<std::string>{"local", "rows", "cloud"});
    REQUIRE(chosen.size() == 3);
    CHECK(chosen[1].strategy->name == "rows");
    CHECK_THROWS_WITH(partition::choose("rows:goal=energy"), "rows: has no setting 'goal'");
    CHECK_THROWS_WITH(partition::choose(std::vector<std::string>{"rows:a=1", "b=2"}), "rows: has no setting 'a'");
    CHECK_THROWS_WITH(partition::choose(std::vector<std::string>{"a=1"}), "no strategy is called 'a=1'");
}

TEST_CASE("partition: every word that can be chosen gives a plan", "[partition]") {
    cluster::Cluster cluster = test::bed({1e7, 2e7, 1e7}, test::fast_link(100)).cluster();
    for (cluster::Device& device : cluster.devices) {
        device.power = cluster::Power{util::Watts(1), util::Watts(3), util::Watts(2)};
    }
    const test::Scene scene(test::conv_chain(4),
                            {cluster, {test::linear_model(1e7), test::linear_model(2e7), test::linear_model(1e7)}});
    int words = 0;
    for (const partition::Strategy& strategy : partition::strategies()) {
        for (const Setting& setting : strategy.settings) {
            std::string_view left = setting.choices;
            while (!left.empty()) {
                const std::size_t end = std::min(left.find('|'), left.size());
                const std::string text = fmt::format("{}:{}={}", strategy.name, setting.name, left.substr(0, end));
                INFO(text);
                CHECK(scene.plan(text).prediction.latency().count() > 0);
                left.remove_prefix(std::min(end + 1, left.size()));
                ++words;
            }
        }
    }
    CHECK(words > 10);
}

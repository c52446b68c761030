#include "report/explanation.hpp"

#include <catch2/catch.hpp>

using namespace convoy;
using report::Cell;

namespace {

util::Seconds in_ms(double time) { return util::from_milliseconds(time); }

cost::PathStep computes(std::uint32_t device, std::int32_t stage, double ms) {
    cost::PathStep step{.device = device, .stage = stage};
    step.compute = in_ms(ms);
    return step;
}

cost::PathStep sends(std::uint32_t from, std::uint32_t to, std::int32_t stage, double payload, double start_up) {
    cost::PathStep step{.device = from, .to = to, .stage = stage};
    step.bytes = in_ms(payload);
    step.start_up = in_ms(start_up);
    return step;
}

cost::Explanation explanation() {
    cost::Explanation made;
    made.strategy = "rows";
    made.stages = {"conv1", "conv2 to fc"};
    made.devices = {{"a", in_ms(3), in_ms(3), in_ms(2)}, {"b", in_ms(5), in_ms(2), in_ms(2)}};
    made.prediction.timeline.latency = in_ms(10);
    made.prediction.path.steps = {sends(0, 1, -1, 2, 1), computes(1, 0, 2), computes(1, 0, 1), sends(1, 0, 0, 1, 1),
                                  computes(0, 1, 2)};
    made.remedies = {{"all rates doubled", in_ms(8.5), in_ms(8)},
                     {"one more device like 'b'", std::nullopt, in_ms(12)}};
    return made;
}

const report::Table& table(const report::Section& section, const std::string& key) {
    for (const report::Table& table : section.tables)
        if (table.key == key) return table;
    FAIL("no table " << key);
    return section.tables.front();
}

}  // namespace

TEST_CASE("report: an explanation tells what each moment of the latency is spent on", "[report]") {
    const report::Section section = report::explanation_section(explanation());
    // Tiles of one stage on one device are one row; columns without a value are left out.
    CHECK(table(section, "path").rows == std::vector<std::vector<Cell>>{
                                             {std::int64_t{-1}, "inputs", "a -> b", Cell{}, 1.0, 2.0, 0.3},
                                             {std::int64_t{0}, "conv1", "b", 3.0, Cell{}, Cell{}, 0.3},
                                             {std::int64_t{0}, "conv1", "b -> a", Cell{}, 1.0, 1.0, 0.2},
                                             {std::int64_t{1}, "conv2 to fc", "a", 2.0, Cell{}, Cell{}, 0.2},
                                         });
    CHECK(table(section, "devices").rows ==
          std::vector<std::vector<Cell>>{{"a", 2.0, 3.0, 2.0, 0.0, 3.0, 3.0, 2.0, 7.0},
                                         {"b", 3.0, 2.0, 3.0, 0.0, 5.0, 2.0, 2.0, 5.0}});
}

TEST_CASE("report: an explanation tells what would help, also when it would not", "[report]") {
    const report::Section section = report::explanation_section(explanation());
    CHECK(table(section, "remedies").rows ==
          std::vector<std::vector<Cell>>{{"all rates doubled", 8.5, 0.15, 8.0, 0.2},
                                         {"one more device like 'b'", Cell{}, Cell{}, 12.0, -0.2}});
    CHECK_NOTHROW(report::write_html({{section}}));
}

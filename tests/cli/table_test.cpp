#include "cli/table.hpp"

#include <catch2/catch.hpp>

using namespace convoy::cli;

TEST_CASE("cli: a table aligns numbers to the right, in text and Markdown; CSV keeps all digits", "[cli]") {
    Table table({"operator", "time_ms", "n"});
    table.add({"conv1, \"a|b\"", Table::fixed(1.23456, 2), 3}).add({"fc", Table::fixed(100, 2), ""});
    CHECK(table.to_string(TableFormat::text) ==
          "operator      time_ms  n\n"
          "conv1, \"a|b\"     1.23  3\n"
          "fc             100.00\n");
    CHECK(table.to_string(TableFormat::csv) ==
          "operator,time_ms,n\n"
          "\"conv1, \"\"a|b\"\"\",1.23456,3\n"
          "fc,100,\n");
    CHECK(table.to_string(TableFormat::markdown) ==
          "| operator      | time_ms |  n |\n"
          "| ------------- | ------: | -: |\n"
          "| conv1, \"a\\|b\" |    1.23 |  3 |\n"
          "| fc            |  100.00 |    |\n");
}

TEST_CASE("cli: a difference in a table shows its sign, but not in CSV", "[cli]") {
    Table table({"off"});
    table.add({Table::difference(1.25, 1)}).add({Table::difference(-3, 1)});
    CHECK(table.to_string(TableFormat::text) == " off\n+1.2\n-3.0\n");
    CHECK(table.to_string(TableFormat::csv) == "off\n1.25\n-3\n");
}

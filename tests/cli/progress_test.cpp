#include "cli/progress.hpp"

#include <catch2/catch.hpp>

using namespace convoy;
using util::Seconds;

TEST_CASE("cli: the progress line shows the share done and the time left, within the terminal", "[cli]") {
    CHECK(cli::progress_line("conv1", 1, 4, Seconds(30), 60) ==
          "conv1 1/4 1:30 left [#########                             ]");
    CHECK(cli::progress_line_left("conv1", 1, 4, Seconds(5), 60) ==
          "conv1 1/4 0:05 left [#########                             ]");
    CHECK(cli::progress_line_left("conv1", 0, 4, std::nullopt, 30) == "conv1 0/4 [                  ]");
    CHECK(cli::progress_line("conv1", 0, 4, Seconds(0), 30) == "conv1 0/4 [                  ]");
    CHECK(cli::progress_line("conv1", 4, 4, Seconds(9), 20) == "conv1 4/4 0:00 left");
    CHECK(cli::progress_line("conv1", 1, 1000, Seconds(20), 200).find(" 5:33:00 left ") != std::string::npos);
    CHECK(cli::progress_line("conv1", 1, 4, Seconds(30), 8) == "conv1 1/");
    CHECK(cli::progress_line("nothing", 0, 0, Seconds(0), 10) == "nothing 0/");
}

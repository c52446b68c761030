#include "util/error.hpp"

#include <catch2/catch.hpp>

using namespace convoy;

TEST_CASE("util: a near name is suggested, a far one is not", "[util]") {
    const std::vector<std::string> names{"jetson-1", "jetson-2", "pi"};
    CHECK(util::suggestion("jetson-3", names) == "did you mean 'jetson-1'?");
    CHECK(util::suggestion("stages", {"strategy", "stage"}) == "did you mean 'stage'?");
    CHECK(util::suggestion("quite-different", names).empty());
}

TEST_CASE("util: every error code has its documented exit status", "[util]") {
    CHECK(util::exit_code(util::Errc::usage) == 64);
    CHECK(util::exit_code(util::Errc::data) == 65);
    CHECK(util::exit_code(util::Errc::no_input) == 66);
    CHECK(util::exit_code(util::Errc::unavailable) == 69);
    CHECK(util::exit_code(util::Errc::internal) == 70);
    CHECK(util::exit_code(util::Errc::cannot_create) == 73);
    CHECK(util::exit_code(util::Errc::io) == 74);
    CHECK(util::exit_code(util::Errc::closed_output) == 74);
    CHECK(util::exit_code(util::Errc::timed_out) == 75);
    CHECK(util::exit_code(util::Errc::protocol) == 76);
    CHECK(util::exit_code(util::Errc::permission) == 77);
    CHECK(util::exit_code(util::Errc::impossible) == 78);
    CHECK(util::exit_code(util::Errc::interrupted) == 130);
}

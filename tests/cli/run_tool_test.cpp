#include "cli/run_tool.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <new>
#include <stdexcept>

#include "util/file.hpp"

using namespace convoy;
namespace fs = std::filesystem;

namespace {

/// A folder that the test works in, so that messages name files without a folder.
class WorkingFolder {
  public:
    WorkingFolder() {
        fs::create_directories(folder_);
        fs::current_path(folder_);
    }
    ~WorkingFolder() {
        fs::current_path(before_);
        fs::remove_all(folder_);
    }

  private:
    fs::path before_ = fs::current_path();
    fs::path folder_ = fs::temp_directory_path() / ("convoy-cli-test-" + std::to_string(::getpid()));
};

constexpr cli::Tool kTool{.name = "convoy-demo", .summary = "shows errors"};

int status_of(const std::function<int(const cli::Options&)>& body) {
    const char* const arguments[] = {"convoy-demo", "-q"};
    return cli::run_tool(kTool, 2, arguments, body);
}

}  // namespace

TEST_CASE("cli: an error is shown with its place, source line, caret, hint, further problems and context", "[cli]") {
    const WorkingFolder folder;
    util::write_file("plan.yaml", "schema: convoy.plan/1\nna\xc3\xafve: {on: jetson-3}\n");
    util::Error error(util::Errc::data, "unknown device 'jetson-3'");
    error.at({"plan.yaml", 2, 13}).key("stages[1].on").hint("did you mean 'jetson-2'?").context("while planning");
    error.also(util::Error(util::Errc::data, "the key 'source' is missing").at({"plan.yaml", 1, 1}));
    CHECK(cli::error_text("convoy-partition", error) ==
          "convoy-partition: error: plan.yaml:2:13: stages[1].on: unknown device 'jetson-3'\n"
          "    2 | na\xc3\xafve: {on: jetson-3}\n"
          "      |            ^\n"
          "hint: did you mean 'jetson-2'?\n"
          "convoy-partition: error: plan.yaml:1:1: the key 'source' is missing\n"
          "    1 | schema: convoy.plan/1\n"
          "      | ^\n"
          "  while planning\n");
}

TEST_CASE("cli: a long source line is cut around the column", "[cli]") {
    const WorkingFolder folder;
    util::write_file("long.yaml", std::string(500, 'a') + "X" + std::string(500, 'b'));
    const auto error = util::Error(util::Errc::data, "wrong").at({"long.yaml", 1, 501});
    CHECK(cli::error_text("t", error) == "t: error: long.yaml:1:501: wrong\n    1 | " + std::string(60, 'a') + "X" +
                                             std::string(39, 'b') + "\n      | " + std::string(60, ' ') + "^\n");
}

TEST_CASE("cli: control characters of a hostile file do not reach the terminal", "[cli]") {
    CHECK(cli::error_text("t", util::Error(util::Errc::data, "bad \x1b[2J\x07 \xc2\x9b name\n")) ==
          "t: error: bad ?[2J? ? name \n");
}

TEST_CASE("cli: a place without a file to read, or past its end, is still named", "[cli]") {
    const auto error = util::Error(util::Errc::data, "wrong").at({"<stdin>", 3, 7});
    CHECK(cli::error_text("t", error) == "t: error: <stdin>:3:7: wrong\n");
    const WorkingFolder folder;
    util::write_file("short.yaml", "a\n");
    CHECK(cli::error_text("t", util::Error(util::Errc::data, "wrong").at({"short.yaml", 1, 9})) ==
          "t: error: short.yaml:1:9: wrong\n");
}

TEST_CASE("cli: whatever a tool throws becomes its exit status", "[cli]") {
    CHECK(status_of([](const auto&) { return 1; }) == 1);
    CHECK(status_of([](const auto&) -> int { throw util::Error(util::Errc::protocol, "hello refused"); }) == 76);
    CHECK(status_of([](const auto&) -> int { throw util::Error(util::Errc::closed_output, ""); }) == 74);
    CHECK(status_of([](const auto&) -> int { throw std::logic_error("oops"); }) == 70);
    CHECK(status_of([](const auto&) -> int { throw std::bad_alloc(); }) == 78);
    CHECK(status_of([](const auto&) -> int { throw util::Error(util::Errc::interrupted, "interrupted"); }) == 130);
}

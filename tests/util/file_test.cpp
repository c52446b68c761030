#include "util/file.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "util/error.hpp"
#include "util/hash.hpp"
#include "util/statistics.hpp"

using namespace convoy;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("convoy-file-test-" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    std::string operator/(const std::string& name) const { return (path / name).string(); }
};

util::Errc code_of(const auto& action) {
    try {
        action();
    } catch (const util::Error& error) {
        return error.code();
    }
    FAIL("no error");
    return util::Errc::internal;
}

}  // namespace

TEST_CASE("util: a written file reads back and leaves no temporary", "[util]") {
    const Folder folder;
    util::write_file(folder / "a.yaml", "first");
    util::write_file(folder / "a.yaml", "second");
    CHECK(util::FileView::open(folder / "a.yaml").text() == "second");
    CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("util: a file written in parts appears at commit, or leaves nothing", "[util]") {
    const Folder folder;
    {
        util::OutputFile abandoned(folder / "a");
        abandoned.write("half");
    }
    CHECK(fs::is_empty(folder.path));
    util::OutputFile file(folder / "a");
    file.write("one ");
    file.write("two");
    CHECK_FALSE(fs::exists(folder / "a"));
    file.commit();
    CHECK(util::FileView::open(folder / "a").text() == "one two");
    CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("util: file errors carry the code that a script needs", "[util]") {
    const Folder folder;
    util::write_file(folder / "big", std::string(100, 'x'));
    CHECK(code_of([&] { (void)util::FileView::open(folder / "missing"); }) == util::Errc::no_input);
    CHECK(code_of([&] { (void)util::FileView::open(folder.path.string()); }) == util::Errc::no_input);
    CHECK(code_of([&] { (void)util::FileView::open(folder / "big", 99); }) == util::Errc::data);
    CHECK(code_of([&] { util::write_file(folder / "no/such/folder", ""); }) == util::Errc::cannot_create);
    CHECK(code_of([&] { util::write_file("/dev/full", "x"); }) == util::Errc::io);
}

TEST_CASE("util: a path written beside a document is found again from elsewhere", "[util]") {
    CHECK(util::path_beside("out/plan.yaml", "models/a.onnx") == "../models/a.onnx");
    CHECK(util::resolve_beside("out/plan.yaml", "../models/a.onnx").lexically_normal() == "models/a.onnx");
    CHECK(util::path_beside("-", "models/a.onnx") == "models/a.onnx");
    CHECK(util::resolve_beside("out/plan.yaml", "/abs/a.onnx") == "/abs/a.onnx");
}

TEST_CASE("util: SHA-256 of a known text", "[util]") {
    CHECK(util::sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("util: quantiles interpolate between neighbours", "[util]") {
    const std::vector<double> sample{4, 1, 3, 2};
    CHECK(util::median(sample) == 2.5);
    CHECK(util::quantile(sample, 0) == 1);
    CHECK(util::quantile(sample, 1) == 4);
    CHECK(util::mean(sample) == 2.5);
    CHECK(util::standard_deviation(sample) == Approx(1.2909944));
}

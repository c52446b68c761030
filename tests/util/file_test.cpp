#include "util/file.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "util/error.hpp"
#include "util/hash.hpp"
#include "util/mapped_memory.hpp"
#include "util/memory.hpp"
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

TEST_CASE("util: what cannot be written is told before, and asking leaves no trace", "[util]") {
    const Folder folder;
    util::write_file(folder / "a", "kept");
    util::require_creatable(folder / "a");
    util::require_creatable(folder / "new");
    util::require_creatable("-");
    util::require_creatable("/dev/full");
    CHECK(util::FileView::open(folder / "a").text() == "kept");
    CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
    CHECK(code_of([&] { util::require_creatable(folder / "no/such/folder"); }) == util::Errc::cannot_create);
    CHECK(code_of([&] { util::require_creatable(folder.path.string()); }) == util::Errc::cannot_create);
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

TEST_CASE("util: mapped memory that was given back holds the same bytes again", "[util]") {
    const Folder folder;
    const std::string name = folder / "mapped";
    std::string content(300'000, 'x');
    for (std::size_t i = 0; i < content.size(); i += 7) content[i] = static_cast<char>(i);
    util::write_file(name, content);
    const util::FileView file = util::FileView::open(name);
    const auto part = file.bytes().subspan(5000, 250'000);
    CHECK(util::mapped_file_of(part).data() == file.bytes().data());
    CHECK(util::mapped_file_of(part).size() == content.size());
    util::release_mapped(part);
    CHECK(file.text() == content);
    CHECK(util::sha256(file) == util::sha256(content));
    CHECK(file.text() == content);

    const util::FileView heap = util::FileView::from_bytes(content, "heap");
    CHECK(util::mapped_file_of(heap.bytes()).empty());
    util::release_mapped(heap.bytes());  // must not touch what is no mapped file
    CHECK(heap.text() == content);
    CHECK(util::mapped_file_of({part.data(), content.size()}).empty());  // beyond its end
    CHECK(util::is_sha256(util::sha256(content)));
    for (const char* text : {"", "abc", "../../etc/passwd"}) CHECK_FALSE(util::is_sha256(text));
}

TEST_CASE("util: the peak of resident memory follows what is used", "[util]") {
    const util::Bytes before = util::peak_resident_memory();
    {
        const std::string large(std::size_t{64} << 20, 'x');
        CHECK(util::peak_resident_memory().value >= util::resident_memory().value);
        CHECK(util::peak_resident_memory().value >= before.value);
        CHECK(util::peak_resident_memory().value > std::int64_t{60} << 20);
    }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which keep what is freed for a while
TEST_CASE("util: large blocks go back to the system although later ones live on", "[util]") {
    util::return_large_blocks();
    { const std::string first(std::size_t{24} << 20, 'x'); }  // would make glibc keep what is smaller in the heap
    const util::Bytes before = util::resident_memory();
    std::vector<std::string> blocks;
    for (int i = 0; i < 16; ++i) blocks.emplace_back(std::size_t{1} << 20, 'x');
    CHECK(util::resident_memory().value > before.value + (std::int64_t{14} << 20));
    blocks.erase(blocks.begin(), blocks.end() - 1);
    CHECK(util::resident_memory().value < before.value + (std::int64_t{4} << 20));
}
#endif

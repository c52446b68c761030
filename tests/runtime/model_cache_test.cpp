#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <numeric>
#include <thread>

#include "runtime/shipping_support.hpp"
#include "util/hash.hpp"

using namespace convoy;
using runtime::ChunkPart;
using runtime::ModelCache;
using runtime::ModelManifest;
using test::error_of;
using test::ScratchFolder;
using util::Errc;

namespace {

constexpr std::size_t kChunk = ModelManifest::kChunkBytes;

/// A "model" of two and a half chunks: the cache does not look inside.
struct Content {
    explicit Content(char fill, std::size_t size = kChunk * 5 / 2) : bytes(size, fill) {
        for (std::size_t i = 0; i < bytes.size(); i += 1000) bytes[i] = static_cast<char>(i / 1000);
        manifest.sha256 = util::sha256(bytes);
        manifest.structure = manifest.sha256;
        manifest.size = bytes.size();
        for (std::size_t at = 0; at < bytes.size(); at += kChunk)
            manifest.chunks.push_back(
                runtime::chunk_digest(runtime::leaf_digests(chunk(static_cast<std::uint32_t>(at / kChunk)))));
    }
    [[nodiscard]] std::span<const std::byte> chunk(std::uint32_t number) const {
        const runtime::ByteRange range = manifest.chunk(number);
        return std::as_bytes(std::span(bytes)).subspan(range.begin, range.end - range.begin);
    }
    /// A part as it comes in a message.
    [[nodiscard]] std::vector<std::byte> message(const ChunkPart& part) const {
        std::vector<std::byte> whole;
        const auto append = [&](std::span<const std::byte> more) {
            whole.insert(whole.end(), more.begin(), more.end());
        };
        if (!manifest.is_whole(part))
            for (const util::Digest& digest : runtime::leaf_digests(chunk(part.chunk))) append(digest);
        for (const runtime::ByteRange& range : manifest.ranges(part))
            append(std::as_bytes(std::span(bytes)).subspan(range.begin, range.end - range.begin));
        return whole;
    }
    [[nodiscard]] std::vector<ChunkPart> all() const { return manifest.all(); }
    [[nodiscard]] std::string bring(const ModelCache& cache) const {
        ModelCache::Partial partial = cache.open(manifest);
        const std::vector<ChunkPart> missing = partial.missing(all());
        partial.reserve(missing);
        for (const ChunkPart& part : missing) partial.put(part, message(part));
        return partial.finish();
    }
    std::string bytes;
    ModelManifest manifest;
};

std::size_t files_in(const std::filesystem::path& folder, const std::string& extension) {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) count += file.path().extension() == extension;
    return count;
}

void set_used(const std::string& file, int hours_ago) {
    std::filesystem::last_write_time(file,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours_ago));
}

}  // namespace

TEST_CASE("cache: a model that came whole is found by its hash, byte for byte", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path / "made" / "by need"});
    const Content model('m');
    CHECK_FALSE(cache.find(model.manifest.sha256));
    const std::string file = model.bring(cache);
    CHECK(cache.find(model.manifest.sha256) == file);
    CHECK(util::FileView::open(file).text() == model.bytes);
    CHECK(files_in(folder.path / "made" / "by need", ".part") == 0);
    cache.discard(model.manifest.sha256);
    CHECK_FALSE(cache.find(model.manifest.sha256));
}

TEST_CASE("cache: what is not what the manifest says is refused and not kept", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path});
    const Content model('m');
    const Content other('o');
    {
        ModelCache::Partial partial = cache.open(model.manifest);
        CHECK(error_of([&] { partial.put(model.manifest.whole(0), other.chunk(0)); }).code() == Errc::protocol);
        CHECK(error_of([&] { partial.put(model.manifest.whole(0), model.chunk(0).first(kChunk - 1)); }).code() ==
              Errc::protocol);
        CHECK(error_of([&] { partial.put({3, 1}, model.chunk(0)); }).code() == Errc::protocol);
        CHECK(partial.missing(model.all()) == model.all());
    }
    // Every chunk as announced, yet another model as a whole.
    Content liar('l');
    liar.manifest.sha256 = model.manifest.sha256;
    const util::Error lie = error_of([&] { (void)liar.bring(cache); });
    CHECK(lie.code() == Errc::protocol);
    CHECK_THAT(lie.message(), Catch::Contains("is another one"));
    CHECK_FALSE(cache.find(model.manifest.sha256));
    CHECK(files_in(folder.path, ".part") == 0);
    for (const char* name : {"", "../../../etc/passwd", "ABC"})
        CHECK(error_of([&] { (void)cache.find(name); }).code() == Errc::protocol);
}

TEST_CASE("cache: a partial file is taken up where its content is right", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path});
    const Content model('m');
    std::string file;
    {
        ModelCache::Partial partial = cache.open(model.manifest);
        file = partial.file();
        partial.put(model.manifest.whole(0), model.chunk(0));
        partial.put(model.manifest.whole(2), model.chunk(2));
    }
    CHECK(cache.open(model.manifest).missing(model.all()) == std::vector{model.manifest.whole(1)});
    {
        std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
        damage.seekp(100);
        damage << "damaged";
    }
    CHECK(cache.open(model.manifest).missing(model.all()) ==
          std::vector{model.manifest.whole(0), model.manifest.whole(1)});
    std::filesystem::resize_file(file, 1000);  // truncated: begun anew
    CHECK(cache.open(model.manifest).missing(model.all()) == model.all());
    CHECK(util::FileView::open(model.bring(cache)).text() == model.bytes);
}

TEST_CASE("cache: leaves of a chunk are kept, checked and added to", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path});
    const Content model('m');
    const ChunkPart some{1, 0b1011'0000'0001};
    const ChunkPart more{1, 0b1100'0000'0011};
    {
        ModelCache::Partial partial = cache.open(model.manifest);
        CHECK(partial.missing({&some, 1}) == std::vector{some});
        partial.reserve({&some, 1});
        std::vector<std::byte> message = model.message(some);
        for (const std::size_t at : {std::size_t{5}, message.size() - 1}) {  // in a hash, in a leaf
            std::vector<std::byte> wrong = message;
            wrong[at] ^= std::byte{1};
            INFO(at);
            CHECK(error_of([&] { partial.put(some, wrong); }).code() == Errc::protocol);
        }
        message.pop_back();
        CHECK(error_of([&] { partial.put(some, message); }).code() == Errc::protocol);
        partial.put(some, model.message(some));
        CHECK(partial.missing({&some, 1}).empty());
    }
    ModelCache::Partial partial = cache.open(model.manifest);
    CHECK(partial.missing({&some, 1}).empty());
    const std::vector<ChunkPart> missing = partial.missing({&more, 1});
    REQUIRE(missing == std::vector{ChunkPart{1, 0b0100'0000'0010}});
    partial.put(missing[0], model.message(missing[0]));
    CHECK(partial.missing({&more, 1}).empty());
    {
        std::fstream damage(partial.file(), std::ios::in | std::ios::out | std::ios::binary);
        damage.seekp(kChunk + 8 * ModelManifest::kLeafBytes + 100);
        damage << "damaged";
    }
    CHECK(partial.missing({&some, 1}) == std::vector{ChunkPart{1, 0b0001'0000'0000}});
    for (const ChunkPart& part : partial.missing(model.all())) partial.put(part, model.message(part));
    CHECK(util::FileView::open(partial.finish()).text() == model.bytes);
    CHECK(files_in(folder.path, ".leaves") == 0);
}

TEST_CASE("cache: hashes of leaves that are damaged make nothing right", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path});
    const Content model('m');
    const ChunkPart some{1, 0b110};
    ModelCache::Partial partial = cache.open(model.manifest);
    partial.put(some, model.message(some));
    std::fstream damage((folder.path / (model.manifest.sha256 + ".leaves")).string(),
                        std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(kChunk / ModelManifest::kLeafBytes * 32 + 40);
    damage << "damaged";
    damage.close();
    CHECK(partial.missing({&some, 1}) == std::vector{some});
}

TEST_CASE("cache: of two writers of one model the second waits, and finds it", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path, .lock_patience = util::Seconds{0.1}});
    const Content model('m');
    {
        const ModelCache::Partial first = cache.open(model.manifest);
        const util::Error busy = error_of([&] { (void)cache.open(model.manifest); });
        CHECK(busy.code() == Errc::timed_out);
        CHECK_THAT(busy.message(), Catch::Contains(".lock'"));
        const Content other('o');  // another model is no obstacle
        (void)other.bring(cache);
        std::stop_source stop;
        stop.request_stop();
        CHECK(error_of([&] { (void)cache.open(model.manifest, stop.get_token()); }).code() == Errc::interrupted);
    }
    std::vector<std::jthread> writers;
    std::atomic<int> good{0};
    for (int i = 0; i < 4; ++i)
        writers.emplace_back([&] {
            const ModelCache own({.folder = folder.path});
            ModelCache::Partial partial = own.open(model.manifest);
            if (!own.find(model.manifest.sha256)) {
                for (const ChunkPart& part : partial.missing(model.all())) partial.put(part, model.message(part));
                (void)partial.finish();
            }
            if (util::FileView::open(own.find(model.manifest.sha256).value()).text() == model.bytes) ++good;
        });
    writers.clear();
    CHECK(good == 4);
}

TEST_CASE("cache: what was not used for longest makes room", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path, .limit = util::Bytes(3 * kChunk * 5 / 2)});
    const Content old('1');
    const Content older('2');
    const Content locked('3');
    const Content fresh('4');
    set_used(old.bring(cache), 2);
    const std::string oldest = older.bring(cache);
    set_used(oldest, 3);
    const util::FileView mapped = util::FileView::open(oldest);
    {
        ModelCache::Partial writing = cache.open(locked.manifest);
        writing.reserve(locked.all());
        for (const ChunkPart& part : locked.all()) writing.put(part, locked.message(part));
        set_used(writing.file(), 9);  // the oldest of all, but somebody writes to it
        (void)fresh.bring(cache);
        CHECK(writing.missing(locked.all()).empty());
    }
    CHECK(cache.find(fresh.manifest.sha256));
    CHECK(cache.find(old.manifest.sha256));
    CHECK_FALSE(cache.find(older.manifest.sha256));
    CHECK(mapped.text() == older.bytes);  // whoever has it mapped keeps it
    CHECK(files_in(folder.path, ".onnx") == 2);

    const Content large('5', 10 * kChunk);
    const util::Error refusal = error_of([&] { (void)large.bring(cache); });
    CHECK(refusal.code() == Errc::impossible);
    CHECK_THAT(refusal.message(), Catch::Contains(std::to_string(10 * kChunk) + " bytes") &&
                                      Catch::Contains(std::to_string(3 * kChunk * 5 / 2)));
    CHECK(cache.find(old.manifest.sha256));
}

TEST_CASE("cache: a disk that takes no more is an error, and the rest of the model gives its place back", "[runtime]") {
    const ScratchFolder folder;
    const ModelCache cache({.folder = folder.path});
    const Content model('m');
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{kChunk, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const util::Error full = error_of([&] { (void)model.bring(cache); });
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    CHECK(full.code() == Errc::io);
    CHECK_THAT(full.message(), Catch::Contains("cannot write"));
    CHECK(files_in(folder.path, ".part") == 0);
    CHECK(error_of([] {
              const Content content('x');
              (void)content.bring(ModelCache({.folder = "/proc/nowhere"}));
          }).code() == Errc::cannot_create);
}

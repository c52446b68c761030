#include "runtime/model_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <thread>
#include <tuple>
#include <utility>

#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/file.hpp"
#include "util/hash.hpp"
#include "util/log.hpp"

namespace convoy::runtime {
namespace {

namespace fs = std::filesystem;
using util::Errc;
using util::Error;

constexpr const char* kWhole = ".onnx";
constexpr const char* kPart = ".part";
constexpr const char* kLeaves = ".leaves";
constexpr const char* kLock = ".lock";
constexpr std::uint64_t kLeavesBytes =
    ModelManifest::kChunkBytes / ModelManifest::kLeafBytes * sizeof(util::Digest);  // of a chunk
constexpr util::Seconds kLockGlance{0.05};
constexpr int kPrivate = 0600;
constexpr std::int64_t kBlock = 512;  // unit of stat's st_blocks

[[noreturn]] void fail(Errc code, std::string_view doing, const fs::path& path, int reason) {
    if (reason == EACCES || reason == EPERM || reason == EROFS) code = Errc::permission;
    throw Error(code, fmt::format("cannot {} '{}': {}", doing, path.string(), std::strerror(reason)));
}

CacheFile open_file(const fs::path& path) {
    CacheFile file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivate));
    if (file.get() < 0) fail(Errc::cannot_create, "create", path, errno);
    return file;
}

bool is_same_file(int descriptor, const fs::path& path) {
    struct stat open {};
    struct stat named {};
    return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
}

/// The lock, or an empty file when somebody else has it. A lock file may vanish with its model: then there is a new
/// one.
CacheFile try_lock(const fs::path& path) {
    CacheFile file = open_file(path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0)
        return is_same_file(file.get(), path) ? std::move(file) : CacheFile();
    if (errno != EWOULDBLOCK && errno != EINTR) fail(Errc::io, "lock", path, errno);
    return {};
}

CacheFile lock(const fs::path& path, util::Seconds patience, const std::stop_token& stop) {
    const util::Deadline deadline(patience);
    for (;;) {
        if (CacheFile file = try_lock(path); file.get() >= 0) return file;
        if (stop.stop_requested()) throw Error(Errc::interrupted, "interrupted");
        if (deadline.passed())
            throw Error(Errc::timed_out,
                        fmt::format("another process has held '{}' for {:.0f} s", path.string(), patience.count()));
        std::this_thread::sleep_for(kLockGlance);
    }
}

void touch(const fs::path& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

/// A model of the cache, or a part of one.
struct Entry {
    fs::path path;
    std::string sha256;
    std::int64_t bytes = 0;  ///< on the disk
    struct timespec used {};
};

std::vector<Entry> entries_of(const fs::path& folder) {
    std::vector<Entry> entries;
    std::error_code ignored;
    for (const fs::directory_entry& file : fs::directory_iterator(folder, ignored)) {
        const std::string extension = file.path().extension().string();
        const std::string stem = file.path().stem().string();
        struct stat status {};
        const bool ours = extension == kWhole || extension == kPart || extension == kLeaves;
        if (!ours || !util::is_sha256(stem)) continue;
        if (::lstat(file.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        entries.push_back({file.path(), stem, status.st_blocks * kBlock, status.st_mtim});
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::tie(a.used.tv_sec, a.used.tv_nsec, a.sha256) < std::tie(b.used.tv_sec, b.used.tv_nsec, b.sha256);
    });
    return entries;
}

bool read_at(int descriptor, std::span<std::byte> to, std::uint64_t offset) {
    while (!to.empty()) {
        const ssize_t got = ::pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to = to.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

/// 0, or why it failed.
int write_at(int descriptor, std::span<const std::byte> bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t put = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return 0;
}

/// Whether a range of a file was never written. False where the file system does not tell.
bool is_hole(int descriptor, const ByteRange& range) {
    const off_t data = ::lseek(descriptor, static_cast<off_t>(range.begin), SEEK_DATA);
    return (data < 0 && errno == ENXIO) || (data >= 0 && static_cast<std::uint64_t>(data) >= range.end);
}

}  // namespace

CacheFile::CacheFile(CacheFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
CacheFile& CacheFile::operator=(CacheFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}
CacheFile::~CacheFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

fs::path ModelCache::path(const std::string& sha256, const char* extension) const {
    if (!util::is_sha256(sha256)) throw Error(Errc::protocol, "a model is named by something else than a SHA-256");
    return settings_.folder / (sha256 + extension);
}

std::optional<std::string> ModelCache::find(const std::string& sha256) const {
    const fs::path whole = path(sha256, kWhole);
    std::error_code ignored;
    if (!fs::is_regular_file(whole, ignored)) return std::nullopt;
    touch(whole);
    return whole.string();
}

void ModelCache::discard(const std::string& sha256) const { ::unlink(path(sha256, kWhole).c_str()); }

ModelCache::Partial ModelCache::open(const ModelManifest& manifest, const std::stop_token& stop) const {
    const auto size = static_cast<std::int64_t>(manifest.size);
    std::error_code failed;
    fs::create_directories(settings_.folder, failed);
    if (failed)
        throw Error(Errc::cannot_create,
                    fmt::format("cannot create the model cache '{}': {}", settings_.folder.string(), failed.message()))
            .hint("choose another folder with --cache");
    Partial partial(*this, manifest);
    partial.path_ = path(manifest.sha256, kPart).string();
    partial.lock_ = lock(path(manifest.sha256, kLock), settings_.lock_patience, stop);
    partial.data_ = open_file(partial.path_);
    struct stat status {};
    if (::fstat(partial.data_.get(), &status) != 0) fail(Errc::io, "read", partial.path_, errno);
    if (status.st_size != 0 && status.st_size != size) {
        // Not made shorter in place: somebody may have it mapped.
        partial.give_up();
        partial.data_ = open_file(partial.path_);
    }
    partial.leaves_ = open_file(path(manifest.sha256, kLeaves));
    if (::ftruncate(partial.data_.get(), size) != 0) {
        const int reason = errno;
        partial.give_up();
        fail(Errc::io, "write", partial.path_, reason);
    }
    touch(partial.path_);
    return partial;
}

void ModelCache::make_room(util::Bytes wanted, const std::string& kept) const {
    std::vector<Entry> entries = entries_of(settings_.folder);
    std::int64_t used = 0;
    std::int64_t own = 0;
    for (const Entry& entry : entries) (entry.sha256 == kept ? own : used) += entry.bytes;
    if (own + wanted.value > settings_.limit.value)
        throw Error(Errc::impossible, fmt::format("the model needs {} bytes in the cache '{}', whose limit is {}",
                                                  own + wanted.value, settings_.folder.string(), settings_.limit.value))
            .hint("raise it with --cache-limit");
    for (const Entry& entry : entries) {
        if (used + own + wanted.value <= settings_.limit.value) return;
        if (entry.sha256 == kept) continue;
        const fs::path lock_path = path(entry.sha256, kLock);
        const CacheFile held = try_lock(lock_path);
        if (held.get() < 0) continue;  // somebody is writing to it
        util::log_info("the model cache drops {}", entry.path.filename().string());
        if (::unlink(entry.path.c_str()) == 0) used -= entry.bytes;
        ::unlink(lock_path.c_str());
    }
}

std::vector<std::byte> ModelCache::Partial::read(const ByteRange& range) const {
    std::vector<std::byte> content(range.end - range.begin);
    if (is_hole(data_.get(), range) || !read_at(data_.get(), content, range.begin)) return {};
    return content;
}

/// The hashes of a chunk's leaves; none when it did not come in part, or they are damaged.
std::vector<util::Digest> ModelCache::Partial::known_leaves(std::uint32_t chunk) const {
    std::vector<util::Digest> leaves(static_cast<std::size_t>(std::popcount(manifest_.whole(chunk).leaves)));
    const auto bytes = std::as_writable_bytes(std::span(leaves));
    const bool there = read_at(leaves_.get(), bytes, chunk * kLeavesBytes);
    return there && chunk_digest(leaves) == manifest_.chunks.at(chunk) ? leaves : std::vector<util::Digest>{};
}

std::vector<ChunkPart> ModelCache::Partial::missing(std::span<const ChunkPart> parts) const {
    std::vector<ChunkPart> result;
    for (ChunkPart part : parts) {
        const std::vector<std::byte> content = read(manifest_.chunk(part.chunk));
        if (content.empty()) {
            result.push_back(part);
            continue;
        }
        const std::vector<util::Digest> there = leaf_digests(content);
        if (chunk_digest(there) == manifest_.chunks.at(part.chunk)) continue;
        const std::vector<util::Digest> right = known_leaves(part.chunk);
        for (std::size_t i = 0; i < right.size(); ++i)
            if (right[i] == there[i]) part.leaves &= ~(std::uint64_t{1} << i);
        if (part.leaves != 0) result.push_back(part);
    }
    return result;
}

void ModelCache::Partial::reserve(std::span<const ChunkPart> parts) {
    std::vector<ByteRange> ranges;
    for (const ChunkPart& part : parts) {
        const std::vector<ByteRange> more = manifest_.ranges(part);
        ranges.insert(ranges.end(), more.begin(), more.end());
    }
    std::int64_t wanted = 0;
    for (const ByteRange& range : ranges)
        if (is_hole(data_.get(), range)) wanted += static_cast<std::int64_t>(range.end - range.begin);
    cache_.make_room(util::Bytes(wanted), manifest_.sha256);
    for (const ByteRange& range : ranges) {
        if (::fallocate(data_.get(), 0, static_cast<off_t>(range.begin), static_cast<off_t>(range.end - range.begin)) ==
            0)
            continue;
        const int reason = errno;
        if (reason != ENOSPC && reason != EDQUOT && reason != EFBIG) return;  // this file system cannot reserve
        give_up();
        fail(Errc::io, "write", path_, reason);
    }
}

void ModelCache::Partial::put(const ChunkPart& part, std::span<const std::byte> message) {
    const auto refuse = [&](const std::string& why) {
        throw Error(Errc::protocol, fmt::format("chunk {} of the model came with {}", part.chunk, why));
    };
    if (part.chunk >= manifest_.chunk_count() || message.size() != manifest_.message_bytes(part))
        refuse(fmt::format("{} bytes instead of {}", message.size(), manifest_.message_bytes(part)));
    if (!manifest_.is_whole(part)) return put_leaves(part, message);
    if (chunk_digest(leaf_digests(message)) != manifest_.chunks[part.chunk])
        refuse("another content than its hash says");
    write(data_, message, manifest_.chunk(part.chunk).begin);
}

void ModelCache::Partial::put_leaves(const ChunkPart& part, std::span<const std::byte> message) {
    std::vector<util::Digest> leaves(static_cast<std::size_t>(std::popcount(manifest_.whole(part.chunk).leaves)));
    const auto hashes = message.first(leaves.size() * sizeof(util::Digest));
    std::memcpy(leaves.data(), hashes.data(), hashes.size());
    if (chunk_digest(leaves) != manifest_.chunks[part.chunk])
        throw Error(Errc::protocol,
                    fmt::format("chunk {} of the model came with other hashes of its leaves", part.chunk));
    write(leaves_, hashes, part.chunk * kLeavesBytes);
    std::size_t at = hashes.size();
    for (const ByteRange& range : manifest_.ranges(part)) {
        const auto run = message.subspan(at, range.end - range.begin);
        at += run.size();
        const std::vector<util::Digest> came = leaf_digests(run);
        const auto first = range.begin % ModelManifest::kChunkBytes / ModelManifest::kLeafBytes;
        if (!std::equal(came.begin(), came.end(), leaves.begin() + static_cast<std::ptrdiff_t>(first)))
            throw Error(Errc::protocol,
                        fmt::format("leaves of chunk {} came with another content than their hashes say", part.chunk));
        write(data_, run, range.begin);
    }
}

void ModelCache::Partial::write(const CacheFile& file, std::span<const std::byte> bytes, std::uint64_t offset) {
    const int reason = write_at(file.get(), bytes, offset);
    if (reason == 0) return;
    if (reason == ENOSPC || reason == EDQUOT) give_up();  // a full disk is worse than a lost download
    fail(Errc::io, "write", path_, reason);
}

std::string ModelCache::Partial::finish() {
    const std::string hash = util::sha256(util::FileView::open(path_));
    if (hash != manifest_.sha256) {
        give_up();
        throw Error(Errc::protocol,
                    fmt::format("what was sent as model {} is another one: its SHA-256 is {}", manifest_.sha256, hash));
    }
    if (::fsync(data_.get()) != 0) fail(Errc::io, "write", path_, errno);
    const fs::path whole = cache_.path(manifest_.sha256, kWhole);
    if (::rename(path_.c_str(), whole.c_str()) != 0) fail(Errc::cannot_create, "create", whole, errno);
    ::unlink(cache_.path(manifest_.sha256, kLeaves).c_str());
    path_ = whole.string();
    return path_;
}

void ModelCache::Partial::give_up() noexcept {
    ::unlink(path_.c_str());
    ::unlink(fs::path(path_).replace_extension(kLeaves).c_str());
    data_ = CacheFile();
    leaves_ = CacheFile();
}

}  // namespace convoy::runtime

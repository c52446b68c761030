#include "runtime/model_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
constexpr const char* kLock = ".lock";
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
        if ((extension != kWhole && extension != kPart) || !util::is_sha256(stem)) continue;
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

std::vector<std::uint32_t> ModelCache::Partial::missing(std::span<const std::uint32_t> chunks) const {
    std::vector<std::uint32_t> result;
    std::vector<std::byte> content;
    for (const std::uint32_t number : chunks) {
        const ByteRange range = manifest_.chunk(number);
        content.resize(range.end - range.begin);
        const bool there = !is_hole(data_.get(), range) && read_at(data_.get(), content, range.begin) &&
                           digest_of(content) == manifest_.chunks.at(number);
        if (!there) result.push_back(number);
    }
    return result;
}

void ModelCache::Partial::reserve(std::span<const std::uint32_t> chunks) {
    std::int64_t wanted = 0;
    for (const std::uint32_t number : chunks) {
        const ByteRange range = manifest_.chunk(number);
        if (is_hole(data_.get(), range)) wanted += static_cast<std::int64_t>(range.end - range.begin);
    }
    cache_.make_room(util::Bytes(wanted), manifest_.sha256);
    for (const std::uint32_t number : chunks) {
        const ByteRange range = manifest_.chunk(number);
        if (::fallocate(data_.get(), 0, static_cast<off_t>(range.begin), static_cast<off_t>(range.end - range.begin)) ==
            0)
            continue;
        const int reason = errno;
        if (reason != ENOSPC && reason != EDQUOT && reason != EFBIG) return;  // this file system cannot reserve
        give_up();
        fail(Errc::io, "write", path_, reason);
    }
}

void ModelCache::Partial::put(std::uint32_t chunk, std::span<const std::byte> bytes) {
    const ByteRange range = manifest_.chunk(chunk);
    if (chunk >= manifest_.chunk_count() || bytes.size() != range.end - range.begin)
        throw Error(Errc::protocol, fmt::format("chunk {} of the model came with {} bytes instead of {}", chunk,
                                                bytes.size(), range.end - range.begin));
    if (digest_of(bytes) != manifest_.chunks[chunk])
        throw Error(Errc::protocol,
                    fmt::format("chunk {} of the model came with another content than its hash says", chunk));
    const int reason = write_at(data_.get(), bytes, range.begin);
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
    path_ = whole.string();
    return path_;
}

void ModelCache::Partial::give_up() noexcept {
    ::unlink(path_.c_str());
    data_ = CacheFile();
}

}  // namespace convoy::runtime

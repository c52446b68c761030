#include "util/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "util/error.hpp"
#include "util/mapped_memory.hpp"

namespace convoy::util {
namespace {

/// A file descriptor that is closed with its scope.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ > STDERR_FILENO) ::close(number_);
    }
    [[nodiscard]] int get() const noexcept { return number_; }

  private:
    int number_;
};

[[noreturn]] void fail(Errc code, std::string_view doing, std::string_view name, int reason) {
    if (reason == EACCES || reason == EPERM) code = Errc::permission;
    if (reason == EPIPE) code = Errc::closed_output;
    throw Error(code, fmt::format("cannot {} '{}': {}", doing, name, std::strerror(reason)));
}

std::string read_all(int descriptor, const std::string& name, std::uint64_t limit) {
    std::string content;
    constexpr std::size_t kChunk = 1 << 16;
    for (;;) {
        const std::size_t before = content.size();
        content.resize(before + kChunk);
        const ssize_t got = ::read(descriptor, content.data() + before, kChunk);
        if (got < 0 && errno == EINTR) {
            content.resize(before);
            continue;
        }
        if (got < 0) fail(Errc::io, "read", name, errno);
        content.resize(before + static_cast<std::size_t>(got));
        if (content.size() > limit) throw Error(Errc::data, fmt::format("'{}' is larger than {} bytes", name, limit));
        if (got == 0) return content;
    }
}

void write_all(int descriptor, std::string_view content, const std::string& name) {
    while (!content.empty()) {
        const ssize_t put = ::write(descriptor, content.data(), content.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail(Errc::io, "write", name, errno);
        content.remove_prefix(static_cast<std::size_t>(put));
    }
}

/// Whether the path is something that a rename must not replace: a device, a pipe, a socket.
/// @throws Error cannot_create when it is a folder
bool is_special(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return false;
    if (S_ISDIR(status.st_mode)) fail(Errc::cannot_create, "create", path, EISDIR);
    return !S_ISREG(status.st_mode);
}

/// Opens a new file beside `target` and completes its name in `temporary`.
int open_temporary(std::string& temporary, const std::string& path) {
    const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (file < 0) fail(Errc::cannot_create, "create", path, errno);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(file, 0666 & ~mask);
    return file;
}

}  // namespace

FileView FileView::open(const std::string& path, std::uint64_t limit) {
    const bool standard_input = path == "-";
    const Descriptor file(standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) fail(Errc::no_input, "open", path, errno);
    const std::string name = standard_input ? "<stdin>" : path;
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) fail(Errc::io, "read", name, errno);
    if (S_ISDIR(status.st_mode)) throw Error(Errc::no_input, fmt::format("'{}' is a folder", name));
    if (standard_input || !S_ISREG(status.st_mode)) return from_bytes(read_all(file.get(), name, limit), name);

    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > limit) throw Error(Errc::data, fmt::format("'{}' is larger than {} bytes", name, limit));
    if (size == 0) return from_bytes({}, name);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (memory == MAP_FAILED) fail(Errc::io, "map", name, errno);
    FileView view;
    view.bytes_ = {static_cast<const std::byte*>(memory), size};
    view.owner_ = std::shared_ptr<const void>(memory, [size](const void* mapped) {
        detail::forget_mapping({static_cast<const std::byte*>(mapped), size});
        ::munmap(const_cast<void*>(mapped), size);
    });
    detail::note_mapping(view.bytes_);
    view.name_ = name;
    return view;
}

FileView FileView::from_bytes(std::string bytes, std::string name) {
    auto content = std::make_shared<const std::string>(std::move(bytes));
    FileView view;
    view.bytes_ = std::as_bytes(std::span(content->data(), content->size()));
    view.owner_ = std::move(content);
    view.name_ = std::move(name);
    return view;
}

OutputFile::OutputFile(const std::string& path) : path_(path == "-" ? "<stdout>" : path) {
    if (path == "-") {
        file_ = STDOUT_FILENO;
    } else if (is_special(path)) {
        file_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (file_ < 0) fail(Errc::cannot_create, "write", path, errno);
    } else {
        std::error_code ignored;
        const std::filesystem::path linked = std::filesystem::weakly_canonical(path, ignored);
        target_ = linked.empty() ? path : linked.string();
        temporary_ = target_ + ".XXXXXX";
        file_ = open_temporary(temporary_, path);
    }
}

OutputFile::~OutputFile() {
    if (file_ > STDERR_FILENO) ::close(file_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view content) { write_all(file_, content, path_); }

void OutputFile::commit() {
    if (temporary_.empty()) return;
    if (::fsync(file_) != 0 && errno != EINVAL) fail(Errc::io, "write", path_, errno);
    if (::close(std::exchange(file_, -1)) != 0) fail(Errc::io, "write", path_, errno);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(Errc::cannot_create, "create", path_, errno);
    temporary_.clear();
}

void write_file(const std::string& path, std::string_view content) {
    OutputFile file(path);
    file.write(content);
    file.commit();
}

void require_creatable(const std::string& path) {
    // Opening a pipe for writing would wait for its reader, and end it when closed again.
    if (path != "-" && !is_special(path)) (void)OutputFile(path);
}

std::filesystem::path resolve_beside(const std::string& document, const std::string& path) {
    const std::filesystem::path written(path);
    if (written.is_absolute() || document == "-" || document == "<stdin>") return written;
    return std::filesystem::path(document).parent_path() / written;
}

std::string path_beside(const std::string& document, const std::string& path) {
    namespace fs = std::filesystem;
    if (document == "-" || document == "<stdin>" || path == "-" || fs::path(path).is_absolute()) return path;
    std::error_code failed;
    const fs::path folder = fs::absolute(document, failed).parent_path().lexically_normal();
    const fs::path relative = fs::absolute(path, failed).lexically_normal().lexically_relative(folder);
    return failed || relative.empty() ? path : relative.string();
}

}  // namespace convoy::util

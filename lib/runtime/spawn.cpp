#include "runtime/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include "util/clock.hpp"
#include "util/error.hpp"

namespace convoy::runtime {
namespace {

using util::Errc;
using util::Error;

constexpr util::Seconds kGoodbyePatience{3};
constexpr std::size_t kLongestReadyLine = 4096;

/// A pipe whose ends close with it.
struct Pipe {
    int read_end = -1;
    int write_end = -1;

    Pipe() {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw Error(Errc::io, fmt::format("cannot make a pipe: {}", strerror(errno)));
        read_end = ends[0];
        write_end = ends[1];
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        ::close(read_end);
        close_writer();
    }
    void close_writer() {
        if (write_end >= 0) ::close(std::exchange(write_end, -1));
    }
};

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments, int output) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    // A process group of its own: Ctrl-C reaches the coordinator alone, which then ends its workers in order.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    pid_t pid = -1;
    const int failure = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failure != 0)
        throw Error(Errc::unavailable, fmt::format("cannot start '{}': {}", program, std::strerror(failure)));
    return pid;
}

/// The first line that comes; empty when the process ends or the time is over before.
std::string read_line(int descriptor, const util::Deadline& deadline) {
    std::string line;
    while (!deadline.passed() && line.size() < kLongestReadyLine) {
        pollfd input{.fd = descriptor, .events = POLLIN, .revents = 0};
        if (::poll(&input, 1, static_cast<int>(deadline.left().count() * 1000) + 1) <= 0) continue;
        char letter = 0;
        const ssize_t got = ::read(descriptor, &letter, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return {};
        if (letter == '\n') return line;
        line += letter;
    }
    return {};
}

std::string url_of(const std::string& ready_line) {
    const std::string key = " url=";
    const std::size_t at = ready_line.find(key);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + key.size();
    return ready_line.substr(begin, ready_line.find(' ', begin) - begin);
}

}  // namespace

SpawnedWorker::SpawnedWorker(const std::string& program, const std::string& name,
                             const std::vector<std::string>& arguments, util::Seconds patience)
    : name_(name) {
    std::vector<std::string> all{program,   "--name",         name, "--listen", "tcp://127.0.0.1:0", "--one-off",
                                 "--quiet", "--idle-timeout", "60s"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Pipe pipe;
    pid_ = spawn(program, all, pipe.write_end);
    pipe.close_writer();
    url_ = url_of(read_line(pipe.read_end, util::Deadline(patience)));
    if (url_.empty()) {
        end();
        throw Error(Errc::unavailable, fmt::format("the worker '{}' started by --spawn is not ready", name));
    }
}

SpawnedWorker::SpawnedWorker(SpawnedWorker&& other) noexcept
    : name_(std::move(other.name_)), url_(std::move(other.url_)), pid_(std::exchange(other.pid_, -1)) {}

SpawnedWorker::~SpawnedWorker() { end(); }

void SpawnedWorker::end() {
    if (pid_ < 0) return;
    const pid_t pid = std::exchange(pid_, -1);
    const util::Deadline deadline(kGoodbyePatience);
    ::kill(pid, SIGTERM);
    ::kill(pid, SIGCONT);  // a stopped one would not hear it
    while (!deadline.passed()) {
        if (::waitpid(pid, nullptr, WNOHANG) != 0) return;
        ::usleep(5000);
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

std::string sibling_program(const std::string& name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

}  // namespace convoy::runtime

#include "cli/interruption.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "util/error.hpp"

namespace convoy::cli {
namespace {

// A signal handler can reach nothing else.
std::atomic<int> noted_signal{0};
std::atomic<int> event_descriptor{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void note_signal(int number) {
    const int saved = errno;
    noted_signal = number;
    const std::uint64_t one = 1;
    if (::write(event_descriptor, &one, sizeof one) < 0) errno = saved;  // the flag is enough for those who ask
    errno = saved;
}

void set_handler(void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interruption::Interruption() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw util::Error(util::Errc::io, "cannot make an event descriptor");
    assert(event_descriptor == -1);
    noted_signal = 0;
    event_descriptor = descriptor_;
    set_handler(note_signal, static_cast<int>(SA_RESETHAND));
}

Interruption::~Interruption() {
    set_handler(SIG_DFL, 0);
    event_descriptor = -1;
    ::close(descriptor_);
}

int Interruption::signal() noexcept { return noted_signal; }

void Interruption::wait() const {
    pollfd event{.fd = descriptor_, .events = POLLIN, .revents = 0};
    while (!requested()) ::poll(&event, 1, -1);
}

void Interruption::throw_if_requested() {
    if (requested()) throw util::Error(util::Errc::interrupted, "interrupted");
}

}  // namespace convoy::cli

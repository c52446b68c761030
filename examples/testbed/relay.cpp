// testbed-relay DEVICE_TAP HUB_TAP LINKS: delay, jitter and loss of what a device sends, where the kernel lacks netem.
//
// Makes two TAP interfaces in the network namespace that it runs in; they may be moved to others afterwards. What comes
// in at DEVICE_TAP leaves at HUB_TAP when its time has come, which depends on its IPv4 destination; everything else
// passes at once. LINKS holds "ADDRESS DELAY_MS JITTER_MS LOSS_PERCENT" lines and is read again on SIGHUP. Prints
// "ready" once both interfaces exist. Ends on SIGTERM and SIGINT, and the interfaces with it. Rates are not its
// business: the interfaces carry a queueing discipline for that.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "testbed/impairments.hpp"

namespace {

using namespace convoy::testbed;

constexpr int kUsage = 64;
constexpr int kBadFile = 65;
constexpr int kImpossible = 78;
constexpr std::size_t kLargestFrame = 65536;
constexpr int kFramesAtOnce = 64;  ///< read in a row before those that are due get their turn

volatile std::sig_atomic_t stop_asked = 0;
volatile std::sig_atomic_t reload_asked = 0;

Nanoseconds now() { return std::chrono::steady_clock::now().time_since_epoch(); }

/// -1, with a message, where the machine does not allow it.
int open_tap(const char* name) {
    const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (tap >= 0 && ioctl(tap, TUNSETIFF, &request) == 0) return tap;
    std::fprintf(stderr, "testbed-relay: error: TAP interface %s by /dev/net/tun: %s\n", name, std::strerror(errno));
    return -1;
}

/// Reads one frame; an empty span when there is none.
std::span<const std::uint8_t> read_frame(int tap, std::array<std::uint8_t, kLargestFrame>& buffer) {
    const ssize_t size = read(tap, buffer.data(), buffer.size());
    return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// A frame that the interface does not take is lost, as on a real link.
void write_frame(int tap, std::span<const std::uint8_t> frame) {
    [[maybe_unused]] const ssize_t written = write(tap, frame.data(), frame.size());
}

class Relay {
  public:
    Relay(int device, int hub, Impairments links) : device_(device), hub_(hub), links_(std::move(links)) {}

    void set_links(Impairments links) { links_ = std::move(links); }

    void forward_from_hub() {
        for (int i = 0; i < kFramesAtOnce; ++i) {
            const auto frame = read_frame(hub_, buffer_);
            if (frame.empty()) return;
            write_frame(device_, frame);
        }
    }

    void take_from_device() {
        for (int i = 0; i < kFramesAtOnce; ++i) {
            const auto frame = read_frame(device_, buffer_);
            if (frame.empty()) return;
            const auto destination = destination_of(frame);
            const auto link = destination ? links_.find(*destination) : links_.end();
            if (link == links_.end()) {
                write_frame(hub_, frame);
            } else {
                lines_.try_emplace(link->first, link->first).first->second.push(now(), link->second, frame);
            }
        }
    }

    /// Sends what is due. @return when the next frame is
    std::optional<Nanoseconds> send_due() {
        std::optional<Nanoseconds> next;
        for (auto& [address, line] : lines_) {
            while (const auto frame = line.pop(now())) write_frame(hub_, *frame);
            const auto due = line.next_due();
            if (due && (!next || *due < *next)) next = due;
        }
        return next;
    }

  private:
    int device_;
    int hub_;
    Impairments links_;
    std::map<Address, DelayLine> lines_;
    std::array<std::uint8_t, kLargestFrame> buffer_{};
};

std::optional<Impairments> read_links(const char* path) {
    std::ifstream file(path);
    auto links = file ? read_impairments(file) : std::nullopt;
    if (!links)
        std::fprintf(stderr, "testbed-relay: error: %s: not as ADDRESS DELAY_MS JITTER_MS LOSS_PERCENT\n", path);
    return links;
}

timespec time_until(Nanoseconds due) {
    const Nanoseconds left = std::max(due - now(), Nanoseconds::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

void run(Relay& relay, int device, int hub, const char* links_file, const sigset_t& while_waiting) {
    while (!stop_asked) {
        if (reload_asked) {
            reload_asked = 0;
            if (auto links = read_links(links_file)) relay.set_links(std::move(*links));
        }
        const auto next = relay.send_due();
        const timespec left = next ? time_until(*next) : timespec{};
        std::array<pollfd, 2> taps{pollfd{device, POLLIN, 0}, pollfd{hub, POLLIN, 0}};
        if (ppoll(taps.data(), taps.size(), next ? &left : nullptr, &while_waiting) <= 0) continue;
        if (taps[0].revents) relay.take_from_device();
        if (taps[1].revents) relay.forward_from_hub();
    }
}

/// Signals arrive only while waiting, so that none is missed between looking and waiting. @return the mask for that
sigset_t handle_signals() {
    const auto on = [](int signal, void (*handler)(int)) {
        struct sigaction action {};
        action.sa_handler = handler;
        sigaction(signal, &action, nullptr);
    };
    on(SIGTERM, [](int) { stop_asked = 1; });
    on(SIGINT, [](int) { stop_asked = 1; });
    on(SIGHUP, [](int) { reload_asked = 1; });
    sigset_t ours;
    sigset_t before;
    sigemptyset(&ours);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ours, signal);
    sigprocmask(SIG_BLOCK, &ours, &before);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigdelset(&before, signal);
    return before;
}

/// Timers to the microsecond, and ahead of the programs whose frames it carries. It works without, but late on a busy
/// machine.
void be_punctual() {
    prctl(PR_SET_TIMERSLACK, 1000UL);
    const sched_param lowest{.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_RR, &lowest) != 0) setpriority(PRIO_PROCESS, 0, -15);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: testbed-relay DEVICE_TAP HUB_TAP LINKS\n", stderr);
        return kUsage;
    }
    const sigset_t while_waiting = handle_signals();
    auto links = read_links(argv[3]);
    if (!links) return kBadFile;
    const int device = open_tap(argv[1]);
    const int hub = open_tap(argv[2]);
    if (device < 0 || hub < 0) return kImpossible;
    be_punctual();
    std::puts("ready");
    std::fflush(stdout);
    Relay relay(device, hub, std::move(*links));
    run(relay, device, hub, argv[3], while_waiting);
}

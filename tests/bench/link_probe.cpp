// link_probe listen PORT
// link_probe send ADDRESS PORT BYTES COUNT GAP_MS
//
// Messages over one TCP connection, one way, timed by the clock that all processes of a machine share: only for devices
// that are emulated on one machine. `send` prints the median time of a message from its first byte sent to its last
// byte received, the rate of all but the first fifth of the messages, which is what a link carries when GAP_MS is 0,
// and how much arrived from the first message's arrival to the last one's.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

struct Series {
    std::int64_t bytes;
    std::int64_t count;
};

constexpr std::int64_t kMostBytes = 1 << 30;
constexpr std::int64_t kMostMessages = 1 << 20;

std::int64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::int64_t number(const char* text, std::int64_t high) {
    std::int64_t value = 0;
    const char* end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, value);
    if (error != std::errc() || rest != end || value < 0 || value > high)
        throw std::invalid_argument(std::string("not a number that fits: ") + text);
    return value;
}

void send_all(int socket, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) fail("send");
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
}

/// False when the other end has closed.
bool receive_all(int socket, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t got = recv(socket, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 20), 0);
        if (got < 0) fail("receive");
        if (got == 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

void set_up(int socket) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// Receives one series and answers with the time at which each message was complete.
void serve(int socket) {
    set_up(socket);
    Series series{};
    if (!receive_all(socket, std::as_writable_bytes(std::span(&series, 1)))) return;
    if (series.bytes < 1 || series.bytes > kMostBytes || series.count < 1 || series.count > kMostMessages) return;
    std::vector<std::byte> message(static_cast<std::size_t>(series.bytes));
    std::vector<std::int64_t> arrivals;
    for (std::int64_t i = 0; i < series.count; ++i) {
        if (!receive_all(socket, message)) return;
        arrivals.push_back(now_ns());
    }
    send_all(socket, std::as_bytes(std::span(arrivals)));
}

int listen_forever(std::uint16_t port) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
    if (listen(listener, 64) != 0) fail("listen");
    std::puts("ready");
    std::fflush(stdout);
    while (true) {
        const int socket = accept(listener, nullptr, nullptr);
        if (socket < 0) fail("accept");
        std::thread([socket] {
            try {
                serve(socket);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "link_probe: %s\n", error.what());
            }
            close(socket);
        }).detach();
    }
}

int connect_to(const char* host, std::uint16_t port) {
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    set_up(connection);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) throw std::invalid_argument("not an IPv4 address");
    if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
    return connection;
}

void print_result(const Series& series, std::span<const std::int64_t> sent, std::span<const std::int64_t> arrived) {
    std::vector<std::int64_t> times(sent.size());
    std::transform(arrived.begin(), arrived.end(), sent.begin(), times.begin(), std::minus());
    std::sort(times.begin(), times.end());
    const std::size_t first = arrived.size() / 5;
    const double bits = 8.0 * static_cast<double>(series.bytes) * static_cast<double>(arrived.size() - 1 - first);
    const double seconds = static_cast<double>(arrived.back() - arrived[first]) / 1e9;
    std::printf("median_ms=%.3f rate_mbit_per_s=%.3f begin_s=%.6f end_s=%.6f mbit=%.6f\n",
                static_cast<double>(times[times.size() / 2]) / 1e6, seconds > 0 ? bits / seconds / 1e6 : 0,
                static_cast<double>(arrived.front()) / 1e9, static_cast<double>(arrived.back()) / 1e9,
                8.0 * static_cast<double>(series.bytes) * static_cast<double>(arrived.size() - 1) / 1e6);
}

int send_series(const char* host, std::uint16_t port, const Series& series, std::chrono::milliseconds gap) {
    const int socket = connect_to(host, port);
    send_all(socket, std::as_bytes(std::span(&series, 1)));
    const std::vector<std::byte> message(static_cast<std::size_t>(series.bytes));
    std::vector<std::int64_t> sent;
    for (std::int64_t i = 0; i < series.count; ++i) {
        if (gap.count() > 0) std::this_thread::sleep_for(gap);
        sent.push_back(now_ns());
        send_all(socket, message);
    }
    std::vector<std::int64_t> arrived(sent.size());
    if (!receive_all(socket, std::as_writable_bytes(std::span(arrived)))) throw std::runtime_error("closed too early");
    print_result(series, sent, arrived);
    return 0;
}

int run(std::span<char*> arguments) {
    constexpr std::int64_t kMostGap = 60000;
    const std::string word = arguments.size() > 1 ? arguments[1] : "";
    if (word == "listen" && arguments.size() == 3)
        return listen_forever(static_cast<std::uint16_t>(number(arguments[2], UINT16_MAX)));
    if (word == "send" && arguments.size() == 7) {
        const Series series{number(arguments[4], kMostBytes), number(arguments[5], kMostMessages)};
        return send_series(arguments[2], static_cast<std::uint16_t>(number(arguments[3], UINT16_MAX)), series,
                           std::chrono::milliseconds(number(arguments[6], kMostGap)));
    }
    std::fputs("usage: link_probe listen PORT | send ADDRESS PORT BYTES COUNT GAP_MS\n", stderr);
    return 64;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv, static_cast<std::size_t>(argc)});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "link_probe: error: %s\n", error.what());
        return 69;
    }
}

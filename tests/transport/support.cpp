#include "support.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "util/log.hpp"

namespace transport_test {

namespace {

// Refused connections are the point of many tests; set before any thread runs.
const bool quiet = [] {
    util::set_log(util::LogLevel::error, "test");
    return true;
}();

void wait_readable(int descriptor) {
    pollfd wait{descriptor, POLLIN, 0};
    if (::poll(&wait, 1, 20000) != 1) throw std::runtime_error("no bytes came in time");
}

}  // namespace

RawSocket::RawSocket(const std::string& url) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("cannot connect");
}

void RawSocket::send(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
}

std::vector<std::byte> RawSocket::receive(std::size_t count) const {
    std::vector<std::byte> bytes(count);
    std::size_t have = 0;
    while (have < count) {
        wait_readable(descriptor_);
        const auto got = ::recv(descriptor_, bytes.data() + have, count - have, 0);
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

bool RawSocket::ended() const {
    std::byte drop[4096];
    for (;;) {
        wait_readable(descriptor_);
        if (::recv(descriptor_, drop, sizeof drop, 0) <= 0) return true;
    }
}

void RawSocket::introduce() const {
    send(frame({.kind = Kind::hello}, transport::encode(Hello{.name = "raw"})));
    const auto header = transport::decode_header(receive(transport::kFixedHeaderSize), {});
    if (header.kind != Kind::hello_ack) throw std::runtime_error("no hello_ack");
    (void)receive(header.payload_bytes);
}

void RawSocket::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

std::vector<std::byte> frame(Header header, std::span<const std::byte> payload) {
    header.payload_bytes = payload.size();
    auto bytes = transport::encode(header);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

std::vector<std::byte> pattern(std::size_t size, std::uint64_t seed) {
    std::vector<std::byte> bytes(size);
    std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (auto& byte : bytes) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        byte = static_cast<std::byte>(state >> 56);
    }
    return bytes;
}

}  // namespace transport_test

#pragma once

#include <arpa/inet.h>

#include <cmath>
#include <istream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "testbed/delay_line.hpp"

namespace convoy::testbed {

/// IPv4 address as it stands in a frame.
using Address = std::uint32_t;
using Impairments = std::map<Address, Impairment>;

inline std::optional<Nanoseconds> milliseconds(double value) {
    constexpr double kLongest = 60e3;
    if (!std::isfinite(value) || value < 0 || value > kLongest) return std::nullopt;
    return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double, std::milli>(value));
}

/// Reads "ADDRESS DELAY_MS JITTER_MS LOSS_PERCENT", one destination a line. Nothing when a line is anything else.
inline std::optional<Impairments> read_impairments(std::istream& text) {
    Impairments impairments;
    for (std::string line; std::getline(text, line);) {
        std::istringstream words(line);
        std::string name;
        double delay = 0;
        double jitter = 0;
        double loss = 0;
        in_addr address{};
        if (!(words >> name >> delay >> jitter >> loss) || inet_pton(AF_INET, name.c_str(), &address) != 1)
            return std::nullopt;
        const auto delay_time = milliseconds(delay);
        const auto jitter_time = milliseconds(jitter);
        if (!delay_time || !jitter_time || !(loss >= 0 && loss <= 100)) return std::nullopt;
        impairments[address.s_addr] = {*delay_time, *jitter_time, loss / 100};
    }
    return impairments;
}

/// The IPv4 destination of an Ethernet frame; nothing for other frames, such as ARP.
inline std::optional<Address> destination_of(std::span<const std::uint8_t> frame) {
    constexpr std::size_t kEthernetHeader = 14;
    constexpr std::size_t kDestination = kEthernetHeader + 16;
    if (frame.size() < kEthernetHeader + 20 || frame[12] != 0x08 || frame[13] != 0x00) return std::nullopt;
    Address address = 0;
    std::copy_n(frame.data() + kDestination, sizeof address, reinterpret_cast<std::uint8_t*>(&address));
    return address;
}

}  // namespace convoy::testbed

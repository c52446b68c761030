#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "transport/frame.hpp"

namespace convoy::transport {

/// Messages and bytes of one kind, or of all.
struct Traffic {
    std::uint64_t messages{};
    std::uint64_t payload_bytes{};
    std::uint64_t header_bytes{};
    Traffic& operator+=(const Traffic& other);
    bool operator==(const Traffic&) const = default;
};

/// What crossed in one direction after the hellos, by kind; a message counts when its last byte crossed.
struct TrafficByKind {
    std::array<Traffic, 32> kinds{};  ///< index: the number of the kind
    [[nodiscard]] const Traffic& of(Kind kind) const { return kinds[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] Traffic total() const;
};

/// Counts what crosses in one direction. Thread-safe.
class Meter {
  public:
    void add(Kind kind, std::uint64_t header_bytes, std::uint64_t payload_bytes);
    [[nodiscard]] TrafficByKind read() const;

  private:
    mutable std::mutex mutex_;
    TrafficByKind traffic_;
};

}  // namespace convoy::transport

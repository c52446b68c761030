#pragma once

#include <vector>

#include "latency/bed.hpp"

namespace convoy::partition::detail {

/// One message until it has arrived; nothing for a device's own.
[[nodiscard]] util::Seconds message_time(const latency::Bed& bed, std::size_t from, std::size_t to, util::Bytes bytes);

/// Messages that are all sent at the same time, as an estimate: each occupies the interfaces of its sender and its
/// receiver, or the one medium, for its start-up and bytes; nothing else overlaps.
class Traffic {
  public:
    explicit Traffic(const latency::Bed& bed);

    /// Nothing for no bytes, or a device's own.
    void carry(std::size_t from, std::size_t to, util::Bytes bytes);
    /// Until the last one has arrived.
    [[nodiscard]] util::Seconds duration() const;
    [[nodiscard]] std::size_t messages() const noexcept { return messages_; }
    /// Without messages again, for less than a new one costs where there are many devices.
    void clear();

  private:
    const latency::Bed& bed_;
    std::vector<std::size_t> busy_;  ///< devices, some more than once
    std::size_t messages_ = 0;
    std::vector<util::Seconds> out_;
    std::vector<util::Seconds> in_;
    util::Seconds longest_delay_{};
    util::Seconds all_{};
};

}  // namespace convoy::partition::detail

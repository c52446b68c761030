#pragma once

#include <vector>

#include "latency/bed.hpp"

namespace convoy::partition::detail {

/// Messages that are sent at the same time, for estimates: every interface, or the one medium, is busy for their sum.
class Traffic {
  public:
    explicit Traffic(const latency::Bed& bed);

    /// A message; none without bytes, or to oneself. @param from, to  devices of the bed
    void carry(std::size_t from, std::size_t to, util::Bytes bytes);
    /// Until the last one has arrived.
    [[nodiscard]] util::Seconds duration() const;

  private:
    const latency::Bed& bed_;
    std::vector<util::Seconds> out_;  ///< by device
    std::vector<util::Seconds> in_;
    util::Seconds longest_delay_{};
    util::Seconds all_{};
};

}  // namespace convoy::partition::detail

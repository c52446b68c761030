#pragma once

#include <vector>

#include "partition/chain.hpp"
#include "partition/slices.hpp"

namespace convoy::partition::detail {

/// A chain whose first `cut` blocks run on the source and the others on a server.
struct Split {
    std::size_t cut = 0;
    std::size_t server = 0;  ///< of the bed
    util::Seconds client{};
    util::Seconds up{};  ///< the tensor between the two
    util::Seconds server_time{};
    util::Seconds down{};  ///< the outputs on their way to the sink
    [[nodiscard]] util::Seconds latency() const noexcept { return client + up + server_time + down; }
};

/// Every split between the source and one server, all on the server first, all on the source last. O(blocks).
[[nodiscard]] std::vector<Split> splits_of(const Problem& problem, Slices& slices, const std::vector<Block>& chain,
                                           std::size_t server);

}  // namespace convoy::partition::detail

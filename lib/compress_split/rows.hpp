#pragma once

#include <optional>
#include <string>

#include "compress_split/score.hpp"
#include "cost/compression.hpp"
#include "partition/strategy.hpp"

namespace convoy::compress_split {

/// What a plan is predicted to do.
/// @param jpeg  bytes of an image as JPEG, where that is known
[[nodiscard]] cost::CompressionRow row_of(std::string method, const partition::Problem& problem,
                                          const partition::Proposal& proposal, std::optional<util::Bytes> jpeg);

/// A score as it is written down.
[[nodiscard]] cost::CompressionScore written(const Score& score);

}  // namespace convoy::compress_split

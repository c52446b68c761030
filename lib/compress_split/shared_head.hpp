#pragma once

#include <optional>

#include "compress_split/cuts.hpp"

namespace convoy::compress_split {

/// The same cut, the layers in front of it shared by the source and further devices in rows: the first of them in one
/// stage, as many as it pays for, the others on the source. Rows go by the devices' speeds, halos included.
///
/// @return the fastest such plan that fits into memory, where it is faster than the source alone; else nothing
[[nodiscard]] std::optional<partition::Proposal> with_shared_head(const partition::Problem& problem,
                                                                  const Placed& alone, InputCodec input);

}  // namespace convoy::compress_split

#pragma once

#include <vector>

#include "engine/records.hpp"
#include "samples/profile.hpp"

namespace convoy::engine {

/// Times encoding for the network, and decoding, of float32 tensors of 16 KB to 4 MB by every codec; of fp32 that is
/// the copy. On the calling thread, as devices do it. Encoders and decoders take turns, and a tensor is written just
/// before it is encoded: caches are as they are between the pieces of a plan.
///
/// @param most  ends it; what has no time by then is left out
[[nodiscard]] std::vector<samples::CodecSample> time_codecs(const Enough& enough, util::Seconds most);

}  // namespace convoy::engine

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compress/candidates.hpp"
#include "compress_split/score.hpp"
#include "partition/strategy.hpp"
#include "util/units.hpp"

namespace convoy::compress_split {

/// One way to run a model on an edge device and a cloud, in numbers.
struct Row {
    std::string method;  ///< "edge-only", "ours", ...
    std::string cut;     ///< tensors that cross to the device behind it, "+" between; "input", "output": none
    std::string codec;   ///< of them; empty where nothing crosses
    compress::Size size;
    util::Seconds latency{};   ///< predicted, of one frame
    util::Seconds edge{};      ///< computing on the source
    util::Seconds transfer{};  ///< all of the latency that is neither of them
    util::Seconds cloud{};     ///< computing behind the cut
    util::Bytes bytes;         ///< that cross
    std::optional<Score> score;
    /// Where the input crosses: the latency if it did as JPEG, or as float32.
    std::optional<util::Seconds> latency_jpeg;
    std::optional<util::Seconds> latency_float32;
    std::string note;  ///< why there are no numbers; empty: there are
};

/// What a plan is predicted to do.
/// @param jpeg  bytes of an image as JPEG, where that is known
[[nodiscard]] Row row_of(std::string method, const partition::Problem& problem, const partition::Proposal& proposal,
                         std::optional<util::Bytes> jpeg);

}  // namespace convoy::compress_split

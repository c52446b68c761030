#pragma once

#include <string>

#include "cost/prediction.hpp"

namespace convoy::cost {

/// What a plan's latency goes into, in half a sentence without a full stop, the most important cause first:
/// "transfers take 63 % of the critical path (41 of 65 ms), of it 12 ms start-up".
[[nodiscard]] std::string explain(const Prediction& plan);

/// Why a plan is not faster than one device, for "one device is faster, because ...": its transfers, or computing that
/// is no shorter than the device's (halos, replicas, slower devices). The same when it is faster, for what it could be.
[[nodiscard]] std::string explain(const Prediction& plan, const Prediction& one_device);

}  // namespace convoy::cost

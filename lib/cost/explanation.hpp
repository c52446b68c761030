#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cost/prediction.hpp"

namespace convoy::cost {

/// What one device does for a frame alone.
struct DeviceUse {
    std::string name;
    util::Seconds compute{};
    util::Seconds send{};     ///< its interface is occupied: start-ups and bytes
    util::Seconds receive{};  ///< bytes
};

/// Something that could be better, and the latency then.
struct Remedy {
    std::string change;                        ///< "rates doubled"
    std::optional<util::Seconds> same_plan{};  ///< nothing, where the plan would not notice or not fit
    std::optional<util::Seconds> replanned{};  ///< nothing, where the strategy has no plan then
};

/// Where the time of one plan goes, and what would help.
struct Explanation {
    std::string strategy;
    std::string model_file;
    std::string cluster_file;
    Prediction prediction;
    std::vector<std::string> stages;  ///< of the first frame's route: what each computes
    std::vector<DeviceUse> devices;   ///< as in the plan
    std::string best_device;          ///< the fastest single device, transfers counted; empty: none has the memory
    std::optional<util::Seconds> best_device_latency;
    util::Seconds lower_bound{};
    std::vector<Remedy> remedies;  ///< what helps most first
};

}  // namespace convoy::cost

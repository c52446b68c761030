#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "latency/fit.hpp"
#include "latency/model.hpp"

// Fits the model of one operator type with one number of threads.
namespace convoy::latency::detail {

struct Sample {
    std::string shape;  ///< of the whole layer: samples of one shape are held out together
    const samples::LayerSample* measured;
    double pace = 1;  ///< relative to the device's usual one
};

struct Group {
    std::string type;
    int threads = 1;
    std::vector<Sample> samples;  ///< not empty

    [[nodiscard]] bool has_loads() const;
    [[nodiscard]] bool has_paces() const;      ///< ones that clearly differ
    [[nodiscard]] std::size_t shapes() const;  ///< how many different ones
};

/// @param overhead  of a piece, which each sample's time includes
/// @throws Error data, for times or features that are not finite or not positive
[[nodiscard]] OperatorModel fit_operator(const Group& group, util::Seconds overhead, const FitOptions& options);

}  // namespace convoy::latency::detail

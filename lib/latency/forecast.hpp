#pragma once

#include <optional>
#include <string>
#include <vector>

#include "latency/model.hpp"

namespace convoy::latency {

/// One operator of a model as it is predicted on a device, whole.
struct Forecast {
    std::string op;
    std::string type;
    util::Flops flops;
    util::Bytes bytes;  ///< of inputs, outputs and weights
    util::Seconds time{};
    bool fallback = false;                   ///< nothing of the type was sampled
    std::optional<double> uncertainty = {};  ///< ratio by which 90 % of the held-out predictions were off at most
};

/// A model as one piece on a device. File kind `forecast`.
struct ModelForecast {
    std::string device;
    std::string model;
    Conditions conditions;
    util::Seconds piece_overhead{};
    std::vector<Forecast> operators;  ///< in the graph's order
    [[nodiscard]] util::Seconds latency() const;
    [[nodiscard]] util::Flops flops() const;
    [[nodiscard]] util::Bytes bytes() const;
    /// As if all operators were off in the same direction; operators whose uncertainty is not known do not count.
    [[nodiscard]] double uncertainty() const;
};
[[nodiscard]] ModelForecast forecast(const DeviceModel& model, const graph::Graph& graph, const Conditions& conditions);

[[nodiscard]] const yaml::DocumentKind& forecast_kind();
[[nodiscard]] std::string write_forecast(const ModelForecast& forecast, yaml::Format format = yaml::Format::yaml);

}  // namespace convoy::latency

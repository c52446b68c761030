#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/calculus.hpp"
#include "samples/profile.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::latency {

/// How well predictions meet measurements.
struct Accuracy {
    std::int64_t samples = 0;
    double mape = 0;       ///< mean absolute percentage error, as a ratio
    double r2 = 0;         ///< coefficient of determination
    double within_10 = 0;  ///< share of predictions within 10 % of the measurement
    double within_20 = 0;
    bool operator==(const Accuracy&) const = default;
};
/// Both of the same length, measured > 0. Empty gives zeros.
[[nodiscard]] Accuracy accuracy(std::span<const double> measured, std::span<const double> predicted);
[[nodiscard]] const yaml::Schema& accuracy_schema();
[[nodiscard]] yaml::Value to_value(const Accuracy& accuracy);
[[nodiscard]] Accuracy read_accuracy(const yaml::Reader& reader);

/// The model of one operator type on one device with one number of threads.
struct OperatorModel {
    std::string type;  ///< samples::operator_type
    int threads = 1;
    std::string algorithm;              ///< "least_squares"
    std::vector<std::string> features;  ///< names, latency/features.hpp
    std::vector<double> parameters;     ///< in the algorithm's own form
    double largest_load = 0;            ///< of the samples: beyond it the load's effect is an extrapolation
    std::optional<Accuracy> held_out;   ///< by cross-validation; empty when there were too few layers for it
    bool operator==(const OperatorModel&) const = default;
};

/// The circumstances of a prediction.
struct Conditions {
    double load = 0;  ///< CPU load by others, 0 to below 1
    int threads = 1;
};

/// FCPM: how long pieces of operators take on one device. Immutable; thread-safe.
///
/// Source: FCPM of the OFPM thesis (Shen, 2023): per device and layer type, features FLOPs and CPU load. We differ:
/// coefficients are not negative, so that predictions are positive and never fall when FLOPs or load grow; errors are
/// weighted relatively, since layers last from microseconds to seconds; memory traffic may be a feature.
class DeviceModel {
  public:
    struct Parts {
        samples::Context context;
        util::Seconds piece_overhead{};  ///< of each piece, beside its operators
        std::vector<OperatorModel> operators;
    };
    explicit DeviceModel(Parts parts) : parts_(std::move(parts)) {}
    /// A device of which only its rate is known: FLOPs over rate, whatever the operator.
    [[nodiscard]] static DeviceModel of_rate(util::FlopsPerSecond rate);

    [[nodiscard]] const samples::Context& context() const noexcept { return parts_.context; }
    [[nodiscard]] const std::vector<OperatorModel>& operators() const noexcept { return parts_.operators; }
    [[nodiscard]] util::Seconds piece_overhead() const noexcept { return parts_.piece_overhead; }

    /// Time of one operator as part of a piece: positive, and never less for more FLOPs, bytes or load.
    ///
    /// A number of threads that was not sampled takes the model of the nearest one. An operator type that was not
    /// sampled takes the slowest rate of those that were (see fallback()).
    [[nodiscard]] util::Seconds predict(const samples::WorkShape& work, const Conditions& conditions) const;
    [[nodiscard]] util::Seconds predict(const graph::Graph& graph, const graph::Work& work,
                                        const Conditions& conditions) const;
    /// Whether a type's predictions are a fallback, because nothing of it was sampled.
    [[nodiscard]] bool fallback(const std::string& type) const noexcept;

  private:
    Parts parts_;
};

[[nodiscard]] const yaml::DocumentKind& latency_kind();
/// @throws Error data: unknown algorithm or feature, parameters that are negative, not finite or too few
[[nodiscard]] DeviceModel read_latency(const util::FileView& file);
[[nodiscard]] std::string write_latency(const DeviceModel& model, yaml::Format format = yaml::Format::yaml);
/// SHA-256 of what predictions depend on: not context, errors, comments or layout.
[[nodiscard]] std::string planning_hash(const DeviceModel& model);

}  // namespace convoy::latency

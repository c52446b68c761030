#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/calculus.hpp"
#include "latency/features.hpp"
#include "latency/pace.hpp"
#include "samples/profile.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::latency {

struct Algorithm;

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

/// A factor on the times of the least-squares form, learnt by another algorithm from the shape of the work.
struct Correction {
    std::vector<std::string> features;  ///< names, latency/features.hpp
    std::vector<double> low;            ///< of each feature, the least sampled value
    std::vector<double> high;
    double least = 0;                ///< logarithm of the least factor
    double most = 0;                 ///< logarithm of the largest
    std::vector<double> parameters;  ///< in the algorithm's own form, latency/algorithm.hpp
    bool operator==(const Correction&) const = default;
};
inline constexpr double kLargestLogFactor = 10;

/// How well an algorithm predicted layers that were held out.
struct Trial {
    std::string algorithm;
    Accuracy held_out;
    bool operator==(const Trial&) const = default;
};

/// The model of one operator type on one device with one number of threads: a sum of features, and perhaps a correction
/// of it.
struct OperatorModel {
    std::string type;  ///< samples::operator_type
    int threads = 1;
    std::string algorithm;                      ///< "least_squares", or how the correction was learnt
    std::vector<std::string> features;          ///< names, latency/features.hpp
    std::vector<double> parameters;             ///< the features' coefficients
    double largest_load = 0;                    ///< of the samples: beyond it the load's effect is an extrapolation
    std::optional<Accuracy> held_out;           ///< by cross-validation; empty when there
                                                ///< were too few layers for it
    std::optional<double> uncertainty = {};     ///< 90 % of the held-out predictions were off by this ratio or less
    std::optional<Correction> correction = {};  ///< empty with least_squares
    std::vector<Trial> trials = {};             ///< every algorithm that was compared, the simpler first
    bool operator==(const OperatorModel&) const = default;
};

/// The circumstances of a prediction.
struct Conditions {
    double load = 0;  ///< CPU load by others, 0 to below 1
    int threads = 1;
    /// At which the device works, as samples have it; empty: its usual one.
    std::optional<util::FlopsPerSecond> pace = {};
};

/// Works between two, number by number.
struct WorkRange {
    samples::WorkShape least;
    samples::WorkShape most;
};

/// FCPM: how long pieces of operators take on one device. Immutable; thread-safe.
///
/// Source: FCPM of the OFPM thesis (Shen, 2023): per device and layer type, features FLOPs and CPU load. We differ:
/// coefficients are not negative, so that predictions are positive and never fall when FLOPs or load grow; errors are
/// weighted relatively, since layers last from microseconds to seconds; memory traffic may be a feature. Other
/// algorithms do not replace this form but correct it by a factor, which is bounded and stays the same beyond the
/// sampled shapes: there predictions do not fall when FLOPs grow either.
class DeviceModel {
  public:
    struct Parts {
        samples::Context context;
        util::Seconds piece_overhead{};  ///< of each piece, beside its operators
        std::vector<OperatorModel> operators;
        FeatureSet features = FeatureSet::all;    ///< that the fit could look at
        std::vector<UsualPace> usual_paces = {};  ///< what paces are relative to, by threads and load; may be empty
    };
    /// @throws Error internal, for models that read_latency() would refuse
    explicit DeviceModel(Parts parts);
    /// A device of which only its rate is known: FLOPs over rate, whatever the operator.
    [[nodiscard]] static DeviceModel of_rate(util::FlopsPerSecond rate);

    [[nodiscard]] const samples::Context& context() const noexcept { return parts_.context; }
    [[nodiscard]] const std::vector<OperatorModel>& operators() const noexcept { return parts_.operators; }
    [[nodiscard]] FeatureSet features() const noexcept { return parts_.features; }
    [[nodiscard]] const std::vector<UsualPace>& usual_paces() const noexcept { return parts_.usual_paces; }
    [[nodiscard]] util::Seconds piece_overhead() const noexcept { return parts_.piece_overhead; }

    /// Time of one operator as part of a piece: positive; without a correction never less for more FLOPs, bytes or
    /// load, with one never less for more FLOPs than were sampled. No allocation; microseconds.
    ///
    /// A number of threads that was not sampled takes the model of the nearest one. An operator type that was not
    /// sampled takes the slowest rate of those that were (see fallback()). A pace counts where both the conditions and
    /// the model have some.
    [[nodiscard]] util::Seconds predict(const samples::WorkShape& work, const Conditions& conditions) const;
    [[nodiscard]] util::Seconds predict(const graph::Graph& graph, const graph::Work& work,
                                        const Conditions& conditions) const;
    /// What predict() does not go below for any work of the type with at least these FLOPs and bytes: the form without
    /// its correction, times the least factor. With `range` the least of the works in there, which may be larger.
    [[nodiscard]] util::Seconds predict_least(const samples::WorkShape& work, const Conditions& conditions,
                                              const WorkRange* range = nullptr) const;
    /// The ratio by which 90 % of held-out predictions of a type were off at most; nothing where that is not known.
    [[nodiscard]] std::optional<double> uncertainty(const std::string& type, int threads) const;
    /// Whether a type's predictions are a fallback, because nothing of it was sampled.
    [[nodiscard]] bool fallback(const std::string& type) const noexcept;

  private:
    /// What the names in an operator's model stand for.
    struct Resolved {
        std::vector<const Feature*> features;
        const Algorithm* algorithm = nullptr;
        std::vector<const Feature*> correction;
    };
    struct Estimate {
        bool least = false;                ///< else the expected time
        const WorkRange* range = nullptr;  ///< of works that the least one is asked of; nullptr: any
    };
    [[nodiscard]] static Resolved resolve(const OperatorModel& model);
    [[nodiscard]] const OperatorModel* nearest(const std::string& type, int threads) const noexcept;
    [[nodiscard]] util::Seconds evaluate(const OperatorModel& model, const samples::WorkShape& work,
                                         const DeviceState& state, const Estimate& estimate) const;
    [[nodiscard]] util::Seconds predict(const samples::WorkShape& work, const Conditions& conditions,
                                        const Estimate& estimate) const;

    Parts parts_;
    std::vector<Resolved> resolved_;  ///< of each operator's model
};

[[nodiscard]] const yaml::DocumentKind& latency_kind();
/// @throws Error data: unknown algorithm or feature, parameters that are negative, not finite or too few
[[nodiscard]] DeviceModel read_latency(const util::FileView& file);
[[nodiscard]] std::string write_latency(const DeviceModel& model, yaml::Format format = yaml::Format::yaml);
/// SHA-256 of what predictions depend on: not context, errors, comments or layout.
[[nodiscard]] std::string planning_hash(const DeviceModel& model);

}  // namespace convoy::latency

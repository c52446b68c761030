#pragma once

#include <string>
#include <vector>

#include "latency/model.hpp"

namespace convoy::latency {

/// Predictions of one operator type against measurements. `type` is "all" for all of them.
struct EvaluationRow {
    std::string type;
    Accuracy accuracy;
    bool fallback = false;  ///< nothing of the type was sampled when the model was fitted
    bool operator==(const EvaluationRow&) const = default;
};

/// The whole model as one piece, under one load: measured, and as the sum of its operators' predictions.
struct WholeModelRow {
    double load = 0;
    int threads = 1;
    util::Seconds measured{};
    util::Seconds predicted{};
    bool operator==(const WholeModelRow&) const = default;
};

/// How well a latency model meets a profile that it was not fitted to. File kind `evaluation`.
struct Evaluation {
    std::string device;                ///< of the latency model
    std::string model;                 ///< file that was profiled; empty: none
    std::vector<EvaluationRow> types;  ///< by name, then "all"
    std::vector<WholeModelRow> whole_model;
    bool operator==(const Evaluation&) const = default;
};

/// @throws Error data when the profile holds no layer samples
[[nodiscard]] Evaluation evaluate(const DeviceModel& model, const samples::Profile& profile);

[[nodiscard]] const yaml::DocumentKind& evaluation_kind();
[[nodiscard]] Evaluation read_evaluation(const util::FileView& file);
[[nodiscard]] std::string write_evaluation(const Evaluation& evaluation, yaml::Format format = yaml::Format::yaml);

}  // namespace convoy::latency

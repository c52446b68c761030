#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "latency/model.hpp"

namespace convoy::latency {

/// Predictions of one operator type against measurements. `type` is "all" for all of them.
struct EvaluationRow {
    std::string type;
    Accuracy accuracy;
    bool fallback = false;       ///< nothing of the type was sampled when the model was fitted
    std::string algorithm = {};  ///< of the type's model; empty: none, or several
    bool operator==(const EvaluationRow&) const = default;
};

/// Predictions for one load, by what was asked of the load generator.
struct LoadRow {
    double load = 0;
    Accuracy accuracy;
    bool operator==(const LoadRow&) const = default;
};

/// Predictions of one way to fit, of one operator type or "all".
struct MethodRow {
    std::string algorithm;  ///< a name, or "auto"
    std::string features;   ///< latency::FeatureSet
    std::string type;
    Accuracy accuracy;
    bool operator==(const MethodRow&) const = default;
};

/// The whole model as one piece, under one load: measured, and as the sum of its operators' predictions.
struct WholeModelRow {
    double load = 0;
    int threads = 1;
    util::Seconds measured{};
    util::Seconds predicted{};
    std::string model = {};  ///< empty: the evaluation's only one
    bool operator==(const WholeModelRow&) const = default;
};

/// How well a latency model meets a profile that it was not fitted to. File kind `evaluation`.
struct Evaluation {
    std::string device;                ///< of the latency model
    std::string model;                 ///< file that was profiled; empty: none
    std::vector<EvaluationRow> types;  ///< by name, then "all"
    std::vector<WholeModelRow> whole_model;
    std::vector<LoadRow> loads = {};
    std::vector<MethodRow> methods = {};  ///< empty unless ways to fit were compared
    bool operator==(const Evaluation&) const = default;
};

/// Each sample, and each whole model, is predicted at the pace of the device at which it was measured.
/// @throws Error data when the profile holds no layer samples
[[nodiscard]] Evaluation evaluate(const DeviceModel& model, const samples::Profile& profile);

/// How well models are predicted that were never profiled: each model in turn is left out, together with every layer of
/// the others that has the shape of one of its layers, and predicted from what is left. Types, loads and whole models
/// are those of the automatic choice; `methods` compares it with every algorithm, and with FLOPs and load alone.
/// Profiles without a model, of synthetic layers, are always learnt from and never predicted. Predictions are at the
/// pace of each sample, as in evaluate().
///
/// @throws Error data: profiles of fewer than two models, of different devices, or nothing left to learn from
[[nodiscard]] Evaluation leave_one_model_out(std::span<const samples::Profile> profiles, std::uint64_t seed);

[[nodiscard]] const yaml::DocumentKind& evaluation_kind();
[[nodiscard]] Evaluation read_evaluation(const util::FileView& file);
[[nodiscard]] std::string write_evaluation(const Evaluation& evaluation, yaml::Format format = yaml::Format::yaml);

}  // namespace convoy::latency

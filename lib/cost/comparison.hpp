#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cost/prediction.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::cost {

/// One strategy's plan in numbers.
struct ComparisonRow {
    std::string strategy;
    util::Seconds latency{};
    double ratio_to_bound = 0;  ///< latency over the lower bound: at least 1
    /// Latency over that of the best single device: below 1 the plan is faster. Empty when there is none.
    std::optional<double> ratio_to_best_device;
    util::Bytes bytes;  ///< payload per frame
    std::int64_t messages = 0;
    std::int64_t rounds = 0;
    util::Flops redundant;
    util::Bytes peak_memory;  ///< of the device that needs most
    double throughput_per_s = 0;
    std::optional<util::Joules> energy;  ///< per frame
    std::string note;                    ///< one sentence for the user; empty: none
    bool operator==(const ComparisonRow&) const = default;
};

/// A strategy that made no plan.
struct LeftOut {
    std::string strategy;
    std::string reason;
    bool operator==(const LeftOut&) const = default;
};

/// Strategies side by side, on one model and one cluster. File kind `comparison`.
struct Comparison {
    std::string generator;  ///< "convoy-partition 0.1.0"; empty: not said
    std::string model_file;
    std::string model_sha256;
    std::string cluster_file;
    util::Seconds lower_bound{};
    std::string best_device;  ///< the single device that is fastest, transfers counted; empty: none has the memory
    std::optional<util::Seconds> best_device_latency;
    std::vector<ComparisonRow> strategies;
    std::vector<LeftOut> left_out;
    bool operator==(const Comparison&) const = default;
};

/// A plan's row. A bound, or a best device, of time 0 gives the ratio 1.
/// @param best_device  empty when the model fits into no single device
[[nodiscard]] ComparisonRow compare(std::string strategy, const Prediction& prediction, util::Seconds lower_bound,
                                    std::optional<util::Seconds> best_device);

[[nodiscard]] const yaml::DocumentKind& comparison_kind();
/// @throws Error data, with line and column, for what is not a comparison
[[nodiscard]] Comparison read_comparison(const util::FileView& file);
/// Times to the nanosecond, ratios to a millionth.
[[nodiscard]] std::string write_comparison(const Comparison& comparison, yaml::Format format = yaml::Format::yaml);

}  // namespace convoy::cost

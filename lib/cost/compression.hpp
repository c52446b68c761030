#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "util/file.hpp"
#include "util/units.hpp"
#include "yaml/document.hpp"

namespace convoy::cost {

/// What an accuracy budget is about.
enum class Metric : std::uint8_t {
    accuracy,        ///< share of images whose best class is their label
    agreement,       ///< share of images whose best class is the original model's: without labels
    relative_error,  ///< of the output, |y - y0| / |y0|: where the output is no vector of classes
};
[[nodiscard]] const char* to_string(Metric metric) noexcept;

/// What compressing did to a model's outputs, on images that it was not fitted to.
struct CompressionScore {
    std::optional<double> accuracy;   ///< share of images whose best class is their label; with labels
    std::optional<double> agreement;  ///< share of images whose best class is the original's; with classes
    double relative_error = 0;        ///< of the outputs, mean over the images
    double drop = 0;                  ///< what the metric lost: 0.01 is one point
    double drop_error = 0;            ///< its standard error
    bool operator==(const CompressionScore&) const = default;
};

/// One way to run a model on an edge device and a cloud, in numbers.
struct CompressionRow {
    std::string method;  ///< "edge-only", "ours", ...
    std::string cut;     ///< tensors that cross to the device behind it, "+" between; "input", "output": none
    std::string codec;   ///< of them; empty where nothing crosses
    util::Flops flops;   ///< of the model
    std::int64_t parameters = 0;
    util::Seconds latency{};   ///< predicted, of one frame
    util::Seconds edge{};      ///< computing on the source
    util::Seconds transfer{};  ///< all of the latency that is neither of them
    util::Seconds cloud{};     ///< computing behind the cut
    util::Bytes bytes;         ///< that cross
    std::optional<CompressionScore> score;
    /// Where the input crosses: the latency if it did as JPEG, or as float32.
    std::optional<util::Seconds> latency_jpeg;
    std::optional<util::Seconds> latency_float32;
    std::string note;  ///< why there are no numbers; empty: there are
    bool operator==(const CompressionRow&) const = default;
};

/// The rows for a cluster as it is, or for a rate of its uplink.
struct CompressionPart {
    std::string cluster;                      ///< file; empty: the compression's
    std::string cloud;                        ///< device behind the cut; empty: the compression's
    std::optional<double> uplink_mbit_per_s;  ///< nothing: as it is
    std::vector<CompressionRow> rows;
    std::string note;  ///< why there are no rows
    bool operator==(const CompressionPart&) const = default;
};

/// What convoy-compress-split tells: the ways to run a model on an edge and a cloud, side by side. File kind
/// `compression`.
struct Compression {
    std::string generator;
    std::string model;    ///< file
    std::string cluster;  ///< file, the first one
    std::string cloud;    ///< device behind the cut there
    Metric metric = Metric::accuracy;
    double max_drop = 0;
    double margin = 0;  ///< standard errors
    std::uint64_t seed = 0;
    std::size_t calibration = 0;  ///< images
    std::size_t selection = 0;
    std::size_t check = 0;
    std::string recipe;
    std::vector<CompressionPart> parts;  ///< the first cluster as it is, then rates of a sweep and other clusters
    bool operator==(const Compression&) const = default;
};

[[nodiscard]] const yaml::DocumentKind& compression_kind();
/// @throws Error data, with line and column, for what is not a compression
[[nodiscard]] Compression read_compression(const util::FileView& file);
/// Times to the nanosecond.
[[nodiscard]] std::string write_compression(const Compression& compression, yaml::Format format = yaml::Format::yaml);

}  // namespace convoy::cost

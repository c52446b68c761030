#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compress_split/rows.hpp"
#include "yaml/document.hpp"

namespace convoy::compress_split {

/// The rows for the cluster as it is, or for a rate of the uplink.
struct CompressionPart {
    std::optional<double> uplink_mbit_per_s;
    std::vector<Row> rows;
    std::string note;  ///< why there are no rows
};

/// What convoy-compress-split tells: the ways to run a model on an edge and a cloud, side by side. File kind
/// `compression`.
struct Compression {
    std::string generator;
    std::string model;    ///< file
    std::string cluster;  ///< file
    std::string cloud;    ///< device behind the cut
    Metric metric = Metric::accuracy;
    double max_drop = 0;
    double margin = 0;  ///< standard errors
    std::uint64_t seed = 0;
    std::size_t calibration = 0;  ///< images
    std::size_t selection = 0;
    std::size_t check = 0;
    std::string recipe;
    std::vector<CompressionPart> parts;  ///< the cluster as it is, then the rates of a sweep
};

[[nodiscard]] const yaml::DocumentKind& compression_kind();
/// Times to the nanosecond.
[[nodiscard]] std::string write_compression(const Compression& compression, yaml::Format format = yaml::Format::yaml);

}  // namespace convoy::compress_split

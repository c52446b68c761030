#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/parser.hpp"
#include "compress_split/optimizer.hpp"
#include "cost/compression.hpp"

namespace convoy::tools {

/// The work of convoy-compress-split. @return the exit status
[[nodiscard]] int compress_and_split(const cli::Options& options);

/// Where the results go.
struct Outputs {
    std::string model;
    std::string plan;
    std::string edge;   ///< empty: no halves
    std::string cloud;  ///< likewise
    std::string rows;   ///< folder; empty: none
    std::string table;
};
/// @throws Error usage: two results would go to stdout, or to one file; cannot_create, permission
[[nodiscard]] Outputs outputs_from(const cli::Options& options);

/// A cluster to compress for, as it is or with another uplink.
struct Scene {
    std::string cluster;  ///< as the user gave it
    latency::Bed bed;
    std::size_t cloud = 0;  ///< device
    std::optional<double> uplink_mbit_per_s;
    std::string folder;  ///< of its rows, in that of the first scene's; empty for the first scene
};
/// What was chosen for a scene.
struct Chosen {
    const Scene& scene;
    compress_split::Result result;
};
/// Writes model, plan and halves of the first one, and rows of all, everything or nothing; then the table.
void write_outputs(const Outputs& outputs, const std::vector<Chosen>& chosen, const std::string& table);

/// @param format  text, md, csv, yaml or json
[[nodiscard]] std::string table_text(const cost::Compression& compression, const std::string& format);

}  // namespace convoy::tools

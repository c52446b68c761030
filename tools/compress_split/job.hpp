#pragma once

#include <list>
#include <string>

#include "cli/parser.hpp"
#include "compress_split/beds.hpp"
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

/// Where the plan comes from, as paths the user gave.
struct PlanOrigin {
    std::string cluster;
    const latency::Bed& bed;
};
/// What was chosen for another uplink.
struct Swept {
    double uplink = 0;  ///< Mbit/s
    latency::Bed bed;
    compress_split::Result result;
};
/// Writes model, plan, halves and rows, those of other uplinks among them, all of them or none; then the table.
void write_outputs(const Outputs& outputs, const compress_split::Result& result, const PlanOrigin& origin,
                   const std::list<Swept>& swept, const std::string& table);

/// @param format  text, md, csv, yaml or json
[[nodiscard]] std::string table_text(const cost::Compression& compression, const std::string& format);

}  // namespace convoy::tools

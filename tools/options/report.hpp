#pragma once

#include "cli/option.hpp"

namespace convoy::tools {

inline constexpr cli::Positional kReportPositionals[] = {
    {.name = "FILE", .help = "a trace, plan, comparison, profile, ...; - is stdin", .repeatable = true},
};

inline constexpr cli::Option kReportOptions[] = {
    {.long_name = "format",
     .short_name = 'f',
     .hint = cli::Hint::choice,
     .default_text = "text",
     .choices = "text|md|html|svg|csv|yaml|json",
     .help = "how to print the report",
     .detail = "html is one page with pictures of what devices and links did, which needs no other file. csv is one "
               "table for everything: the columns file and table, then those of all tables; the values of "
               "an overview are one row. Its numbers, and those of yaml and json, are in the unit that ends the "
               "column's name; ratios are 0 to 1. A difference is measured over predicted, minus 1."},
    {.long_name = "explain",
     .help = "runs by model, cluster and plan; what was mispredicted",
     .detail =
         "Runs of the same plan are repetitions: the median of their medians counts, with its spread. The latency is "
         "taken apart along the critical path of the median frame, predicted and measured alike: computing of each "
         "stage and device, transfers, emulated start-ups, waiting. -f svg draws predicted and measured latency."},
    {.long_name = "frames", .help = "also list the frames of a trace, with their answers"},
};

inline constexpr cli::Tool kReport{
    .name = "convoy-report",
    .summary = "show what happened in a run, against what was predicted",
    .synopsis = "FILE... [--format FORMAT] [--frames]",
    .positionals = kReportPositionals,
    .options = kReportOptions,
    .examples =
        "convoy-report trace.yaml\n"
        "convoy-report rows.trace.yaml local.trace.yaml -f md -o runs.md\n"
        "convoy-report trace.yaml -f html -o trace.html\n"
        "convoy-report --explain *.trace.yaml -f svg -o cells.svg\n"
        "convoy-report trace.yaml -f csv | cut -d, -f1-6",
};

}  // namespace convoy::tools

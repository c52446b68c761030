#pragma once

#include "cli/option.hpp"
#include "options/model.hpp"

namespace convoy::tools {

inline constexpr cli::Positional kCompressSplitPositionals[] = {
    {.name = "MODEL.onnx", .help = "model to compress; - is stdin"},
};

inline constexpr cli::Option kCompressSplitOptions[] = {
    {.long_name = "cluster",
     .short_name = 'c',
     .hint = cli::Hint::file,
     .help = "devices and links; several: a table for each",
     .detail = "One search is for all of them: what a model loses is the same everywhere. --output, --plan and "
               "--write-halves are for the first one.",
     .repeatable = true,
     .required = true},
    {.long_name = "cloud",
     .hint = cli::Hint::device,
     .help = "the device behind the cut; by default the fastest other one",
     .detail = "The source is in front of it."},
    {.long_name = "what-if",
     .hint = cli::Hint::text,
     .value_name = "KEY=VALUE",
     .help = "for other links or devices, for example rate=5",
     .detail = "rate (Mbit/s), start_up and delay (0.4ms) of all links; load (0 to 0.99), speed, gflop_per_s and "
               "threads of all devices, or of one as in load.b=0.5.",
     .repeatable = true},
    kInputShape,
    {.long_name = "calibration",
     .hint = cli::Hint::file,
     .value_name = "DIR",
     .help = "folder of images or .npy files, or one of these",
     .detail = "Four tenths are fitted to, three decide between models, three check what was chosen; --seed says "
               "which. Hundreds are needed for a drop of one point to be seen.",
     .group = "data",
     .repeatable = true,
     .required = true},
    {.long_name = "preprocess",
     .hint = cli::Hint::file,
     .help = "how an image becomes the model's input",
     .group = "data"},
    {.long_name = "labels",
     .hint = cli::Hint::file,
     .help = "CSV of file,label: the budget is about accuracy then",
     .detail = "Without it the budget is about the share of images whose best class is not the original model's any "
               "more; for models whose output is no vector of classes about the outputs' mean relative error.",
     .group = "data"},
    {.long_name = "max-drop",
     .hint = cli::Hint::percentage,
     .default_text = "1%",
     .help = "accuracy that may be lost, in points",
     .group = "budget"},
    {.long_name = "margin",
     .hint = cli::Hint::number,
     .default_text = "1",
     .help = "standard errors that are added to what is lost",
     .detail = "So that the budget also holds on other images. With 0 the measured drop itself counts.",
     .group = "budget"},
    {.long_name = "time-budget",
     .hint = cli::Hint::duration,
     .default_text = "4min",
     .help = "the search comes to an end by then",
     .detail = "The same seed chooses the same model as long as the time suffices; stderr says when it did not. The "
               "budget is for all clusters and rates together.",
     .group = "budget"},
    {.long_name = "threads",
     .short_name = 't',
     .hint = cli::Hint::integer,
     .help = "threads of the engine; by default all cores",
     .group = "budget"},
    {.long_name = "output",
     .short_name = 'o',
     .hint = cli::Hint::file,
     .help = "the compressed model; by default <MODEL>.split.onnx",
     .group = "results"},
    {.long_name = "plan",
     .hint = cli::Hint::file,
     .help = "its plan; by default the same with .plan.yaml",
     .group = "results"},
    {.long_name = "write-halves",
     .help = "also the model's halves, .edge.onnx and .cloud.onnx",
     .detail = "As models of their own, for other engines; convoy-run needs only the plan and the model. What crosses "
               "is float32 between them.",
     .group = "results"},
    {.long_name = "write-rows",
     .hint = cli::Hint::file,
     .value_name = "DIR",
     .help = "a model and a plan for each row of the table, too",
     .detail = "As <METHOD>.onnx and <METHOD>.plan.yaml, for rows to be measured with convoy-run. A row that is not "
               "possible has none. Those of the second --cluster "
               "go to DIR/cluster-2, those of --sweep-uplink to uplink-<RATE> in their cluster's folder.",
     .group = "results"},
    {.long_name = "table",
     .hint = cli::Hint::file,
     .default_text = "-",
     .help = "where the table goes",
     .group = "results"},
    {.long_name = "format",
     .short_name = 'f',
     .hint = cli::Hint::choice,
     .default_text = "text",
     .choices = "text|md|csv|yaml|json",
     .help = "how the table is written",
     .group = "results"},
    {.long_name = "sweep-uplink",
     .hint = cli::Hint::text,
     .value_name = "MBIT/S,...",
     .help = "the table for these rates from the source, too",
     .detail = "Compression and cut are chosen anew for each rate, from what one search for all of them found.",
     .group = "results",
     .repeatable = true},
};

inline constexpr cli::Tool kCompressSplit{
    .name = "convoy-compress-split",
    .summary = "compress a model, so that narrow layers become cuts, and split it",
    .synopsis = "MODEL.onnx -c CLUSTER --calibration DIR [--labels FILE] [-o SMALL.onnx]",
    .positionals = kCompressSplitPositionals,
    .options = kCompressSplitOptions,
    .exit_notes =
        "78 when no change keeps to --max-drop, or there is nothing to compress; nothing is written then, "
        "and nothing when it is interrupted.",
    .examples =
        "convoy-compress-split vgg.onnx -c cluster.yaml --calibration images/ --preprocess vgg.preprocess.yaml "
        "--labels labels.csv --max-drop 1% -o small.onnx\n"
        "convoy-run -p small.plan.yaml -i images/ --preprocess vgg.preprocess.yaml --spawn",
};

}  // namespace convoy::tools

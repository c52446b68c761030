#pragma once

#include "cli/option.hpp"
#include "options/model.hpp"

namespace convoy::tools {

inline constexpr cli::Positional kPredictPositionals[] = {
    {.name = "COMMAND", .help = "fit a model, evaluate one, or show its predictions", .choices = "fit|eval|show"},
    {.name = "FILE",
     .help = "profiles to fit; latency model and profiles; model to show",
     .required = false,
     .repeatable = true},
};

inline constexpr cli::Option kPredictOptions[] = {
    {.long_name = "algorithm",
     .short_name = 'a',
     .hint = cli::Hint::choice,
     .default_text = "auto",
     .choices = "auto|least_squares|ridge|polynomial|k_nearest|regression_tree|support_vector|boosted_trees|neural_net",
     .help = "how to learn; auto: the best for each operator type",
     .commands = "fit"},
    {.long_name = "features",
     .hint = cli::Hint::choice,
     .default_text = "all",
     .choices = "all|fcpm",
     .help = "what times may depend on; fcpm: FLOPs and load only",
     .commands = "fit"},
    {.long_name = "leave-one-model-out",
     .help = "fit to all but each model in turn, compare algorithms",
     .commands = "eval"},
    {.long_name = "latency",
     .short_name = 'l',
     .hint = cli::Hint::file,
     .help = "latency model of the device; - is stdin",
     .commands = "show"},
    {.long_name = "load",
     .hint = cli::Hint::number,
     .default_text = "0",
     .help = "CPU load by others, 0 to 0.99",
     .commands = "show"},
    {.long_name = "threads",
     .short_name = 't',
     .hint = cli::Hint::integer,
     .default_text = "1",
     .help = "threads of the engine",
     .commands = "show"},
    {.long_name = "format",
     .short_name = 'f',
     .hint = cli::Hint::choice,
     .choices = "text|yaml|json|csv|md",
     .help = "how to print; fit writes yaml (the default) or json"},
    kInputShape,
};

inline constexpr cli::Tool kPredict{
    .name = "convoy-predict",
    .summary = "learn how long operators take on a device, and predict it",
    .synopsis =
        "fit PROFILE.yaml... [--algorithm NAME] [--features SET] [-o LATENCY.yaml]\n"
        "eval LATENCY.yaml PROFILE.yaml... [-f FORMAT]\n"
        "eval --leave-one-model-out PROFILE.yaml... [-f FORMAT]\n"
        "show MODEL.onnx --latency LATENCY.yaml [--load U] [-f FORMAT]",
    .positionals = kPredictPositionals,
    .options = kPredictOptions,
    .examples =
        "convoy-predict fit a.profile.yaml -o a.latency.yaml\n"
        "convoy-predict eval a.latency.yaml held-out.profile.yaml -f yaml\n"
        "convoy-predict eval --leave-one-model-out a.*.profile.yaml -f md\n"
        "convoy-profile vgg16.onnx | convoy-predict fit - | convoy-predict show vgg16.onnx --latency -",
};

}  // namespace convoy::tools

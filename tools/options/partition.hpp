#pragma once

#include "cli/option.hpp"
#include "options/model.hpp"

namespace convoy::tools {

inline constexpr cli::Positional kPartitionPositionals[] = {
    {.name = "MODEL.onnx", .help = "model to share; - is stdin"},
};

inline constexpr cli::Option kPartitionOptions[] = {
    {.long_name = "cluster", .short_name = 'c', .hint = cli::Hint::file, .help = "devices and links", .required = true},
    {.long_name = "strategy",
     .short_name = 's',
     .hint = cli::Hint::text,
     .value_name = "NAME[:KEY=VALUE,...]",
     .choices =
         "local|cloud|layerwise|rows|cols|grid|neurosurgeon|dads|modnn|coedge|deepthings|aofl|edgeld|deepslicing|"
         "fpm|opm|ofpm|oc|dipm|iop|iop-dp|pipeline|replicate|auto",
     .help = "how the model is shared; with --compare: only these",
     .detail =
         "local is all on the source, cloud all on the other device that is predicted fastest. layerwise runs the "
         "first layers on the source and the rest on another device, or on several in order, or all on one where "
         "no cut is faster. rows, cols and grid cut feature maps into rows, columns or tiles over two or more "
         "devices, also when one device is faster: stderr says so then. auto searches all of that "
         "and is never worse than any of them. The others are published systems; docs/strategies.md describes each. "
         "Some have settings: "
         "neurosurgeon:objective=latency|energy; dads:load=light|heavy; coedge:objective=latency|energy, "
         "coedge:deadline_ms=NUMBER, coedge:transfer=all|halo; deepthings:layers=NUMBER, deepthings:rows=NUMBER, "
         "deepthings:columns=NUMBER; edgeld:fusion=on|off; deepslicing:every=NUMBER; "
         "opm:heights=best|compute|transfers; ofpm:heights=best|compute|transfers; dipm:bound=corrected|published, "
         "dipm:threshold=NUMBER, dipm:min_channels=NUMBER, dipm:shares=capacity|equal, dipm:master=joins|computes; "
         "iop:sum=best|star|direct|scatter, iop:pairs=gain|all; pipeline:period=overlap|sum; auto:seeds=on|off. "
         "Several are separated by "
         "commas: "
         "-s coedge:objective=energy,deadline_ms=50. With --compare: only these strategies.",
     .repeatable = true},
    {.long_name = "compare", .help = "all strategies in one table, and no plan"},
    {.long_name = "explain",
     .help = "where a plan's time goes, what would help, and no plan",
     .detail = "The critical path step by step, what each device does, and the latency if links or devices were "
               "better: of the same plan, and of one that is made anew."},
    {.long_name = "format",
     .short_name = 'f',
     .hint = cli::Hint::choice,
     .choices = "text|md|csv|yaml|json|html|svg",
     .help = "a plan is yaml or json; the tables are text",
     .detail = "html is for --sweep and --explain, svg draws the curves of --sweep."},
    {.long_name = "require-gain",
     .hint = cli::Hint::percentage,
     .help = "write the plan only if it gains so much latency",
     .detail = "Against the best single device, transfers counted. Otherwise nothing is written and the exit status "
               "is 1."},
    {.long_name = "min-devices",
     .hint = cli::Hint::integer,
     .help = "devices that compute, at least",
     .detail = "Without it 2 with strategies that share every layer they can (rows, cols, grid, modnn, deepthings, "
               "edgeld, deepslicing, opm and others), else 1. local and cloud do not heed it."},
    {.long_name = "max-devices",
     .hint = cli::Hint::integer,
     .help = "devices that compute, at most",
     .detail = "local and cloud do not heed it."},
    {.long_name = "what-if",
     .hint = cli::Hint::text,
     .value_name = "KEY=VALUE,...",
     .help = "plan for other links or devices, for example rate=5",
     .detail = "rate (Mbit/s), start_up and delay (0.4ms) of all links; medium (shared or switched); devices (so many: "
               "the first ones, source and sink among them, or copies in turn); load (0 to 0.99), speed, faster (a "
               "factor), gflop_per_s, threads and memory (512MB) of all devices, or of one as in load.b=0.5. They "
               "change the cluster in the order in which they are given.",
     .group = "what if",
     .repeatable = true},
    {.long_name = "sweep",
     .hint = cli::Hint::text,
     .value_name = "KEY=VALUE,VALUE,...",
     .help = "all strategies for each of these values, and no plan",
     .detail = "The keys are those of --what-if, which comes first. Of several sweeps every combination is looked at. "
               "A table for people shows --metric, a row for each value; csv, yaml and json have everything. -f svg "
               "draws curves over the first sweep's values, a panel for each combination of the others. With -s: only "
               "these strategies.",
     .group = "what if",
     .repeatable = true},
    {.long_name = "metric",
     .hint = cli::Hint::choice,
     .default_text = "latency",
     .choices = "latency|to_best_device|to_bound|throughput|bytes|messages|rounds|redundant|memory|energy",
     .help = "what a sweep shows",
     .group = "what if"},
    {.long_name = "keep-plan",
     .help = "plans stay those of the cluster as it is",
     .detail = "With --compare --what-if they are made for the cluster's file, with --sweep for the cluster before the "
               "sweep, and then predicted on the changed one.",
     .group = "what if"},
    {.long_name = "objective",
     .hint = cli::Hint::choice,
     .default_text = "latency",
     .choices = "latency|throughput|memory|energy",
     .help = "what auto makes best",
     .detail = "memory is the largest peak of any device. energy is that of a frame and needs power_w of all devices. "
               "The other strategies have each their own objective, some of them a setting."},
    {.long_name = "deadline",
     .hint = cli::Hint::duration,
     .help = "latency that auto keeps to, whatever the objective",
     .detail = "Where no plan does, there is none, and the message says how long the fastest one takes."},
    {.long_name = "accuracy-budget",
     .hint = cli::Hint::number,
     .default_text = "0",
     .help = "largest error of values that auto may send",
     .detail = "A share of the largest magnitude of a message, 0 to 1. From 0.0005 on values cross as fp16, from 0.004 "
               "on as int8."},
    {.long_name = "memory-limit",
     .hint = cli::Hint::bytes,
     .help = "memory of each device, at most",
     .detail = "Of devices whose memory_bytes is less, that holds."},
    {.long_name = "time-budget",
     .hint = cli::Hint::duration,
     .help = "auto plans no longer than that",
     .detail = "Then it takes the best plan so far, as it does at Ctrl-C. A search that is cut short is not "
               "deterministic."},
    {.long_name = "no-seeds",
     .help = "auto searches alone, without the other strategies' plans",
     .detail = "The same as -s auto:seeds=off: faster, and its plan may be slower than that of another strategy."},
    kInputShape,
};

inline constexpr cli::Tool kPartition{
    .name = "convoy-partition",
    .summary = "decide how the devices of a cluster share a model",
    .synopsis =
        "MODEL.onnx -c CLUSTER -s STRATEGY [-o PLAN]\nMODEL.onnx -c CLUSTER --compare [-f FORMAT]\n"
        "MODEL.onnx -c CLUSTER -s STRATEGY --explain [-f FORMAT]\n"
        "MODEL.onnx -c CLUSTER --sweep KEY=VALUE,... [-f FORMAT]",
    .positionals = kPartitionPositionals,
    .options = kPartitionOptions,
    .exit_notes = "1 with --require-gain when the plan gains less; nothing is written then.",
    .examples =
        "convoy-partition vgg16.onnx -c cluster.yaml -s rows -o plan.yaml\n"
        "convoy-partition vgg16.onnx -c cluster.yaml --compare -f md --what-if rate=5\n"
        "convoy-partition vgg16.onnx -c cluster.yaml -s coedge --explain\n"
        "convoy-partition vgg16.onnx -c cluster.yaml -s iop,coedge,oc --sweep rate=1,5,20,100,1000\n"
        "convoy-partition vgg16.onnx -c cluster.yaml --sweep devices=2,4,8 --sweep start_up=0.1ms,10ms -f svg -o s.svg",
};

}  // namespace convoy::tools

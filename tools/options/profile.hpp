#pragma once

#include "cli/option.hpp"
#include "options/model.hpp"
#include "options/security.hpp"

namespace convoy::tools {

inline constexpr cli::Positional kProfilePositionals[] = {
    {.name = "MODEL.onnx",
     .help = "model to time; - is stdin; several with --cluster",
     .required = false,
     .repeatable = true},
};

inline constexpr cli::Option kProfileOptions[] = {
    {.long_name = "load",
     .hint = cli::Hint::text,
     .value_name = "LIST",
     .default_text = "0",
     .help = "CPU loads to time under, for example 0,0.5",
     .detail = "A generator of our own takes this share of every core that the process may use. What it really gets is "
               "recorded with each time, and the utilisation that can be read before it: what a planner knows.",
     .group = "measuring",
     .repeatable = true},
    {.long_name = "threads",
     .short_name = 't',
     .hint = cli::Hint::text,
     .value_name = "LIST",
     .default_text = "1",
     .help = "threads of the engine, for example 1,2",
     .group = "measuring",
     .repeatable = true},
    {.long_name = "budget",
     .hint = cli::Hint::duration,
     .default_text = "10min",
     .help = "stop measuring after this time",
     .detail = "Times are taken in order of importance, under all loads: the whole model and each operator first, then "
               "slices of them, then synthetic layers; at last again what is not stable.",
     .group = "measuring"},
    {.long_name = "stable",
     .hint = cli::Hint::percentage,
     .default_text = "3%",
     .help = "repeat until medians are known so well",
     .detail = "By half the 95 % confidence interval. Each sample says why it has no further runs.",
     .group = "measuring"},
    {.long_name = "max-runs",
     .hint = cli::Hint::integer,
     .default_text = "100",
     .help = "repeat each at most so often",
     .group = "measuring"},
    {.long_name = "sweep",
     .help = "time synthetic layers of all kinds, too",
     .detail =
         "Their shapes are drawn as CNNs have them, seeded by --seed: what is learnt from them holds for models that "
         "were never profiled. With a model or without one.",
     .group = "measuring"},
    {.long_name = "sweep-layers",
     .hint = cli::Hint::integer,
     .default_text = "40",
     .help = "synthetic layers of each kind",
     .group = "measuring"},
    {.long_name = "resume",
     .hint = cli::Hint::file,
     .help = "keep the samples of an earlier, unfinished profile",
     .detail =
         "Only those that it lacks are taken, and those that the budget cut short. It must be of this device, this "
         "model and these versions.",
     .group = "measuring"},
    {.long_name = "stretch",
     .hint = cli::Hint::number,
     .value_name = "F",
     .default_text = "1",
     .help = "the profile of a device F times slower",
     .detail =
         "That is, of one that convoy-serve --stretch F emulates on this machine: every time is multiplied after it "
         "was measured, so the budget is that of the machine as it is.",
     .group = "measuring"},
    {.long_name = "name",
     .short_name = 'n',
     .hint = cli::Hint::device,
     .help = "this device's name; default: the host's"},
    {.long_name = "link",
     .hint = cli::Hint::url,
     .help = "measure the link to a serving device instead of a model",
     .detail = "Messages of 256 bytes to 4 MB go each way, one at a time, and bursts of small ones."},
    {.long_name = "cluster",
     .short_name = 'c',
     .hint = cli::Hint::file,
     .help = "make every device of this file profile itself",
     .detail = "Then every pair of devices measures its link. Needs -o: the new cluster file, with DEVICE.profile.yaml "
               "and DEVICE.latency.yaml beside it. Each device runs convoy-serve; the source, if it has no address, "
               "is this one.",
     .group = "clusters"},
    {.long_name = "one-at-a-time",
     .help = "let only one device measure at a time",
     .detail = "For devices that share a machine without showing it by their addresses.",
     .group = "clusters"},
    {.long_name = "link-budget",
     .hint = cli::Hint::duration,
     .default_text = "10s",
     .help = "time for each link of the cluster",
     .group = "clusters"},
    kInputShape,
    kTlsCert,
    kTlsKey,
    kTlsCa,
    kInsecure,
};

inline constexpr cli::Tool kProfile{
    .name = "convoy-profile",
    .summary = "time the operators of a model on this device, or a link",
    .synopsis =
        "MODEL.onnx [--load LIST] [-o FILE]\n--sweep [MODEL.onnx] [--load LIST] [-o FILE]\n--link URL [-o FILE]\n"
        "--cluster FILE [--sweep] [MODEL.onnx...] -o FILE",
    .positionals = kProfilePositionals,
    .options = kProfileOptions,
    .exit_notes = "130 after Ctrl-C: what was measured is written, and --resume goes on from there.",
    .examples =
        "convoy-profile vgg16.onnx --load 0,0.5 -o a.profile.yaml\n"
        "convoy-profile --sweep --load 0,0.25,0.5,0.75 --seed 7 -o a.sweep.profile.yaml\n"
        "convoy-profile vgg16.onnx --load 0,0.5 --resume a.profile.yaml -o a.profile.yaml\n"
        "convoy-profile --link tcp://127.0.0.1:5555 -o link.profile.yaml\n"
        "convoy-profile --cluster cluster.yaml vgg16.onnx --load 0,0.5 -o measured/cluster.yaml\n"
        "convoy-zoo lenet5 | convoy-profile - | convoy-predict fit -",
};

}  // namespace convoy::tools

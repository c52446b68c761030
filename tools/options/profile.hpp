#pragma once

#include "cli/option.hpp"
#include "options/model.hpp"
#include "options/security.hpp"

namespace convoy::tools {

inline constexpr cli::Positional kProfilePositionals[] = {
    {.name = "MODEL.onnx", .help = "model to time; - is stdin", .required = false},
};

inline constexpr cli::Option kProfileOptions[] = {
    {.long_name = "load",
     .hint = cli::Hint::text,
     .value_name = "LIST",
     .default_text = "0",
     .help = "CPU loads to time under, for example 0,0.5",
     .detail = "A generator of our own takes this share of every core. What it really gets is recorded with each time.",
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
     .detail = "Times are taken in order of importance: the whole model and each operator first, then slices of them.",
     .group = "measuring"},
    {.long_name = "stretch",
     .hint = cli::Hint::number,
     .value_name = "F",
     .default_text = "1",
     .help = "the profile of a device F times slower",
     .detail = "That is, of one that convoy-serve --stretch F emulates on this machine: every time is multiplied.",
     .group = "measuring"},
    {.long_name = "name",
     .short_name = 'n',
     .hint = cli::Hint::device,
     .help = "this device's name; default: the host's"},
    {.long_name = "link",
     .hint = cli::Hint::url,
     .help = "measure the link to a serving device instead of a model",
     .detail = "Messages of 256 bytes to 4 MB are sent there and come back."},
    kInputShape,
    kTlsCert,
    kTlsKey,
    kTlsCa,
    kInsecure,
};

inline constexpr cli::Tool kProfile{
    .name = "convoy-profile",
    .summary = "time the operators of a model on this device, or a link",
    .synopsis = "MODEL.onnx [--load LIST] [-o FILE]\n--link URL [-o FILE]",
    .positionals = kProfilePositionals,
    .options = kProfileOptions,
    .exit_notes = "130 after Ctrl-C: nothing is written.",
    .examples =
        "convoy-profile vgg16.onnx --load 0,0.5 -o a.profile.yaml\n"
        "convoy-profile --link tcp://127.0.0.1:5555 -o link.profile.yaml\n"
        "convoy-zoo lenet5 | convoy-profile - | convoy-predict fit -",
};

}  // namespace convoy::tools

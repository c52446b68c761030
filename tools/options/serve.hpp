#pragma once

#include "cli/option.hpp"
#include "options/pace.hpp"
#include "options/security.hpp"

namespace convoy::tools {

inline constexpr cli::Option kServeOptions[] = {
    {.long_name = "name",
     .short_name = 'n',
     .hint = cli::Hint::device,
     .default_text = "worker",
     .help = "this device's name, for logs"},
    {.long_name = "listen",
     .short_name = 'l',
     .hint = cli::Hint::url,
     .default_text = "tcp://127.0.0.1:0",
     .help = "where to listen; port 0 picks a free one"},
    {.long_name = "model",
     .short_name = 'm',
     .hint = cli::Hint::file,
     .help = "a model to look in, found by its hash",
     .detail = "A worker on loopback also looks in the file that the coordinator names.",
     .repeatable = true},
    {.long_name = "cache",
     .hint = cli::Hint::folder,
     .help = "where models from coordinators are kept",
     .detail =
         "By default $XDG_CACHE_HOME/convoy or ~/.cache/convoy. Given explicitly, files that the coordinator names are "
         "not looked at. Several workers may share a folder."},
    {.long_name = "cache-limit",
     .hint = cli::Hint::bytes,
     .default_text = "8GiB",
     .help = "size of that folder; what is unused longest goes"},
    {.long_name = "memory-limit",
     .hint = cli::Hint::bytes,
     .help = "refuse a share that needs more memory",
     .detail = "The worker then gets only the weights that its share needs. The limit is compared with what the plan "
               "needs at "
               "its worst moment, beyond the process itself."},
    {.long_name = "threads",
     .short_name = 't',
     .hint = cli::Hint::integer,
     .help = "threads of the engine, whatever the run asks for"},
    {.long_name = "stretch",
     .hint = cli::Hint::number,
     .value_name = "F",
     .default_text = "1",
     .help = "pretend to be F times slower",
     .detail = "After each piece the worker waits until F times the CPU time of its threads has passed. For test beds "
               "on one machine; traces and reports say so."},
    pace_option(""),
    {.long_name = "ready-file",
     .hint = cli::Hint::file,
     .help = "write the ready line there too, once listening",
     .detail = "Written whole: a script can wait for the file to exist."},
    {.long_name = "one-off", .help = "end after the first run; status 1 when it failed"},
    {.long_name = "idle-timeout", .hint = cli::Hint::duration, .help = "end when nobody was connected for so long"},
    {.long_name = "liveness",
     .hint = cli::Hint::duration,
     .default_text = "10s",
     .help = "a peer that is silent for so long is lost"},
    kTlsCert,
    kTlsKey,
    kTlsCa,
    kInsecure,
};

inline constexpr cli::Tool kServe{
    .name = "convoy-serve",
    .summary = "serve this device's part of cooperative runs",
    .synopsis = "[--name NAME] [--listen URL] [--model FILE...]",
    .options = kServeOptions,
    .exit_notes = "0 also after SIGTERM or Ctrl-C; 1 when the one run of --one-off failed.",
    .examples =
        "convoy-serve --name b --ready-file b.ready\n"
        "convoy-serve --name pi --listen tls+tcp://0.0.0.0:5555 --model vgg16.onnx \\\n"
        "    --tls-cert pi.pem --tls-key pi.key --tls-ca ca.pem",
};

}  // namespace convoy::tools

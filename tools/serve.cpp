#include "options/serve.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/environment.hpp"
#include "cli/run_tool.hpp"
#include "engine/warm_up.hpp"
#include "graph/warm_up.hpp"
#include "runtime/worker.hpp"
#include "samples/profile.hpp"
#include "stop_on_signal.hpp"
#include "util/file.hpp"

namespace {

using namespace convoy;

runtime::WorkerOptions worker_options(const cli::Options& options) {
    runtime::WorkerOptions worker;
    worker.name = options.text("name");
    worker.listen = options.text("listen");
    worker.security = tools::security_from(options);
    worker.connection.liveness_timeout = options.duration("liveness");
    worker.connection.heartbeat_interval = worker.connection.liveness_timeout / 5;
    worker.models = options.all("model");
    std::string cache = options.has("cache") ? options.text("cache") : cli::user_cache_folder();
    if (!cache.empty()) worker.cache = {.folder = std::move(cache), .limit = options.bytes("cache-limit")};
    worker.look_where_told = !options.has("cache");
    if (options.has("memory-limit")) worker.memory_limit = options.bytes("memory-limit");
    worker.one_off = options.flag("one-off");
    if (options.has("threads")) worker.threads = static_cast<int>(options.integer("threads", 1, 1024));
    worker.slowdown = {options.number("stretch", 1, samples::kLargestStretch), tools::pace_from(options)};
    if (options.has("idle-timeout")) worker.idle_timeout = options.duration("idle-timeout");
    return worker;
}

/// Says on stderr who can connect, and what to type for others.
void explain_reach(const std::string& url, const transport::Security& security) {
    if (transport::Address::parse(url).loopback())
        fmt::print(stderr,
                   "convoy-serve: only this machine can connect; for others: --listen tls+tcp://0.0.0.0:5555 with "
                   "--tls-cert, --tls-key and --tls-ca\n");
    else if (!security.tls)
        fmt::print(stderr, "convoy-serve: anybody who reaches {} can connect: no TLS\n", url);
    else
        fmt::print(stderr, "convoy-serve: who has a certificate signed by {} can connect\n", security.tls->ca);
}

int serve(const cli::Options& options) {
    const tools::StopOnSignal signals;
    const runtime::WorkerOptions settings = worker_options(options);
    graph::warm_up();
    engine::warm_up();
    runtime::Worker worker(settings);
    const std::string ready = fmt::format("ready name={} url={} pid={}\n", settings.name, worker.url(), ::getpid());
    if (!options.quiet()) explain_reach(worker.url(), settings.security);
    if (settings.slowdown.factor != 1 && !options.quiet())
        fmt::print(stderr, "convoy-serve: emulates a device {:.4g} times slower than this one\n",
                   settings.slowdown.factor);
    util::write_file(options.output(), ready);
    if (options.has("ready-file")) util::write_file(options.text("ready-file"), ready);

    return worker.run(signals.token()) == runtime::Worker::Outcome::one_off_failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(tools::kServe, argc, argv, serve); }

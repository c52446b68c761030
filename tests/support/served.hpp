#pragma once

#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "runtime/worker.hpp"

namespace convoy::test {

/// A worker that serves in a thread of its own until it goes out of scope.
struct Served {
    explicit Served(const std::string& name, double liveness_s = 10) : Served(options(name, liveness_s)) {}
    explicit Served(runtime::WorkerOptions options)
        : worker(std::move(options)), thread([this] { outcome = worker.run(stop.get_token()); }) {}
    ~Served() {
        stop.request_stop();
        thread.join();
    }
    static runtime::WorkerOptions options(const std::string& name, double liveness_s) {
        runtime::WorkerOptions options;
        options.name = name;
        options.connection.liveness_timeout = util::Seconds{liveness_s};
        options.connection.heartbeat_interval = util::Seconds{liveness_s / 5};
        return options;
    }
    runtime::Worker worker;
    std::stop_source stop;
    runtime::Worker::Outcome outcome{};
    std::thread thread;
};

}  // namespace convoy::test

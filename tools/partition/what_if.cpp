#include <fmt/format.h>

#include <cmath>

#include "partition/jobs.hpp"
#include "util/error.hpp"

namespace convoy::tools {

namespace {

constexpr double kLargestLoad = 0.99;
constexpr double kMostThreads = 1024;

/// One KEY=VALUE or KEY.DEVICE=VALUE of --what-if.
class Change {
  public:
    Change(const cli::Options& options, const std::string& name, std::string value)
        : options_(options), written_(name + "=" + value), value_(std::move(value)) {
        const auto dot = name.find('.');
        key_ = name.substr(0, dot);
        if (dot != std::string::npos) device_ = name.substr(dot + 1);
    }

    void apply(cluster::Cluster& cluster) const {
        if (key_ == "rate" || key_ == "start_up" || key_ == "delay") return apply_to_links(cluster);
        if (key_ != "load" && key_ != "speed" && key_ != "gflop_per_s" && key_ != "threads") {
            const std::vector<std::string> keys{"rate", "start_up", "delay", "load", "speed", "gflop_per_s", "threads"};
            std::string hint = util::suggestion(key_, keys);
            if (hint.empty()) hint = fmt::format("the keys are {}", fmt::join(keys, ", "));
            throw options_.error("what-if", fmt::format("unknown key '{}'", key_), hint);
        }
        if (device_.empty()) {
            for (cluster::Device& device : cluster.devices) apply_to(device);
            return;
        }
        const auto found = cluster.find(device_);
        if (!found) {
            throw options_.error("what-if", fmt::format("the cluster has no device '{}'", device_),
                                 util::suggestion(device_, cluster.names()));
        }
        apply_to(cluster.devices[*found]);
    }

  private:
    [[nodiscard]] double number(double low, double high) const {
        const auto number = cli::parse_number(value_);
        if (number && *number >= low && *number <= high) return *number;
        throw options_.error("what-if", fmt::format("{}: must be a number from {} to {}", written_, low, high));
    }

    [[nodiscard]] util::Seconds time() const {
        const auto time = cli::parse_duration(value_);
        if (time) return *time;
        throw options_.error("what-if", fmt::format("{}: is no duration", written_), "for example 0.4ms");
    }

    void apply_to(cluster::Link& link) const {
        if (key_ == "rate") link.rate = util::from_mbit_per_s(number(1e-6, 1e9));
        if (key_ == "start_up") link.start_up = time();
        if (key_ == "delay") link.delay = time();
    }

    void apply_to_links(cluster::Cluster& cluster) const {
        if (!device_.empty()) throw options_.error("what-if", fmt::format("{}: changes all links at once", key_));
        if (cluster.every) apply_to(*cluster.every);
        for (cluster::Pair& pair : cluster.pairs) apply_to(pair.link);
    }

    void apply_to(cluster::Device& device) const {
        if (key_ == "load") device.load = number(0, kLargestLoad);
        if (key_ == "gflop_per_s") device.rate = util::FlopsPerSecond(1e9 * number(1e-6, 1e6));
        if (key_ == "threads") device.threads = static_cast<int>(std::floor(number(1, kMostThreads)));
        if (key_ != "speed") return;
        if (device.latency.empty()) {
            throw options_.error("what-if",
                                 fmt::format("'{}' has no latency model that a speed could scale", device.name),
                                 fmt::format("change gflop_per_s.{}", device.name));
        }
        device.speed = number(1e-6, 1e6);
        device.rate.reset();
    }

    const cli::Options& options_;
    std::string written_;
    std::string key_;
    std::string device_;
    std::string value_;
};

}  // namespace

cluster::Cluster what_if(cluster::Cluster cluster, const cli::Options& options) {
    for (const auto& [name, value] : options.assignments("what-if")) Change(options, name, value).apply(cluster);
    return cluster;
}

}  // namespace convoy::tools

#include "partition/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cluster/change.hpp"
#include "util/error.hpp"

namespace convoy::tools {

const Change::Key Change::kKeys[] = {
    {"rate", "rate_mbit_per_s", "rate in Mbit/s", Kind::number, false, 1e-6, 1e9},
    {"start_up", "start_up_ms", "start-up in ms", Kind::duration, false},
    {"delay", "delay_ms", "delay in ms", Kind::duration, false},
    {"medium", "medium", "medium", Kind::word, false},
    {"devices", "devices", "devices", Kind::integer, false, 1, 1000},
    {"load", "load", "load", Kind::number, true, 0, 0.99},
    {"speed", "speed", "speed", Kind::number, true, 1e-6, 1e6},
    {"faster", "faster", "times faster", Kind::number, true, 1e-6, 1e6},
    {"gflop_per_s", "gflop_per_s", "GFLOP/s", Kind::number, true, 1e-6, 1e6},
    {"threads", "threads", "threads", Kind::integer, true, 1, 1024},
    {"memory", "memory_bytes", "memory in bytes", Kind::bytes, true},
};

Change::Change(const cli::Options& options, std::string option, const std::string& name, std::string value)
    : options_(options), option_(std::move(option)), value_(std::move(value)) {
    const auto dot = name.find('.');
    name_ = name.substr(0, dot);
    std::replace(name_.begin(), name_.end(), '-', '_');
    if (dot != std::string::npos) device_ = name.substr(dot + 1);
}

util::Error Change::error(const std::string& message, std::string hint) const {
    return options_.error(option_, message, std::move(hint));
}

const Change::Key& Change::key() const {
    std::vector<std::string> names;
    for (const Key& each : kKeys) {
        if (name_ == each.name) return each;
        names.emplace_back(each.name);
    }
    std::string hint = util::suggestion(name_, names);
    if (hint.empty()) hint = fmt::format("the keys are {}", fmt::join(names, ", "));
    throw error(fmt::format("unknown key '{}'", name_), hint);
}

std::string Change::column() const { return key().column + (device_.empty() ? "" : "." + device_); }

std::string Change::title() const { return key().title + (device_.empty() ? "" : " of " + device_); }

std::optional<double> Change::number() const {
    const Key& known = key();
    const std::string written = fmt::format("{}{}{}={}", name_, device_.empty() ? "" : ".", device_, value_);
    switch (known.kind) {
        case Kind::word:
            if (value_ == "shared" || value_ == "switched") return std::nullopt;
            throw error(fmt::format("{}: must be shared or switched", written));
        case Kind::duration:
            if (const auto time = cli::parse_duration(value_)) return util::milliseconds(*time);
            throw error(fmt::format("{}: is no duration", written), "for example 0.4ms");
        case Kind::bytes:
            if (const auto bytes = cli::parse_bytes(value_)) return static_cast<double>(bytes->value);
            throw error(fmt::format("{}: is no amount of memory", written), "for example 512MB");
        case Kind::number:
        case Kind::integer:
            break;
    }
    const auto number = cli::parse_number(value_);
    const bool whole = known.kind == Kind::integer;
    if (number && *number >= known.least && *number <= known.most && !(whole && std::floor(*number) != *number))
        return number;
    throw error(fmt::format("{}: must be {} from {} to {}", written, whole ? "a whole number" : "a number", known.least,
                            known.most));
}

void Change::apply(cluster::Cluster& cluster) const {
    const Key& known = key();
    (void)number();  // refuses the value
    if (!known.of_devices) return apply_to_cluster(cluster);
    if (device_.empty()) {
        for (cluster::Device& device : cluster.devices) apply_to(device);
        return;
    }
    const auto found = cluster.find(device_);
    if (!found) {
        throw error(fmt::format("the cluster has no device '{}'", device_), util::suggestion(device_, cluster.names()));
    }
    apply_to(cluster.devices[*found]);
}

void Change::apply_to_cluster(cluster::Cluster& cluster) const {
    if (!device_.empty()) throw error(fmt::format("{}: is of no single device", name_));
    if (name_ == "medium") {
        cluster.medium = value_ == "shared" ? cluster::Medium::shared : cluster::Medium::switched;
        return;
    }
    if (name_ == "devices") {
        const auto count = static_cast<std::size_t>(*number());
        if (count == 1 && cluster.source != cluster.sink) throw error("devices=1: source and sink are two devices");
        cluster = cluster::with_devices(std::move(cluster), count);
        return;
    }
    if (cluster.every) apply_to(*cluster.every);
    for (cluster::Pair& pair : cluster.pairs) {
        apply_to(pair.link);
        if (pair.back) apply_to(*pair.back);
    }
}

void Change::apply_to(cluster::Link& link) const {
    if (name_ == "rate") link.rate = util::from_mbit_per_s(*number());
    if (name_ == "start_up") link.start_up = *cli::parse_duration(value_);
    if (name_ == "delay") link.delay = *cli::parse_duration(value_);
}

void Change::apply_to(cluster::Device& device) const {
    const double value = *number();
    if (name_ == "load") device.load = value;
    if (name_ == "gflop_per_s") device.rate = util::FlopsPerSecond(1e9 * value);
    if (name_ == "threads") device.threads = static_cast<int>(value);
    if (name_ == "memory") device.memory = util::Bytes(static_cast<std::int64_t>(value));
    if (name_ == "faster") {
        if (device.rate) device.rate = device.rate.value() * value;
        if (!device.rate) device.speed *= value;
    }
    if (name_ != "speed") return;
    if (device.latency.empty()) {
        throw error(fmt::format("'{}' has no latency model that a speed could scale", device.name),
                    fmt::format("change gflop_per_s.{0}, or faster.{0}", device.name));
    }
    device.speed = value;
    device.rate.reset();
}

}  // namespace convoy::tools

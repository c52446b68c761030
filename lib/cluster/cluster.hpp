#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/file.hpp"
#include "util/units.hpp"
#include "yaml/document.hpp"

namespace convoy::cluster {

/// Power drawn: always, in addition while computing, and in addition while sending or receiving.
struct Power {
    util::Watts idle;
    util::Watts compute;
    util::Watts radio;
    bool operator==(const Power&) const = default;
};

struct Device {
    std::string name;
    std::string latency;                       ///< path of its latency model as written in the file; empty: none
    std::string address;                       ///< "tcp://10.0.0.2:5555"; empty: none yet
    double speed = 1;                          ///< predicted time = latency(load) / speed
    std::optional<util::FlopsPerSecond> rate;  ///< instead of speed: vgg16's FLOPs over its unsplit one-thread time
    double load = 0;                           ///< CPU load by others, 0 to below 1
    int threads = 1;
    std::optional<util::Bytes> memory;
    std::string ssh;  ///< "pi@pi3"; empty: none
    std::optional<Power> power;
    bool operator==(const Device&) const = default;
};

/// A message occupies an interface for start_up + bytes / rate; `delay` then overlaps with other messages.
/// Jitter and loss are for emulated links; planning does not read them.
struct Link {
    util::BytesPerSecond rate;
    util::Seconds start_up{};
    util::Seconds delay{};
    util::Seconds jitter{};  ///< delays vary by so much either way
    double loss = 0;         ///< share of packets, 0 to below 1
    bool operator==(const Link&) const = default;
};

enum class Medium : std::uint8_t {
    switched,  ///< each device's sending and each device's receiving is a resource of its own
    shared,    ///< one message at a time, in the whole cluster
};
[[nodiscard]] const char* to_string(Medium medium) noexcept;

/// A link that is not the default. Holds for both directions, unless the other one is listed too or was measured.
struct Pair {
    std::size_t from = 0;
    std::size_t to = 0;
    Link link;
    std::string profile;         ///< path as written, where the link was measured; empty: none
    std::optional<Link> back{};  ///< from `to` to `from`, where `profile` tells it
    bool operator==(const Pair&) const = default;
};

struct Cluster {
    std::string file;  ///< that it was read from; paths in it are relative to it
    std::vector<Device> devices;
    std::size_t source = 0;
    std::size_t sink = 0;
    Medium medium = Medium::switched;
    std::optional<Link> every;  ///< the link of pairs that are not listed
    std::vector<Pair> pairs;
    double dilation = 1;  ///< all times here are so many times those of the cluster that is meant; see dilated()
    bool operator==(const Cluster&) const = default;

    /// @throws Error data, when neither a pair nor a default covers it
    [[nodiscard]] Link link(std::size_t from, std::size_t to) const;
    [[nodiscard]] std::optional<std::size_t> find(std::string_view device) const noexcept;
    [[nodiscard]] std::vector<std::string> names() const;
};

/// What a file of kind `profile` says of a link.
struct MeasuredLink {
    MeasuredLink(Link measured) : link(measured) {}  // also where only one direction is known
    MeasuredLink(Link out, std::optional<Link> in) : link(out), back(in) {}
    Link link;                 ///< from the device that measured
    std::optional<Link> back;  ///< to it; empty: as `link`
};

/// Gives the link that a file of kind `profile` holds, for a path as it can be opened.
/// (That file belongs to the module samples, which stands beside this one: latency::read_cluster joins the two.)
using LinkReader = std::function<MeasuredLink(const std::string& path)>;

[[nodiscard]] const yaml::DocumentKind& cluster_kind();
/// @throws Error data, with line, column and key: unknown or repeated devices, a pair of one device, no link between
///         two devices, speed and gflop_per_s both
[[nodiscard]] Cluster read_cluster(const util::FileView& file, const LinkReader& measured);
[[nodiscard]] std::string write_cluster(const Cluster& cluster, yaml::Format format = yaml::Format::yaml);

/// The cluster in slow motion: devices, links and powers `factor` times slower or less, memory and loads as they are,
/// so that a machine emulates devices that together, or alone, are faster than it is. Every time that is predicted or
/// measured is `factor` times as long; traces say so, and reports divide by it. What the machine spends beside emulated
/// work (handling a message, waking up) is not dilated, and so counts for less than it would.
///
/// Source: time dilation as in Gupta et al., "To infinity and beyond: time-warped network emulation", NSDI 2006,
/// without a hypervisor: sleeping stands for the slower clock.
///
/// @param factor  1 or more; @throws Error usage, when it is less, or the whole dilation is above 1e6
[[nodiscard]] Cluster dilated(Cluster cluster, double factor);

/// SHA-256 of what planning reads: devices with speed, load, threads, memory and power; links; source and sink.
/// Addresses, paths, ssh, jitter, loss, comments and layout do not change it.
[[nodiscard]] std::string planning_hash(const Cluster& cluster);

/// Names the planning fields in which two clusters differ, "devices.b.speed", for a warning. Empty when none.
[[nodiscard]] std::vector<std::string> differences(const Cluster& before, const Cluster& now);

}  // namespace convoy::cluster

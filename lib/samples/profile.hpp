#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "samples/work.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::samples {

/// Summary of repeated measurements of one thing.
struct Times {
    std::int64_t n = 0;
    util::Seconds median{};
    util::Seconds min{};
    util::Seconds p95{};
    util::Seconds spread{};  ///< interquartile range
    bool operator==(const Times&) const = default;
};
/// @param seconds  not empty
[[nodiscard]] Times summarize(std::span<const double> seconds);

/// The device and the run that measured.
struct Context {
    std::string device;                           ///< its name, as a cluster file calls it
    std::string cpu;                              ///< model, "AMD EPYC 9B45"
    int cores = 1;                                ///< that the process may use
    std::string kernel;                           ///< "Linux 6.1.0 x86_64"
    std::string governor;                         ///< of CPU frequency; empty where the system does not show it
    std::map<std::string, std::string> versions;  ///< "convoy": "0.1.0", "opencv": "4.6.0"
    double stretch = 1;                           ///< how many times slower than it is the device pretends to be
    std::vector<int> affinity{};                  ///< the cores that the process may use
    std::optional<double> cpu_limit{};            ///< cores' worth of time that its container may use
    std::optional<double> frequency_mhz{};        ///< of the first of its cores, where the system shows it
    std::optional<double> temperature_celsius{};  ///< of the hottest sensor
    std::optional<std::int64_t> throttled{};      ///< how often the CPU was slowed down while it was profiled
    bool operator==(const Context&) const = default;
};

/// Why no further runs of a piece were timed.
enum class Stop : std::uint8_t {
    unknown,   ///< a profile that does not say
    stable,    ///< the confidence interval of the median was narrow enough
    max_runs,  ///< there were as many as were allowed
    budget,    ///< the time was over, or the user ended it
};
[[nodiscard]] const char* to_string(Stop stop) noexcept;

/// How fast a device computed while it was profiled: the rates of a fixed piece of arithmetic that needs no memory, as
/// its samples have them. They compare times of one device, and say nothing about others.
struct PaceRange {
    util::FlopsPerSecond usual;  ///< the median
    util::FlopsPerSecond least;  ///< 19 of 20 samples had more
    util::FlopsPerSecond most;   ///< 19 of 20 samples had less
    bool operator==(const PaceRange&) const = default;

    /// By how much the most is above the least, as a ratio.
    [[nodiscard]] double variation() const noexcept { return most / least - 1; }
};
/// Paces beyond these are no device's.
inline constexpr double kLeastPaceGflopPerS = 1e-9;
inline constexpr double kLargestPaceGflopPerS = 1e9;

/// One piece of work of one operator, with its fused tail, timed under one load.
struct LayerSample {
    std::string op;  ///< operator name
    WorkShape work;
    double load_offered = 0;   ///< what the load generator was asked for, 0 to 1
    double load_obtained = 0;  ///< what other processes really took
    int threads = 1;
    Times time;
    std::optional<double> load_before{};      ///< CPU utilisation just before: what a planner can read
    Stop stop = Stop::unknown;                ///< why there are not more runs
    std::optional<util::Seconds> repeated{};  ///< median of second runs, right after those in a pass: caches are warm
    /// How fast the device was meanwhile, the median over the runs: so it goes with the median time.
    std::optional<util::FlopsPerSecond> pace{};
    bool operator==(const LayerSample&) const = default;

    /// The load as a planner knows it; what was obtained where nobody looked before.
    [[nodiscard]] double load() const noexcept { return load_before.value_or(load_obtained); }
};

/// The whole model as one piece.
struct ModelSample {
    double load_offered = 0;
    double load_obtained = 0;
    int threads = 1;
    Times time;
    std::optional<double> load_before{};
    Stop stop = Stop::unknown;
    std::optional<util::FlopsPerSecond> pace{};  ///< as of LayerSample
    bool operator==(const ModelSample&) const = default;

    [[nodiscard]] double load() const noexcept { return load_before.value_or(load_obtained); }
};

/// How long encoding a tensor for the network takes, and decoding it.
struct CodecSample {
    std::string codec;  ///< "fp16"
    util::Bytes bytes;  ///< of the tensor in memory
    Times encode;
    Times decode;
    bool operator==(const CodecSample&) const = default;
};

/// Synthetic layers that a profile has.
struct Sweep {
    std::uint64_t seed = 1;
    std::int64_t layers = 0;  ///< of each kind of operator
    bool operator==(const Sweep&) const = default;
};

/// A message of one size, and its acknowledgement; or a burst of messages, and the acknowledgement of the last.
/// `one_way` is that of the message: the round trip less half that of the smallest message, because what is the same
/// for messages of all sizes cannot be told apart by direction without a common clock. How it varies is known by
/// direction, from both clocks.
enum class Direction : std::uint8_t { out, back };
struct LinkSample {
    util::Bytes bytes;  ///< of each message
    Direction direction = Direction::out;
    Times round_trip;
    Times one_way;
    std::int64_t messages = 1;  ///< sent one right after the other
    bool operator==(const LinkSample&) const = default;
};

/// A link as planning sees it: a message occupies the sender for start_up + bytes / rate, then `delay` passes.
struct LinkFit {
    util::Seconds start_up{};
    util::BytesPerSecond rate;
    util::Seconds delay{};
    util::Seconds jitter{};  ///< 19 of 20 small messages are at most so much later than the median one
    bool operator==(const LinkFit&) const = default;
};

struct LinkProfile {
    std::string url;   ///< of the device at the other end
    std::string peer;  ///< its name
    std::vector<LinkSample> samples;
    LinkFit fitted;                 ///< from this device to the peer
    std::optional<LinkFit> back{};  ///< from the peer to this device; empty: as `fitted`
    bool operator==(const LinkProfile&) const = default;
};

/// Fits one direction of a link to its samples. Robust: single messages one by one give
/// one_way = start_up + delay + bytes / rate by least squares of relative errors, outliers weighted down (Huber), none
/// of the terms negative. A burst of small messages tells start-up, what each of them costs more, from delay; without a
/// burst all of it counts as start-up.
///
/// @throws Error data: fewer than two sizes, or times that do not grow with the size
[[nodiscard]] LinkFit fit_link(std::span<const LinkSample> samples, Direction direction = Direction::out);

/// Everything that one run of convoy-profile measured. File kind `profile`.
struct Profile {
    Context context;
    std::string model_file;  ///< empty where no model was profiled
    std::string model_sha256;
    util::Flops model_flops;
    std::optional<Times>
        piece_overhead;  ///< a piece that computes next to nothing: what each costs beside its operators
    std::vector<ModelSample> whole_model;
    std::vector<LayerSample> layers;
    std::optional<LinkProfile> link;
    std::optional<Sweep> sweep{};
    std::vector<CodecSample> codecs{};
    std::int64_t missing = 0;          ///< samples that the budget or the user's end left out
    std::vector<LinkProfile> links{};  ///< to the other devices of a cluster, where they were measured with the device
    std::optional<PaceRange> pace{};   ///< empty where no sample has one
    bool operator==(const Profile&) const = default;
};
/// Of the layers and whole models that have a pace, under the least load, with the fewest threads: both lower the pace
/// where the device's cores are threads of fewer ones.
[[nodiscard]] std::optional<PaceRange> pace_range(const Profile& profile);

/// No device is emulated on one so much faster.
inline constexpr double kLargestStretch = 1e6;
/// The profile of a device that pretends to be `factor` times slower: every time of the device but those of its links
/// is multiplied, every pace divided, and the context says so.
[[nodiscard]] Profile stretched(Profile profile, double factor);

[[nodiscard]] const yaml::DocumentKind& profile_kind();
/// @throws Error data, with line and column, for what is not a profile; times are positive, loads below 1
[[nodiscard]] Profile read_profile(const util::FileView& file);
[[nodiscard]] std::string write_profile(const Profile& profile, yaml::Format format = yaml::Format::yaml);

}  // namespace convoy::samples

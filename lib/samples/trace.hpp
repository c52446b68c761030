#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "samples/timeline.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::samples {

/// A link whose start-up the sender waited for, because the network of a test bed has none.
struct StartUp {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    util::Seconds time{};
    bool operator==(const StartUp&) const = default;
};

/// First document of a trace: what was run. All indices of devices in a trace are into `devices`.
struct TraceHeader {
    std::string generator;  ///< "convoy-run 0.1.0"
    std::string plan_file;
    std::string plan_sha256;  ///< empty with --local
    std::string model_file;
    std::string model_sha256;
    std::string strategy;
    std::vector<std::string> devices;
    std::uint32_t source = 0;
    std::uint32_t sink = 0;
    std::vector<std::string> stages;            ///< a name for each, "conv1..pool1", of the first route
    std::map<std::string, double> stretch;      ///< devices that emulate slower ones, and how many times slower
    std::vector<StartUp> start_ups;             ///< that were emulated
    double dilation = 1;                        ///< all times of the trace are so many times those that are meant
    std::map<std::string, std::string> labels;  ///< what the user wants to be known of the run
    std::optional<Timeline> predicted;
    bool operator==(const TraceHeader&) const = default;
};

/// One of the best classes of a frame.
struct Ranked {
    std::int64_t index = 0;
    std::string label;  ///< empty without labels
    double score = 0;
    bool operator==(const Ranked&) const = default;
};

/// One document per frame.
struct FrameTrace {
    std::uint64_t frame = 0;
    std::string input;  ///< "digits/0001.png"
    std::uint32_t route = 0;
    util::Seconds start{};  ///< since the run's start
    Timeline timeline;
    std::uint32_t retries = 0;             ///< how often the frame was run again from its input
    std::vector<Ranked> top;               ///< best first; empty where the output is not a vector
    std::optional<std::int64_t> expected;  ///< class, where the images come with labels
    bool warmup = false;                   ///< counts in no summary
    bool operator==(const FrameTrace&) const = default;
};

struct LatencySummary {
    util::Seconds mean{}, min{}, p50{}, p95{}, p99{}, max{};
    bool operator==(const LatencySummary&) const = default;
};
/// @param latencies  of the frames after warm-up; empty gives zeros
[[nodiscard]] LatencySummary summarize_latency(const std::vector<util::Seconds>& latencies);

/// What crossed one link in one direction, all frames after warm-up.
struct LinkSummary {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint64_t messages = 0;
    util::Bytes payload;  ///< headers not counted
    util::Bytes sent;     ///< with headers
    bool operator==(const LinkSummary&) const = default;
};

struct DeviceSummary {
    std::uint32_t device = 0;
    util::Seconds compute{};                    ///< all frames after warm-up
    double share = 0;                           ///< of all devices' compute
    std::optional<util::Bytes> peak_memory;     ///< largest resident size, above `base_memory`
    std::optional<util::Bytes> planned_memory;  ///< what the plan says of it
    std::optional<util::Bytes> base_memory;     ///< resident size before there was a model: libraries and the like
    double stretch = 1;
    bool operator==(const DeviceSummary&) const = default;
};

struct VerifySummary {
    std::string outcome;       ///< "bit for bit", "within bound", "mismatch"
    double largest_error = 0;  ///< relative to the tensor's largest magnitude
    double bound = 0;          ///< that the plan promises
    std::uint64_t frames = 0;  ///< compared
    std::uint64_t mismatches = 0;
    std::vector<std::string> inexact;  ///< operators that are not bit-equal when cut, where that is known
    bool operator==(const VerifySummary&) const = default;
};

struct Accuracy {
    std::uint64_t correct = 0;
    std::uint64_t labelled = 0;
    bool operator==(const Accuracy&) const = default;
};

/// Last document, and what `convoy-run -f` prints.
struct TraceSummary {
    std::vector<std::string> devices;  ///< as in the header, so that the summary can stand alone
    std::uint64_t frames = 0;          ///< after warm-up
    std::uint64_t warmup = 0;
    util::Seconds wall{};  ///< of the frames after warm-up
    LatencySummary latency;
    double throughput_per_s = 0;
    std::uint64_t retries = 0;
    std::vector<DeviceSummary> device_summaries;
    std::vector<LinkSummary> links;
    std::optional<VerifySummary> verify;
    std::optional<Accuracy> accuracy;
    bool operator==(const TraceSummary&) const = default;
};

/// The summary as a document of its own (`schema: convoy.trace/1`, `part: summary`).
[[nodiscard]] std::string write_summary(const TraceSummary& summary, yaml::Format format = yaml::Format::yaml);

/// Each call gives the text of one document of the stream; the caller writes it (util::OutputFile).
[[nodiscard]] std::string trace_document(const TraceHeader& header, yaml::Format format = yaml::Format::yaml);
[[nodiscard]] std::string trace_document(const FrameTrace& frame, const std::vector<std::string>& devices,
                                         yaml::Format format = yaml::Format::yaml);
[[nodiscard]] std::string trace_document(const TraceSummary& summary, yaml::Format format = yaml::Format::yaml);

/// Reads a trace one document at a time; memory holds one document. A summary that stands alone is a trace, too.
///
/// A trace without a summary (the run was stopped) just ends; a document that was cut off within is an error.
class TraceReader {
  public:
    using Part = std::variant<TraceHeader, FrameTrace, TraceSummary>;
    /// @throws Error data, when the first document is neither a trace's header nor a summary
    explicit TraceReader(util::FileView file);
    TraceReader(TraceReader&&) noexcept;
    ~TraceReader();

    /// Of a summary alone only the names of devices; source and sink are none of them.
    [[nodiscard]] const TraceHeader& header() const noexcept;
    [[nodiscard]] bool summary_alone() const noexcept;
    /// The next frame or the summary, or nothing at the end. @throws Error data
    [[nodiscard]] std::optional<Part> next();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace convoy::samples

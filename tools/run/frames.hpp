#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/parser.hpp"
#include "dataset/inputs.hpp"
#include "runtime/trace.hpp"
#include "runtime/verify.hpp"
#include "util/file.hpp"

namespace convoy::tools {

/// The frames of a run in order: the warm-up, then all inputs as often as asked.
class FrameQueue {
  public:
    FrameQueue(const cli::Options& options, const graph::Graph& graph);

    [[nodiscard]] std::uint64_t size() const noexcept { return warm_up_ + inputs_.size() * repeat_; }
    [[nodiscard]] bool is_warm_up(std::uint64_t frame) const noexcept { return frame < warm_up_; }
    [[nodiscard]] const std::string& name(std::uint64_t frame) const { return inputs_.name(item(frame)); }
    [[nodiscard]] std::vector<graph::Tensor> load(std::uint64_t frame) const {
        return inputs_.load(item(frame), frame);
    }
    [[nodiscard]] const std::vector<std::string>& labels() const noexcept { return labels_; }

  private:
    FrameQueue(const cli::Options& options, const graph::Graph& graph, std::optional<dataset::Preprocess> preprocess);
    [[nodiscard]] std::size_t item(std::uint64_t frame) const noexcept {
        return is_warm_up(frame) ? frame % inputs_.size() : (frame - warm_up_) % inputs_.size();
    }

    std::vector<std::string> labels_;
    dataset::Inputs inputs_;
    std::uint64_t repeat_;
    std::uint64_t warm_up_;
};

/// What becomes of finished frames: lines, .npy files, the trace, and the summary.
class FrameResults {
  public:
    /// @param header  of the trace, written with the first frame
    FrameResults(const cli::Options& options, const graph::Graph& graph, const FrameQueue& frames,
                 samples::TraceHeader header);

    /// What is known of the devices once they are connected. Before the first frame.
    void emulated(std::map<std::string, double> stretch, std::vector<samples::StartUp> start_ups, double dilation);
    [[nodiscard]] const samples::TraceHeader& header() const noexcept { return header_; }
    /// @param trace  the frame's times; classes and names are filled in
    void add(const runtime::FrameResult& result, samples::FrameTrace trace);
    /// Nothing was in flight for `time`, which counts in no throughput.
    void pause(util::Seconds time) { summary_.pause(time); }
    /// Writes what is left of the trace and prints the summary. @return the exit status
    int finish(const std::vector<runtime::DeviceTotals>& totals, runtime::Verifier* verifier);

  private:
    void write(const samples::FrameTrace& trace);
    void classify(const runtime::FrameResult& result, samples::FrameTrace& trace);
    void save_outputs(const runtime::FrameResult& result) const;
    void print_frame(const samples::FrameTrace& trace);

    const cli::Options& options_;
    const graph::Graph& graph_;
    const FrameQueue& frames_;
    samples::TraceHeader header_;
    runtime::RunSummary summary_;
    std::map<std::string, std::int64_t> truth_;
    samples::Accuracy accuracy_;
    std::optional<util::Seconds> first_begin_;  ///< of all frames
    std::size_t top_;
    bool text_;
    std::string lines_;
    std::unique_ptr<util::OutputFile> trace_;
    bool header_written_ = false;
};

/// --stretch: factors by device; those without a name are for `own`. Factors of 1 are left out.
/// @throws Error usage
[[nodiscard]] std::map<std::string, double> stretch_from(const cli::Options& options, const std::string& own);

/// The summary for a person.
[[nodiscard]] std::string summary_text(const samples::TraceSummary& summary, const samples::TraceHeader& header);

}  // namespace convoy::tools

#include "run/frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "dataset/classes.hpp"
#include "dataset/npy.hpp"
#include "samples/profile.hpp"
#include "util/error.hpp"

namespace convoy::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostFrames = 1'000'000'000;
constexpr std::size_t kTopOfSingleFrame = 5;

std::optional<dataset::Preprocess> preprocess_from(const cli::Options& options) {
    if (!options.has("preprocess")) return std::nullopt;
    return dataset::read_preprocess(util::FileView::open(options.text("preprocess")));
}

/// The scores of the first output, where that is one vector.
std::span<const float> scores_of(const runtime::FrameResult& result, const graph::Graph& graph) {
    const graph::TensorInfo& info = graph.tensor(graph.outputs().front());
    const bool vector = info.type == graph::ElementType::float32 && !info.whole_only &&
                        info.full[graph::Axis::n].size() == 1 && info.full[graph::Axis::h].size() == 1 &&
                        info.full[graph::Axis::w].size() == 1 && info.full[graph::Axis::c].size() > 1;
    if (!vector || result.outputs.empty()) return {};
    return {result.outputs.front().floats(), static_cast<std::size_t>(info.full.volume())};
}

std::string file_part(const std::string& name) {
    std::string safe = name;
    std::replace_if(
        safe.begin(), safe.end(), [](char letter) { return letter == '/' || letter == ':'; }, '_');
    return safe;
}

}  // namespace

std::map<std::string, double> stretch_from(const cli::Options& options, const std::string& own) {
    std::map<std::string, double> stretch;
    for (const std::string& text : options.all("stretch")) {
        const std::size_t equals = text.rfind('=');
        const std::string name = equals == std::string::npos ? own : text.substr(0, equals);
        const auto factor = cli::parse_number(equals == std::string::npos ? text : text.substr(equals + 1));
        if (!factor || *factor < 1 || *factor > samples::kLargestStretch)
            throw options.error("stretch", fmt::format("'{}' is no factor from 1 to 1e6", text), "F, or NAME=F");
        if (!stretch.emplace(name, *factor).second)
            throw options.error("stretch", fmt::format("device '{}' has two factors", name));
    }
    std::erase_if(stretch, [](const auto& entry) { return entry.second == 1; });
    return stretch;
}

FrameQueue::FrameQueue(const cli::Options& options, const graph::Graph& graph)
    : FrameQueue(options, graph, preprocess_from(options)) {}

FrameQueue::FrameQueue(const cli::Options& options, const graph::Graph& graph,
                       std::optional<dataset::Preprocess> preprocess)
    : labels_(preprocess ? preprocess->labels : std::vector<std::string>{}),
      inputs_(options.all("input"), graph, std::move(preprocess)),
      repeat_(static_cast<std::uint64_t>(options.integer("repeat", 1, kMostFrames))),
      warm_up_(static_cast<std::uint64_t>(options.integer("warmup", 0, kMostFrames))) {}

FrameResults::FrameResults(const cli::Options& options, const graph::Graph& graph, const FrameQueue& frames,
                           samples::TraceHeader header)
    : options_(options),
      graph_(graph),
      frames_(frames),
      header_(std::move(header)),
      summary_(header_.devices),
      top_(options.has("top") ? static_cast<std::size_t>(options.integer("top", 1, 1'000'000)) : 0),
      text_(options.text("format") == "text") {
    for (const auto& [name, text] : options.assignments("label")) header_.labels[name] = text;
    if (top_ == 0 && frames.size() == 1) top_ = kTopOfSingleFrame;
    if (options.has("truth")) truth_ = dataset::read_truth(options.text("truth"));
    if (options.has("outputs")) {
        std::error_code failed;
        fs::create_directories(options.text("outputs"), failed);
        if (failed)
            throw util::Error(util::Errc::cannot_create,
                              fmt::format("cannot create folder '{}': {}", options.text("outputs"), failed.message()));
    }
    if (options.has("trace")) {
        trace_ = std::make_unique<util::OutputFile>(options.text("trace"));
    }
}

void FrameResults::emulated(std::map<std::string, double> stretch, std::vector<samples::StartUp> start_ups,
                            double dilation) {
    header_.stretch = std::move(stretch);
    header_.start_ups = std::move(start_ups);
    header_.dilation = dilation;
}

void FrameResults::write(const samples::FrameTrace& trace) {
    if (!trace_) return;
    if (!std::exchange(header_written_, true)) trace_->write(samples::trace_document(header_));
    trace_->write(samples::trace_document(trace, header_.devices));
}

void FrameResults::add(const runtime::FrameResult& result, samples::FrameTrace trace) {
    const bool warm_up = frames_.is_warm_up(result.frame);
    summary_.add(result, warm_up);
    if (!first_begin_) first_begin_ = result.begin;
    trace.start = result.begin - *first_begin_;
    trace.input = frames_.name(result.frame);
    trace.warmup = warm_up;
    if (warm_up) {
        write(trace);
        return;
    }
    classify(result, trace);
    if (options_.has("outputs")) save_outputs(result);
    write(trace);
    if (text_ && top_ > 0) print_frame(trace);
}

void FrameResults::classify(const runtime::FrameResult& result, samples::FrameTrace& trace) {
    const std::span<const float> scores = scores_of(result, graph_);
    if (scores.empty()) return;
    for (const dataset::RankedClass& best : dataset::top_k(scores, std::max<std::size_t>(top_, 1)))
        trace.top.push_back({static_cast<std::int64_t>(best.index),
                             best.index < frames_.labels().size() ? frames_.labels()[best.index] : "",
                             static_cast<double>(best.score)});
    const auto truth = truth_.find(fs::path(trace.input).filename().string());
    if (truth == truth_.end()) return;
    trace.expected = truth->second;
    ++accuracy_.labelled;
    if (trace.top.front().index == truth->second) ++accuracy_.correct;
}

void FrameResults::save_outputs(const runtime::FrameResult& result) const {
    for (std::size_t i = 0; i < result.outputs.size(); ++i) {
        const graph::TensorInfo& info = graph_.tensor(graph_.outputs()[i]);
        if (info.type != graph::ElementType::float32) continue;
        const fs::path file =
            fs::path(options_.text("outputs")) / fmt::format("{:06}_{}.npy", result.frame, file_part(info.name));
        util::write_file(file.string(), dataset::write_npy(info.dims, result.outputs[i].floats()));
    }
}

void FrameResults::print_frame(const samples::FrameTrace& trace) {
    lines_ += trace.input;
    for (const samples::Ranked& best : trace.top)
        lines_ += fmt::format(
            "  {}{:.4g}", best.label.empty() ? fmt::format("class {}: ", best.index) : best.label + ": ", best.score);
    if (trace.expected && !trace.top.empty() && trace.top.front().index != *trace.expected)
        lines_ += fmt::format("  (expected {})", *trace.expected);
    lines_ += '\n';
}

int FrameResults::finish(const std::vector<runtime::DeviceTotals>& totals, runtime::Verifier* verifier) {
    samples::TraceSummary summary = summary_.finish(totals);
    if (verifier != nullptr) summary.verify = verifier->summary();
    if (!truth_.empty()) summary.accuracy = accuracy_;
    for (samples::DeviceSummary& device : summary.device_summaries)
        if (const auto factor = header_.stretch.find(header_.devices[device.device]); factor != header_.stretch.end())
            device.stretch = factor->second;
    if (trace_) {
        if (!header_written_) trace_->write(samples::trace_document(header_));
        trace_->write(samples::trace_document(summary));
        trace_->commit();
    }
    const std::string format = options_.text("format");
    const yaml::Format document = format == "json" ? yaml::Format::json : yaml::Format::yaml;
    util::write_file(options_.output(),
                     text_ ? lines_ + summary_text(summary, header_) : samples::write_summary(summary, document));
    return summary.verify && summary.verify->mismatches > 0 ? 1 : 0;
}

}  // namespace convoy::tools

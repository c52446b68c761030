#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "report/cells.hpp"
#include "report/critical_path.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"
#include "util/statistics.hpp"

namespace convoy::report::detail {
namespace {

using Terms = std::map<Term, util::Seconds>;
using Labels = std::map<std::string, std::string>;

/// Labels that tell repetitions of a cell apart.
constexpr const char* kRepetition = "repetition";
constexpr const char* kCommand = "command";
/// Labels that a cell is named by; others say where its numbers come from.
constexpr const char* kNames[] = {"model", "cluster"};

std::string label(const Labels& labels, const char* name) {
    const auto found = labels.find(name);
    return found == labels.end() ? "" : found->second;
}

/// One plan on one cluster, run several times.
struct Group {
    std::string model;
    std::string cluster;
    std::string strategy;
    double dilation = 1;
    Labels labels;
    std::vector<const MeasuredTrace*> runs;

    [[nodiscard]] std::string name() const {
        return fmt::format("{}{}{}, {}", model, cluster.empty() ? "" : " on ", cluster, strategy);
    }
    [[nodiscard]] std::vector<double> latencies() const {
        std::vector<double> seconds;
        for (const MeasuredTrace* run : runs)
            if (const auto latency = run->data->median_latency()) seconds.push_back(latency->count());
        return seconds;
    }
    /// The run with the median latency; of an even number the slower one in the middle.
    [[nodiscard]] const MeasuredTrace& middle() const {
        std::vector<const MeasuredTrace*> ordered = runs;
        std::ranges::stable_sort(ordered, {}, [](const MeasuredTrace* run) { return run->data->median_latency(); });
        return *ordered[ordered.size() / 2];
    }
};

Group group_of(const MeasuredTrace& run) {
    const samples::TraceHeader& header = run.data->header;
    Group group;
    group.labels = header.labels;
    group.model = label(header.labels, kNames[0]);
    if (group.model.empty()) group.model = std::filesystem::path(header.model_file).stem().string();
    group.cluster = label(header.labels, kNames[1]);
    group.dilation = header.dilation;
    group.strategy = header.plan_file.empty() ? "unsplit" : header.strategy;
    for (const char* own : {kNames[0], kNames[1], kRepetition}) group.labels.erase(own);
    return group;
}

std::vector<Group> group_runs(std::span<const MeasuredTrace> runs) {
    std::vector<Group> groups;
    for (const MeasuredTrace& run : runs) {
        Group own = group_of(run);
        const auto same = std::ranges::find_if(groups, [&](const Group& group) {
            return group.model == own.model && group.cluster == own.cluster && group.strategy == own.strategy &&
                   group.dilation == own.dilation;
        });
        Group& group = same == groups.end() ? groups.emplace_back(std::move(own)) : *same;
        group.runs.push_back(&run);
    }
    return groups;
}

/// What both paths spend on one thing. Of devices that do the same at once, each path goes over the one that is last
/// there: which one that is counts for less than how long it takes.
struct Compared {
    TermKind kind = TermKind::compute;
    std::int32_t stage = -1;
    std::set<std::pair<std::uint32_t, std::uint32_t>> devices;  ///< from, to; of either path
    util::Seconds predicted{};
    util::Seconds measured{};
    [[nodiscard]] util::Seconds off() const { return measured - predicted; }
};

std::string term_text(const Compared& term, const TraceData& trace) {
    constexpr std::size_t kMostNames = 3;
    std::vector<std::string> names;
    for (const auto& [from, to] : term.devices)
        names.push_back(from == to ? trace.device_name(from)
                                   : fmt::format("{} -> {}", trace.device_name(from), trace.device_name(to)));
    if (names.size() > kMostNames) {
        const std::size_t others = names.size() - (kMostNames - 1);
        names.resize(kMostNames - 1);
        names.push_back(fmt::format("{} others", others));
    }
    const std::string who = fmt::format("{}", fmt::join(names, ", "));
    const std::string what = trace.stage_name({0, term.stage, 0});
    switch (term.kind) {
        case TermKind::compute:
            return fmt::format("compute of {}: {}", who, what);
        case TermKind::transfer:
            return fmt::format("transfer {}: {}", who, what);
        case TermKind::start_up:
            return fmt::format("start-up {}: {}", who, what);
        case TermKind::waiting:
            return fmt::format("waiting on {}", who);
    }
    return "";
}

void add_terms(const Terms& terms, util::Seconds Compared::*side, std::vector<Compared>& result) {
    for (const auto& [term, time] : terms) {
        const auto known = std::ranges::find_if(
            result, [&](const Compared& each) { return each.kind == term.kind && each.stage == term.stage; });
        Compared& same =
            known == result.end() ? result.emplace_back(Compared{term.kind, term.stage, {}, {}, {}}) : *known;
        same.devices.emplace(term.from, term.to);
        same.*side += time;
    }
}

/// The terms of both paths, by how much they are off.
std::vector<Compared> compare(const MeasuredTrace& run) {
    const samples::TraceHeader& header = run.data->header;
    std::vector<Compared> result;
    if (!header.predicted || !run.median) return result;
    add_terms(critical_path(*header.predicted, header.sink, header.start_ups), &Compared::predicted, result);
    add_terms(critical_path(*run.median, header.sink, header.start_ups), &Compared::measured, result);
    std::ranges::stable_sort(result, std::greater<>(),
                             [](const Compared& each) { return std::abs(each.off().count()); });
    return result;
}

std::string wrong_term(const std::vector<Compared>& terms, const TraceData& trace) {
    if (terms.empty()) return "";
    const Compared& worst = terms.front();
    return fmt::format("{}: {}{}", term_text(worst, trace), worst.off().count() < 0 ? "-" : "+",
                       time_text(util::Seconds(std::abs(worst.off().count()))));
}

/// Payload that the prediction sends in one frame.
std::optional<util::Bytes> predicted_bytes(const TraceData& trace) {
    if (!trace.header.predicted) return std::nullopt;
    util::Bytes sum;
    for (const samples::Transfer& transfer : trace.header.predicted->transfers) sum += transfer.bytes;
    return sum;
}

/// The largest of all devices' amounts, over all repetitions.
Cell largest_memory(const Group& group, std::optional<util::Bytes> samples::DeviceSummary::*amount) {
    std::optional<util::Bytes> largest;
    for (const MeasuredTrace* run : group.runs) {
        if (!run->data->summary) continue;
        for (const samples::DeviceSummary& device : run->data->summary->device_summaries)
            if (device.*amount && (!largest || *largest < *(device.*amount))) largest = device.*amount;
    }
    return largest ? bytes_cell(*largest) : Cell{};
}

/// The worst outcome of all repetitions.
std::string verified(const Group& group) {
    std::string worst;
    for (const MeasuredTrace* run : group.runs) {
        const auto& summary = run->data->summary;
        const std::string outcome = summary && summary->verify ? summary->verify->outcome : "not verified";
        const auto rank = [](const std::string& each) {
            return each == "bit for bit" ? 1 : each == "within bound" ? 2 : each.empty() ? 0 : 3;
        };
        if (rank(outcome) > rank(worst)) worst = outcome;
    }
    return worst;
}

std::uint64_t frames_of(const Group& group) {
    std::uint64_t frames = 0;
    for (const MeasuredTrace* run : group.runs) frames += run->data->frames;
    return frames;
}

std::vector<Cell> row_of(const Group& group) {
    const TraceData& trace = *group.middle().data;
    const std::vector<double> latencies = group.latencies();
    const auto predicted = trace.predicted_latency();
    std::optional<util::Seconds> measured;
    Cell spread;
    if (!latencies.empty()) measured = util::Seconds(util::median(latencies));
    if (latencies.size() > 1)
        spread = ratio_cell((util::quantile(latencies, 1) - util::quantile(latencies, 0)) / measured->count());
    const auto bytes = trace.bytes_per_frame();
    const auto planned_bytes = predicted_bytes(trace);
    return {text_cell(group.model),
            text_cell(group.cluster),
            text_cell(group.strategy),
            count_cell(group.runs.size()),
            count_cell(frames_of(group)),
            time_cell(predicted),
            time_cell(measured),
            spread,
            difference_cell(predicted, measured),
            text_cell(wrong_term(compare(group.middle()), trace)),
            planned_bytes ? bytes_cell(*planned_bytes) : Cell{},
            bytes ? ratio_cell(*bytes) : Cell{},
            largest_memory(group, &samples::DeviceSummary::planned_memory),
            largest_memory(group, &samples::DeviceSummary::peak_memory),
            text_cell(verified(group)),
            ratio_cell(group.dilation)};
}

Table cell_table(std::span<const Group> groups) {
    const bool dilated = std::ranges::any_of(groups, [](const Group& group) { return group.dilation != 1; });
    Table table{.key = "cells",
                .title = "",
                .columns = {{"model", "model"},
                            {"cluster", "cluster"},
                            {"strategy", "strategy"},
                            {"runs", "runs", Quantity::count},
                            {"frames", "frames", Quantity::count},
                            {"predicted_ms", "predicted", Quantity::milliseconds},
                            {"measured_ms", "measured", Quantity::milliseconds},
                            {"spread_ratio", "spread", Quantity::ratio},
                            {"difference_ratio", "off", Quantity::difference},
                            {"wrong_term", "most wrong"},
                            {"predicted_bytes_per_frame", "predicted traffic", Quantity::bytes},
                            {"payload_bytes_per_frame", "traffic", Quantity::bytes},
                            {"planned_memory_bytes", "planned memory", Quantity::bytes},
                            {"peak_memory_bytes", "peak memory", Quantity::bytes},
                            {"verify", "verify"},
                            {"dilation", "dilation", Quantity::real, dilated}}};
    std::vector<std::string> names;
    for (const Group& group : groups)
        for (const auto& [name, value] : group.labels)
            if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    for (const std::string& name : names) table.columns.push_back({name, name, Quantity::text, false});
    for (const Group& group : groups) {
        table.rows.push_back(row_of(group));
        for (const std::string& name : names) table.rows.back().push_back(text_cell(label(group.labels, name.c_str())));
    }
    table.notes.emplace_back(
        "measured: median of the runs' median latencies; spread: their largest less their least, over it");
    table.notes.emplace_back(
        "most wrong: the part of the critical path whose time is off by most; memory: the largest of a device");
    if (dilated)
        table.notes.emplace_back("dilation: so many times slower it was measured; times here are divided by it");
    return table;
}

Table term_table(std::span<const Group> groups) {
    constexpr std::size_t kMostTerms = 12;
    Table table{.key = "terms",
                .title = "What the latency goes into, along the critical path of the median run's median frame",
                .columns = {{"model", "model", Quantity::text, true, true},
                            {"cluster", "cluster", Quantity::text, true, true},
                            {"strategy", "strategy", Quantity::text, true, true},
                            {"term", "term"},
                            {"predicted_ms", "predicted", Quantity::milliseconds},
                            {"measured_ms", "measured", Quantity::milliseconds},
                            {"off_ms", "off", Quantity::milliseconds},
                            {"difference_ratio", "off", Quantity::difference}}};
    for (const Group& group : groups) {
        const MeasuredTrace& run = group.middle();
        std::vector<Compared> terms = compare(run);
        const auto add = [&](const std::string& name, util::Seconds predicted, util::Seconds measured) {
            table.rows.push_back({text_cell(group.model), text_cell(group.cluster), text_cell(group.strategy),
                                  text_cell(name), time_cell(predicted), time_cell(measured),
                                  time_cell(measured - predicted), difference_cell(predicted, measured)});
        };
        Compared rest;
        for (std::size_t i = 0; i < terms.size(); ++i) {
            if (i < kMostTerms) {
                add(term_text(terms[i], *run.data), terms[i].predicted, terms[i].measured);
            } else {
                rest.predicted += terms[i].predicted;
                rest.measured += terms[i].measured;
            }
        }
        if (terms.size() > kMostTerms)
            add(fmt::format("{} others", terms.size() - kMostTerms), rest.predicted, rest.measured);
    }
    return table;
}

/// Where the numbers come from: what all runs have in common, for people.
void add_origin(std::span<const Group> groups, Section& section) {
    for (const auto& [name, value] : groups.front().labels) {
        if (name == kCommand) continue;
        const bool same = std::ranges::all_of(groups, [&](const Group& group) {
            const std::string other = label(group.labels, name.c_str());
            return other.empty() || other == value;
        });
        section.lines.push_back({name, same ? value : "several: see the csv"});
    }
    for (const Group& group : groups)
        if (const std::string command = label(group.labels, kCommand); !command.empty())
            section.lines.push_back({"command", command});
}

CellChart chart_of(std::span<const Group> groups) {
    CellChart chart;
    for (const Group& group : groups) {
        const std::vector<double> latencies = group.latencies();
        CellChart::Bar bar{group.name(), group.middle().data->predicted_latency(), std::nullopt, {}, {}};
        if (!latencies.empty()) {
            bar.measured = util::Seconds(util::median(latencies));
            bar.least = util::Seconds(util::quantile(latencies, 0));
            bar.most = util::Seconds(util::quantile(latencies, 1));
        }
        chart.bars.push_back(bar);
    }
    return chart;
}

}  // namespace

Section cells_section(std::span<const MeasuredTrace> runs) {
    Section section{.file = "", .kind = "cells", .title = "Prediction against reality"};
    const std::vector<Group> groups = group_runs(runs);
    if (groups.empty()) return section;
    add_origin(groups, section);
    for (const MeasuredTrace& run : runs)
        if (!run.data->cut_off.empty() || !run.data->summary)
            section.warnings.push_back(fmt::format("{} is not complete", run.data->file));
    add_table(section, cell_table(groups));
    add_table(section, term_table(groups));
    section.pictures.emplace_back(chart_of(groups));
    return section;
}

}  // namespace convoy::report::detail

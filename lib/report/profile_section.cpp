#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"
#include "samples/profile.hpp"
#include "util/statistics.hpp"

namespace convoy::report::detail {
namespace {

void add_context(const samples::Context& context, Section& section) {
    std::string text = context.device;
    if (!context.cpu.empty()) text += ": " + context.cpu;
    text += fmt::format(", {}", count_text(static_cast<std::uint64_t>(context.cores), "core"));
    if (!context.kernel.empty()) text += ", " + context.kernel;
    if (!context.governor.empty()) text += fmt::format(", CPU governor {}", context.governor);
    if (context.cpu_limit) text += fmt::format(", limited to {} of them", number_text(*context.cpu_limit));
    if (context.frequency_mhz) text += fmt::format(", {} MHz", number_text(*context.frequency_mhz));
    if (context.temperature_celsius)
        text += fmt::format(", {} degrees Celsius", number_text(*context.temperature_celsius));
    if (context.throttled.value_or(0) > 0)
        text += fmt::format(", throttled {}", count_text(static_cast<std::uint64_t>(*context.throttled), "time"));
    if (context.stretch != 1) text += fmt::format(" (emulated, {} times slower)", number_text(context.stretch));
    section.lines.push_back({"device", text});
    section.facts.push_back({"device", context.device});
    section.facts.push_back({"cpu", context.cpu});
    section.facts.push_back({"cores", std::int64_t{context.cores}});
}

void add_model(const samples::Profile& profile, Section& section) {
    if (profile.model_file.empty()) return;
    section.lines.push_back({"model", fmt::format("{}, {}", profile.model_file, flops_text(profile.model_flops))});
    section.facts.push_back({"model", profile.model_file});
    section.facts.push_back({"model_flops", profile.model_flops.value});
}

void add_samples(const samples::Profile& profile, Section& section) {
    section.facts.push_back({"samples", count_cell(profile.layers.size())});
    if (profile.layers.empty()) return;
    std::set<std::string> operators;
    std::set<double> loads;
    for (const samples::LayerSample& sample : profile.layers) {
        operators.insert(sample.op);
        loads.insert(sample.load_offered);
    }
    std::string text =
        fmt::format("{} of {}", count_text(profile.layers.size(), "sample"), count_text(operators.size(), "operator"));
    if (loads != std::set<double>{0}) {
        std::vector<std::string> texts;
        for (const double load : loads) texts.push_back(fmt::format("{:.0f} %", load * 100));
        text += fmt::format(", under CPU loads of {}", fmt::join(texts, ", "));
    }
    if (profile.piece_overhead)
        text += fmt::format("; {} for each piece beside its operators", time_text(profile.piece_overhead->median));
    section.lines.push_back({"samples", text});
    section.facts.push_back({"operators", count_cell(operators.size())});
    if (profile.piece_overhead)
        section.facts.push_back({"piece_overhead_ms", time_cell(profile.piece_overhead->median)});
}

/// How much longer than when they are repeated at once the operators take in a pass.
std::optional<double> cold_ratio(const samples::Profile& profile) {
    util::Seconds among{0};
    util::Seconds alone{0};
    for (const samples::LayerSample& sample : profile.layers) {
        if (!sample.repeated) continue;
        among += sample.time.median;
        alone += *sample.repeated;
    }
    if (alone <= util::Seconds(0)) return std::nullopt;
    return among / alone;
}

/// How sure the samples are, and what the way of timing them makes of them.
void add_quality(const samples::Profile& profile, Section& section) {
    std::map<samples::Stop, std::size_t> stops;
    for (const samples::LayerSample& sample : profile.layers) ++stops[sample.stop];
    if (stops.contains(samples::Stop::unknown) || stops.empty()) return;
    std::string text = fmt::format("{} stable", stops[samples::Stop::stable]);
    if (const std::size_t count = stops[samples::Stop::max_runs]; count > 0)
        text += fmt::format(", {} after all runs that were allowed", count);
    if (const std::size_t count = stops[samples::Stop::budget]; count > 0)
        text += fmt::format(", {} cut short by the budget", count);
    if (profile.missing > 0) text += fmt::format(", {} missing", profile.missing);
    if (const std::optional<double> ratio = cold_ratio(profile)) {
        text += fmt::format("; operators take {:.1f} % more in a pass than repeated at once", 100 * (*ratio - 1));
        section.facts.push_back({"pass_ratio", ratio_cell(*ratio)});
    }
    section.lines.push_back({"quality", text});
    section.facts.push_back({"stable", count_cell(stops[samples::Stop::stable])});
    section.facts.push_back({"missing", profile.missing});
}

/// How fast the device was; only comparisons within one device mean something.
void add_pace(const samples::Profile& profile, Section& section) {
    if (!profile.pace) return;
    const auto gflop_per_s = [](util::FlopsPerSecond pace) { return pace.value / 1e9; };
    const samples::PaceRange& pace = *profile.pace;
    section.lines.push_back(
        {"pace", fmt::format("{:.3g} GFLOP/s of plain arithmetic, from {:.3g} to {:.3g}", gflop_per_s(pace.usual),
                             gflop_per_s(pace.least), gflop_per_s(pace.most))});
    section.facts.push_back({"usual_pace_gflop_per_s", ratio_cell(gflop_per_s(pace.usual))});
    section.facts.push_back({"least_pace_gflop_per_s", ratio_cell(gflop_per_s(pace.least))});
    section.facts.push_back({"most_pace_gflop_per_s", ratio_cell(gflop_per_s(pace.most))});
}

void add_sweep(const samples::Profile& profile, Section& section) {
    if (!profile.sweep) return;
    section.lines.push_back({"sweep", fmt::format("{} synthetic layers of each kind, seed {}", profile.sweep->layers,
                                                  profile.sweep->seed)});
    section.facts.push_back({"sweep_layers", profile.sweep->layers});
}

Table codec_table(const samples::Profile& profile) {
    Table table{.key = "codecs",
                .title = "Codecs of the wire",
                .columns = {{"codec", "codec"},
                            {"bytes", "tensor", Quantity::bytes},
                            {"encode_ms", "encode", Quantity::milliseconds},
                            {"decode_ms", "decode", Quantity::milliseconds},
                            {"encode_gb_per_s", "encode GB/s", Quantity::real},
                            {"decode_gb_per_s", "decode GB/s", Quantity::real}}};
    for (const samples::CodecSample& sample : profile.codecs) {
        const auto rate = [&](util::Seconds time) {
            return static_cast<double>(sample.bytes.value) / time.count() / 1e9;
        };
        table.rows.push_back({sample.codec, bytes_cell(sample.bytes), time_cell(sample.encode.median),
                              time_cell(sample.decode.median), ratio_cell(rate(sample.encode.median)),
                              ratio_cell(rate(sample.decode.median))});
    }
    return table;
}

Table model_table(const samples::Profile& profile) {
    Table table{.key = "whole_model",
                .title = "The whole model, unsplit",
                .columns = {{"load", "load offered", Quantity::ratio},
                            {"load_obtained", "obtained", Quantity::ratio},
                            {"load_before", "seen before", Quantity::ratio},
                            {"threads", "threads", Quantity::count},
                            {"median_ms", "median", Quantity::milliseconds},
                            {"min_ms", "least", Quantity::milliseconds},
                            {"p95_ms", "95 %", Quantity::milliseconds},
                            {"n", "runs", Quantity::count}}};
    for (const samples::ModelSample& sample : profile.whole_model)
        table.rows.push_back({sample.load_offered, ratio_cell(sample.load_obtained),
                              sample.load_before ? ratio_cell(*sample.load_before) : Cell{},
                              std::int64_t{sample.threads}, time_cell(sample.time.median), time_cell(sample.time.min),
                              time_cell(sample.time.p95), sample.time.n});
    return table;
}

Table type_table(const samples::Profile& profile) {
    Table table{.key = "operator_types",
                .title = "Samples by operator type",
                .columns = {{"type", "type"},
                            {"samples", "samples", Quantity::count},
                            {"min_ms", "fastest", Quantity::milliseconds},
                            {"max_ms", "slowest", Quantity::milliseconds},
                            {"gflop_per_s", "median GFLOP/s", Quantity::real}}};
    std::map<std::string, std::vector<const samples::LayerSample*>> types;
    for (const samples::LayerSample& sample : profile.layers)
        types[samples::operator_type(sample.work)].push_back(&sample);
    for (const auto& [type, members] : types) {
        std::vector<double> seconds;
        std::vector<double> rates;
        for (const samples::LayerSample* sample : members) {
            seconds.push_back(sample->time.median.count());
            rates.push_back(sample->work.flops.value / sample->time.median.count() / 1e9);
        }
        const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
        table.rows.push_back({type, count_cell(members.size()), time_cell(util::Seconds(*least)),
                              time_cell(util::Seconds(*most)), ratio_cell(util::median(rates))});
    }
    return table;
}

std::string fit_text(const samples::LinkFit& fit) {
    std::string text = fmt::format("{}, {} per message", rate_text(fit.rate), time_text(fit.start_up));
    if (fit.delay > util::Seconds{0}) text += fmt::format(", then {}", time_text(fit.delay));
    if (fit.jitter > util::Seconds{0}) text += fmt::format("; jitter {}", time_text(fit.jitter));
    return text;
}

void add_fit(const samples::LinkFit& fit, const std::string& prefix, Section& section) {
    section.facts.push_back({prefix + "rate_mbit_per_s", rate_cell(fit.rate)});
    section.facts.push_back({prefix + "start_up_ms", time_cell(fit.start_up)});
    section.facts.push_back({prefix + "delay_ms", time_cell(fit.delay)});
    section.facts.push_back({prefix + "jitter_ms", time_cell(fit.jitter)});
}

util::Seconds fitted_time(const samples::LinkProfile& link, const samples::LinkSample& sample) {
    const bool out = sample.direction == samples::Direction::out;
    const samples::LinkFit& fit = out ? link.fitted : link.back.value_or(link.fitted);
    return static_cast<double>(sample.messages) * (fit.start_up + sample.bytes / fit.rate) + fit.delay;
}

Table message_table(const samples::LinkProfile& link, const std::string& key, const std::string& title) {
    Table table{.key = key,
                .title = title,
                .columns = {{"bytes", "size", Quantity::bytes},
                            {"messages", "messages", Quantity::count},
                            {"direction", "direction"},
                            {"fitted_ms", "fitted", Quantity::milliseconds},
                            {"one_way_ms", "measured", Quantity::milliseconds},
                            {"difference_ratio", "off", Quantity::difference},
                            {"round_trip_ms", "round trip", Quantity::milliseconds}}};
    for (const samples::LinkSample& sample : link.samples) {
        const util::Seconds fitted = fitted_time(link, sample);
        table.rows.push_back({bytes_cell(sample.bytes), sample.messages,
                              sample.direction == samples::Direction::out ? "out" : "back", time_cell(fitted),
                              time_cell(sample.one_way.median), difference_cell(fitted, sample.one_way.median),
                              time_cell(sample.round_trip.median)});
    }
    return table;
}

std::string peer_text(const samples::LinkProfile& link) {
    return link.peer.empty() ? link.url : fmt::format("{} ({})", link.peer, link.url);
}

void add_link(const samples::LinkProfile& link, Section& section) {
    section.lines.push_back({"link", fmt::format("to {}: {}", peer_text(link), fit_text(link.fitted))});
    if (link.back) section.lines.push_back({"back", fmt::format("from {}: {}", link.peer, fit_text(*link.back))});
    section.facts.push_back({"peer", link.peer});
    add_fit(link.fitted, "", section);
    if (link.back) add_fit(*link.back, "back_", section);
    add_table(section, message_table(link, "messages", "Messages: the link as fitted, and as measured"));
}

/// The links that were measured with the device.
void add_links(const samples::Profile& profile, Section& section) {
    Table table{.key = "links",
                .title = "Links",
                .columns = {{"from", "from"},
                            {"to", "to"},
                            {"rate_mbit_per_s", "rate", Quantity::mbit_per_s},
                            {"start_up_ms", "start-up", Quantity::milliseconds},
                            {"delay_ms", "delay", Quantity::milliseconds},
                            {"jitter_ms", "jitter", Quantity::milliseconds}}};
    const auto add = [&](const std::string& from, const std::string& to, const samples::LinkFit& fit) {
        table.rows.push_back(
            {from, to, rate_cell(fit.rate), time_cell(fit.start_up), time_cell(fit.delay), time_cell(fit.jitter)});
    };
    for (const samples::LinkProfile& link : profile.links) {
        add(profile.context.device, link.peer, link.fitted);
        if (link.back) add(link.peer, profile.context.device, *link.back);
    }
    add_table(section, std::move(table));
}

}  // namespace

Section profile_section(const util::FileView& file) {
    const samples::Profile profile = samples::read_profile(file);
    Section section{.file = file.name(), .kind = "profile", .title = "measurements on " + profile.context.device};
    add_context(profile.context, section);
    add_model(profile, section);
    add_samples(profile, section);
    add_quality(profile, section);
    add_pace(profile, section);
    add_sweep(profile, section);
    add_table(section, model_table(profile));
    add_table(section, type_table(profile));
    add_table(section, codec_table(profile));
    if (profile.link) add_link(*profile.link, section);
    add_links(profile, section);
    return section;
}

}  // namespace convoy::report::detail

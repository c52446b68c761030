#include <fmt/format.h>

#include "plan/plan_file.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

/// "h 0..40, c 0..64": the axes that a box names.
std::string box_text(const yaml::Reader& box) {
    std::vector<std::string> axes;
    for (const char* axis : {"n", "c", "h", "w"}) {
        if (const auto interval = box.optional(axis)) {
            const std::vector<std::int64_t> ends = interval->integers();
            axes.push_back(fmt::format("{} {}..{}", axis, ends[0], ends[1]));
        }
    }
    return axes.empty() ? "all" : fmt::format("{}", fmt::join(axes, ", "));
}

std::string piece_text(const yaml::Reader& piece) {
    const auto in = piece.optional("in");
    return in ? fmt::format("{}, sums over {}", box_text(piece), box_text(*in)) : box_text(piece);
}

std::string layers_text(const yaml::Reader& stage) {
    if (const auto tensor = stage.optional("hold")) return "hold " + tensor->string();
    const auto layers = stage.optional("layers");
    return layers ? fmt::format("{}", fmt::join(layers->strings(), ", ")) : "";
}

/// Who computes what, of one stage.
void add_shares(std::size_t route, std::size_t number, const yaml::Reader& stage, Table& table) {
    const auto add = [&](const std::string& device, std::size_t pieces, const std::string& boxes) {
        table.rows.push_back(
            {count_cell(route), count_cell(number), layers_text(stage), device, count_cell(pieces), boxes});
    };
    if (const auto on = stage.optional("on"))
        for (const std::string& device : on->strings()) add(device, 1, "all");
    const auto shares = stage.optional("shares");
    if (!shares) return;
    for (const auto& entry : shares->entries()) {
        std::vector<std::string> boxes;
        for (const yaml::Reader& piece : entry.value.items()) boxes.push_back(piece_text(piece));
        add(entry.name, boxes.size(), fmt::format("{}", fmt::join(boxes, "; ")));
    }
}

std::vector<yaml::Reader> stages_of(const yaml::Reader& holder) {
    const auto stages = holder.optional("stages");
    return stages ? stages->items() : std::vector<yaml::Reader>();
}

Table share_table(const yaml::Document& document) {
    Table table{.key = "shares",
                .title = "Shares: the pieces that each device computes",
                .columns = {{"route", "route", Quantity::count, true, true},
                            {"stage", "stage", Quantity::count, true, true},
                            {"layers", "layers", Quantity::text, true, true},
                            {"device", "device"},
                            {"pieces", "pieces", Quantity::count},
                            {"boxes", "of the output of the last layer"}}};
    std::vector<std::vector<yaml::Reader>> routes;
    if (const auto listed = document.root().optional("routes")) {
        for (const yaml::Reader& route : listed->items()) routes.push_back(stages_of(route));
    } else {
        routes.push_back(stages_of(document.root()));
        table.columns.front().shown = false;
    }
    for (std::size_t route = 0; route < routes.size(); ++route)
        for (std::size_t stage = 0; stage < routes[route].size(); ++stage)
            add_shares(route, stage, routes[route][stage], table);
    return table;
}

std::uint32_t device_of(const yaml::Reader& name, const std::vector<std::string>& devices) {
    for (std::uint32_t i = 0; i < devices.size(); ++i)
        if (devices[i] == name.string()) return i;
    name.fail(fmt::format("unknown device '{}'", name.string()), util::suggestion(name.string(), devices));
}

/// A plan's prediction as a trace without frames.
TraceData as_trace(const yaml::Document& document) {
    TraceData trace;
    trace.header.devices = document["devices"].strings();
    const auto source = document.root().optional("source");
    const auto sink = document.root().optional("sink");
    if (source) trace.header.source = device_of(*source, trace.header.devices);
    trace.header.sink = sink ? device_of(*sink, trace.header.devices) : trace.header.source;
    const auto routes = document.root().optional("routes");
    for (const yaml::Reader& stage : stages_of(routes ? routes->items().front() : document.root()))
        trace.header.stages.push_back(layers_text(stage));
    if (const auto predicted = document.root().optional("predicted"))
        trace.header.predicted = samples::read_timeline(*predicted, trace.header.devices);
    if (trace.header.predicted) trace.predicted = add_up(*trace.header.predicted, 0);
    return trace;
}

std::string model_of(const yaml::Document& document) {
    const auto inputs = document.root().optional("inputs");
    const auto model = inputs ? inputs->optional("model") : std::nullopt;
    return model ? (*model)["file"].string() : "";
}

void add_overview(const yaml::Document& document, const TraceData& trace, Section& section) {
    const std::string model = model_of(document);
    const std::int64_t in_flight = document["in_flight"].integer();
    if (!model.empty()) section.lines.push_back({"model", model});
    section.lines.push_back({"devices", devices_text(trace.header)});
    if (in_flight > 1) section.lines.push_back({"frames", fmt::format("{} in flight", in_flight)});
    section.lines.push_back({"latency", trace.predicted
                                            ? predicted_and_measured(trace.predicted_latency(), std::nullopt)
                                            : "not predicted"});
    section.facts = {{"generator", document["generator"].string()},
                     {"model", model},
                     {"strategy", document["strategy"].string()},
                     {"devices", trace.header.devices},
                     {"in_flight", in_flight},
                     {"latency_predicted_ms", time_cell(trace.predicted_latency())}};
}

}  // namespace

Section plan_section(const util::FileView& file) {
    const yaml::Document document = yaml::open_document(plan::plan_kind(), file);
    const TraceData trace = as_trace(document);
    Section section{.file = file.name(), .kind = "plan", .title = "a plan"};
    const std::string strategy = document["strategy"].string();
    const std::string generator = document["generator"].string();
    if (!strategy.empty()) section.title += " by the strategy " + strategy;
    if (!generator.empty()) section.title += ", made by " + generator;
    add_overview(document, trace, section);
    add_table(section, share_table(document));
    if (!trace.predicted) return section;
    section.pictures.emplace_back(FrameChart{.title = "A frame, as predicted",
                                             .devices = trace.header.devices,
                                             .stages = trace.header.stages,
                                             .predicted = trace.header.predicted,
                                             .measured = {}});
    add_table(section, stage_table(trace));
    add_table(section, link_table(trace));
    add_table(section, device_table(trace));
    return section;
}

}  // namespace convoy::report::detail

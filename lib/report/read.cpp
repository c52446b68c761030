#include <fmt/format.h>

#include "report/sections.hpp"
#include "yaml/node.hpp"

namespace convoy::report {
namespace {

struct Kind {
    const char* name;
    Section (*section)(const util::FileView& file);
};
constexpr Kind kKinds[] = {
    {"profile", detail::profile_section},       {"plan", detail::plan_section},
    {"comparison", detail::comparison_section}, {"latency", detail::latency_section},
    {"cluster", detail::cluster_section},       {"evaluation", detail::evaluation_section},
    {"compression", detail::compression_section},
};
constexpr const char* kTrace = "trace";

/// What the first document says it is; a stream is not read further.
yaml::Node first_document(const util::FileView& file) {
    std::optional<yaml::Node> first = yaml::NodeStream(file).next();
    return first ? std::move(*first) : yaml::parse("", file.name());
}

[[noreturn]] void refuse(const yaml::Node& document, const std::string& kind) {
    std::vector<std::string> names{kTrace};
    for (const Kind& known : kKinds) names.emplace_back(known.name);
    const yaml::Node* schema = document.find("schema");
    throw util::Error(util::Errc::data, fmt::format("there is no report about a {} file", kind))
        .at(schema ? schema->where() : document.where())
        .key("schema")
        .hint(fmt::format("kinds with a report: {}", fmt::join(names, ", ")));
}

Section section_of(const util::FileView& file, const yaml::Node& document, const std::string& kind) {
    for (const Kind& known : kKinds)
        if (kind == known.name) return known.section(file);
    refuse(document, kind);
}

}  // namespace

Report read(std::span<const util::FileView> files, const Options& options) {
    Report report;
    std::vector<detail::TraceData> traces;
    std::vector<std::optional<samples::Timeline>> medians;
    for (const util::FileView& file : files) {
        const yaml::Node document = first_document(file);
        const std::string kind = yaml::kind_of(document);
        if (kind != kTrace) {
            report.sections.push_back(section_of(file, document, kind));
            continue;
        }
        traces.push_back(detail::read_trace(file, options.frames));
        if (options.explain) {
            medians.push_back(detail::median_frame(file, traces.back()));
            continue;
        }
        report.sections.push_back(detail::trace_section(traces.back()));
        if (options.pictures) report.sections.back().pictures = detail::trace_pictures(file, traces.back());
        traces.back().kept.clear();
    }
    if (options.explain) {
        std::vector<detail::MeasuredTrace> runs;
        for (std::size_t i = 0; i < traces.size(); ++i) runs.push_back({&traces[i], std::move(medians[i])});
        report.sections.push_back(detail::cells_section(runs));
    } else if (traces.size() > 1)
        report.sections.push_back(detail::side_by_side(traces));
    return report;
}

}  // namespace convoy::report

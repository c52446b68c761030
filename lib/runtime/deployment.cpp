#include "runtime/deployment.hpp"

#include <fmt/format.h>

#include <charconv>

#include "util/error.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::runtime {
namespace {

using yaml::Value;

const yaml::Schema& start_up_schema() {
    static const yaml::Schema table{
        "start_up",
        {
            {.key = "start_up_ms",
             .type = yaml::number(),
             .unit = "ms",
             .required = true,
             .doc = "waited by the sender"},
            {.key = "rate_mbit_per_s", .type = yaml::positive(), .unit = "Mbit/s", .required = true},
        }};
    return table;
}

const yaml::Schema& schema() {
    static const yaml::Schema table{
        "deploy",
        {
            {.key = "session", .type = yaml::text(), .required = true, .doc = "hex number that peers must show"},
            {.key = "device", .type = yaml::text(), .required = true, .doc = "the receiver's name in the plan"},
            {.key = "model_file", .type = yaml::text(), .required = true, .doc = "where the coordinator reads it"},
            {.key = "model_sha256", .type = yaml::text(), .required = true, .doc = "of the model's bytes"},
            {.key = "input_shapes", .type = yaml::map_of(yaml::sequence_of(yaml::integer(1))), .doc = "fixed dims"},
            {.key = "threads", .type = yaml::integer(1, 1024), .required = true, .doc = "of the engine"},
            {.key = "memory_bytes", .type = yaml::integer(1), .unit = "bytes", .doc = "that the share may take"},
            {.key = "urls", .type = yaml::map_of(yaml::text()), .doc = "where each other device listens"},
            {.key = "start_ups", .type = yaml::map_of(yaml::record(start_up_schema())), .doc = "links to emulate"},
            {.key = "plan", .type = yaml::text(), .required = true, .doc = "text of the plan file"},
        }};
    return table;
}

const yaml::DocumentKind& kind() {
    static const yaml::DocumentKind deploy{"deploy", 1, 1, schema()};
    return deploy;
}

std::uint64_t session_number(const yaml::Reader& session) {
    const std::string digits = session.string();
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (failure != std::errc() || end != digits.data() + digits.size()) session.fail("is not a hexadecimal number");
    return number;
}

}  // namespace

std::string write(const Deployment& deployment) {
    Value shapes = Value::map();
    for (const auto& [input, dims] : deployment.model_options.input_shapes) shapes.set(input, dims);
    Value urls = Value::map();
    for (const auto& [device, url] : deployment.urls) urls.set(device, url);
    Value start_ups = Value::map();
    for (const auto& [device, link] : deployment.start_ups)
        start_ups.set(device, Value::map({{"start_up_ms", util::milliseconds(link.start_up)},
                                          {"rate_mbit_per_s", util::mbit_per_s(link.rate)}}));
    Value document = Value::map({{"session", fmt::format("{:x}", deployment.session)},
                                 {"device", deployment.device},
                                 {"model_file", deployment.model_file},
                                 {"model_sha256", deployment.model_sha256},
                                 {"input_shapes", shapes},
                                 {"threads", deployment.threads},
                                 {"urls", urls},
                                 {"plan", deployment.plan}});
    if (!deployment.start_ups.empty()) document.set("start_ups", start_ups);
    if (deployment.memory) document.set("memory_bytes", deployment.memory->value);
    return yaml::write_document(kind(), document);
}

void require_memory(const std::string& device, const plan::Memory& needed, util::Bytes limit) {
    if (needed.peak <= limit) return;
    throw util::Error(util::Errc::impossible,
                      fmt::format("device '{}' needs {} bytes for its share, {} of them for weights; its limit is {}",
                                  device, needed.peak.value, needed.weights.value, limit.value))
        .hint("plan a smaller share for it, or raise its memory_bytes or --memory-limit");
}

Deployment read_deployment(std::string text, const std::string& name) {
    const yaml::Document document = yaml::open_document(kind(), util::FileView::from_bytes(std::move(text), name));
    const yaml::Reader root = document.root();
    Deployment deployment;
    deployment.session = session_number(root["session"]);
    deployment.device = root["device"].string();
    deployment.model_file = root["model_file"].string();
    deployment.model_sha256 = root["model_sha256"].string();
    deployment.threads = static_cast<int>(root["threads"].integer());
    deployment.plan = root["plan"].string();
    if (const auto memory = root.optional("memory_bytes")) deployment.memory = util::Bytes(memory->integer());
    if (const auto shapes = root.optional("input_shapes"))
        for (const auto& entry : shapes->entries())
            deployment.model_options.input_shapes[entry.name] = entry.value.integers();
    if (const auto urls = root.optional("urls"))
        for (const auto& entry : urls->entries()) deployment.urls[entry.name] = entry.value.string();
    if (const auto start_ups = root.optional("start_ups"))
        for (const auto& entry : start_ups->entries())
            deployment.start_ups[entry.name] = {util::from_milliseconds(entry.value["start_up_ms"].number()),
                                                util::from_mbit_per_s(entry.value["rate_mbit_per_s"].number())};
    return deployment;
}

}  // namespace convoy::runtime

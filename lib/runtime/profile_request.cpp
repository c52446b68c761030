#include "runtime/profile_request.hpp"

#include <limits>

#include "engine/profiler.hpp"
#include "util/file.hpp"
#include "util/hash.hpp"
#include "yaml/document.hpp"

namespace convoy::runtime {
namespace {

using yaml::Value;

constexpr double kLongestBudget = 7 * 24 * 3600;
/// Conditions that a device is profiled under: more would be no measurement but an attack.
constexpr std::size_t kMostConditions = 64;

const yaml::Schema& schema() {
    static const yaml::Schema table{
        "profile_request",
        {
            {.key = "task", .type = yaml::choice({"join", "device", "link"}), .required = true},
            {.key = "device", .type = yaml::text(), .required = true, .doc = "the receiver's name in the cluster"},
            {.key = "budget_s", .type = yaml::number(0, kLongestBudget), .unit = "s", .default_text = "0"},
            {.key = "sweep_layers",
             .type = yaml::integer(0, engine::kMostSweepLayers),
             .default_text = "0",
             .doc = "synthetic layers of each kind"},
            {.key = "model_file", .type = yaml::any_text(), .default_text = "''"},
            {.key = "model_sha256", .type = yaml::any_text(), .default_text = "''"},
            {.key = "input_shapes", .type = yaml::map_of(yaml::sequence_of(yaml::integer(1))), .default_text = "{}"},
            {.key = "loads",
             .type = yaml::sequence_of(yaml::number(0, engine::kLargestProfileLoad), 1, kMostConditions),
             .default_text = "[0]"},
            {.key = "threads",
             .type = yaml::sequence_of(yaml::integer(1, engine::kMostProfileThreads), 1, kMostConditions),
             .default_text = "[1]"},
            {.key = "stable", .type = yaml::positive(), .default_text = "0.03", .doc = "width of a median's interval"},
            {.key = "max_runs", .type = yaml::integer(1, engine::kMostProfileRuns), .default_text = "100"},
            {.key = "seed",
             .type = yaml::integer(0, std::numeric_limits<std::int64_t>::max()),
             .default_text = "1",
             .doc = "of a sweep"},
            {.key = "peer", .type = yaml::any_text(), .default_text = "''", .doc = "at the other end of the link"},
            {.key = "url", .type = yaml::any_text(), .default_text = "''", .doc = "where it listens"},
        }};
    return table;
}

const yaml::DocumentKind& kind() {
    static const yaml::DocumentKind request{"profile_request", 1, 1, schema()};
    return request;
}

const char* to_string(ProfileRequest::Task task) noexcept {
    switch (task) {
        case ProfileRequest::Task::join:
            return "join";
        case ProfileRequest::Task::device:
            return "device";
        case ProfileRequest::Task::link:
            return "link";
    }
    return "";
}

ProfileRequest::Task task_of(const std::string& name) {
    if (name == "device") return ProfileRequest::Task::device;
    return name == "link" ? ProfileRequest::Task::link : ProfileRequest::Task::join;
}

void check_complete(const ProfileRequest& request, const yaml::Reader& root) {
    const bool model = !request.model_sha256.empty();
    if (request.task == ProfileRequest::Task::device && !model && request.sweep_layers == 0)
        root["task"].fail("a device is profiled by a model or a sweep");
    if (model && !util::is_sha256(request.model_sha256)) root["model_sha256"].fail("is no SHA-256");
    if (request.task == ProfileRequest::Task::link && (request.peer.empty() || request.url.empty()))
        root["task"].fail("a link has a peer and its url");
}

}  // namespace

std::string write(const ProfileRequest& request) {
    Value document = Value::map(
        {{"task", to_string(request.task)}, {"device", request.device}, {"budget_s", request.budget.count()}});
    if (request.task == ProfileRequest::Task::device) {
        Value shapes = Value::map();
        for (const auto& [input, dims] : request.model_options.input_shapes) shapes.set(input, dims);
        document.set("sweep_layers", request.sweep_layers);
        document.set("model_file", request.model_file);
        document.set("model_sha256", request.model_sha256);
        document.set("input_shapes", shapes);
        document.set("loads", request.loads);
        document.set("threads", request.threads);
        document.set("stable", request.stable);
        document.set("max_runs", request.max_runs);
        document.set("seed", request.seed);
    }
    if (request.task == ProfileRequest::Task::link) {
        document.set("peer", request.peer);
        document.set("url", request.url);
    }
    return yaml::write_document(kind(), document);
}

ProfileRequest read_profile_request(std::string text, const std::string& name) {
    const yaml::Document document = yaml::open_document(kind(), util::FileView::from_bytes(std::move(text), name));
    const yaml::Reader root = document.root();
    ProfileRequest request;
    request.task = task_of(root["task"].string());
    request.device = root["device"].string();
    request.budget = util::Seconds(root["budget_s"].number());
    request.sweep_layers = root["sweep_layers"].integer();
    request.model_file = root["model_file"].string();
    request.model_sha256 = root["model_sha256"].string();
    for (const auto& entry : root["input_shapes"].entries())
        request.model_options.input_shapes[entry.name] = entry.value.integers();
    request.loads = root["loads"].numbers();
    request.threads.clear();
    for (const std::int64_t threads : root["threads"].integers()) request.threads.push_back(static_cast<int>(threads));
    request.stable = root["stable"].number();
    request.max_runs = static_cast<std::size_t>(root["max_runs"].integer());
    request.seed = static_cast<std::uint64_t>(root["seed"].integer());
    request.peer = root["peer"].string();
    request.url = root["url"].string();
    check_complete(request, root);
    return request;
}

}  // namespace convoy::runtime

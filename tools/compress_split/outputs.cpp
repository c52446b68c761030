#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <list>

#include "compress_split/job.hpp"
#include "compress_split/workshop.hpp"
#include "graph/onnx.hpp"
#include "graph/onnx_write.hpp"
#include "graph/surgery.hpp"
#include "partition/documents.hpp"
#include "util/error.hpp"
#include "util/file.hpp"
#include "util/hash.hpp"
#include "util/log.hpp"
#include "util/version.hpp"

namespace convoy::tools {

namespace {

namespace fs = std::filesystem;
using graph::TensorId;

constexpr std::string_view kOnnx = ".onnx";

std::string without_ending(const std::string& path) {
    return path.ends_with(kOnnx) ? path.substr(0, path.size() - kOnnx.size()) : path;
}

std::string default_model(const std::string& model) {
    const std::string name = model == "-" ? "model" : fs::path(model).filename().string();
    return without_ending(name) + ".split.onnx";
}

/// Files that appear together, when all of them are written.
class Together {
  public:
    void add(const std::string& path, std::string_view content) { files_.emplace_back(path).write(content); }
    void commit() {
        for (util::OutputFile& file : files_) file.commit();
    }

  private:
    std::list<util::OutputFile> files_;
};

/// What one half of a cut model reads and makes.
struct Half {
    std::vector<TensorId> given;
    std::vector<TensorId> wanted;
};
struct Halves {
    Half edge;
    Half cloud;
};

/// The device of the last stage is behind the cut, unless it is the source.
Halves halves_of(const graph::Graph& graph, const plan::Plan& plan) {
    std::vector<bool> here(graph.operators().size(), true);
    const std::vector<plan::Stage>& stages = plan.routes.front().stages;
    if (stages.back().shares.front().device != plan.source) {
        for (const graph::OperatorId op : stages.back().operators) here[index(op)] = false;
    }
    Halves halves;
    halves.edge.given = graph.inputs();
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        const TensorId tensor{static_cast<std::uint32_t>(t)};
        const auto producer = graph.producer(tensor);
        const bool made_here = !producer || here[index(*producer)];
        const auto& readers = graph.readers(tensor);
        const bool crosses = made_here && std::any_of(readers.begin(), readers.end(),
                                                      [&](graph::OperatorId reader) { return !here[index(reader)]; });
        if (crosses) halves.cloud.given.push_back(tensor);
        if (producer && (crosses || (made_here && graph.is_output(tensor)))) halves.edge.wanted.push_back(tensor);
        if (producer && !made_here && graph.is_output(tensor)) halves.cloud.wanted.push_back(tensor);
    }
    return halves;
}

void add_half(Together& files, const std::string& path, const graph::Graph& graph, const Half& half) {
    if (half.wanted.empty()) {
        util::log_warning("{} is not written: nothing is computed on that side of the cut", path);
        return;
    }
    files.add(path, graph::onnx_bytes(graph::part_between(graph, half.given, half.wanted)));
}

/// Where a model and its plan go.
struct Paths {
    std::string model;
    std::string plan;
};

std::string plan_text(const Paths& paths, const compress_split::Way& way, const Scene& scene, const std::string& onnx) {
    const compress_split::Bench bench(way.model, scene.bed);
    plan::PlanDocument document =
        partition::document(bench.problem, {paths.model, scene.cluster, paths.plan}, way.method, way.proposal);
    document.generator = fmt::format("convoy-compress-split {}", util::version());
    document.inputs.model->sha256 = util::sha256(std::string_view(onnx));
    const std::string text = plan::write_plan(document, way.model);
    // What convoy-run will read: the plan must fit the model as it is in the file.
    const graph::Graph written = graph::read_onnx(util::FileView::from_bytes(onnx, paths.model));
    (void)plan::read_plan(util::FileView::from_bytes(text, paths.plan), written);
    return text;
}

void add_way(Together& files, const Paths& paths, const compress_split::Way& way, const Scene& scene) {
    const std::string onnx = graph::onnx_bytes(way.model);
    files.add(paths.model, onnx);
    files.add(paths.plan, plan_text(paths, way, scene, onnx));
}

/// "compressed edge-only" goes to compressed-edge-only.onnx.
void add_rows(Together& files, const std::string& folder, const std::vector<compress_split::Way>& ways,
              const Scene& scene) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw util::Error(util::Errc::cannot_create, fmt::format("{}: {}", folder, error.message()));
    for (const compress_split::Way& way : ways) {
        std::string stem = way.method;
        std::replace(stem.begin(), stem.end(), ' ', '-');
        stem = (fs::path(folder) / stem).string();
        add_way(files, {stem + ".onnx", stem + ".plan.yaml"}, way, scene);
    }
}

}  // namespace

Outputs outputs_from(const cli::Options& options) {
    Outputs outputs;
    outputs.model = options.optional_text("output").value_or(default_model(options.positional("MODEL.onnx")));
    const std::string stem = without_ending(outputs.model == "-" ? default_model("-") : outputs.model);
    outputs.plan = options.optional_text("plan").value_or(stem + ".plan.yaml");
    outputs.table = options.text("table");
    outputs.rows = options.optional_text("write-rows").value_or("");
    if (options.flag("write-halves")) {
        outputs.edge = stem + ".edge.onnx";
        outputs.cloud = stem + ".cloud.onnx";
    }
    std::vector<std::string> paths{outputs.model, outputs.plan, outputs.table, outputs.edge, outputs.cloud};
    std::erase(paths, "");
    std::sort(paths.begin(), paths.end());
    const auto twice = std::adjacent_find(paths.begin(), paths.end());
    if (twice != paths.end()) {
        throw options.error(
            "output", fmt::format("two results would go to {}", *twice == "-" ? "stdout" : fmt::format("'{}'", *twice)),
            "--output, --plan and --table say where each goes");
    }
    for (const std::string& path : paths) util::require_creatable(path);
    return outputs;
}

void write_outputs(const Outputs& outputs, const std::vector<Chosen>& chosen, const std::string& table) {
    const auto& [scene, result] = chosen.front();
    Together files;
    add_way(files, {outputs.model, outputs.plan}, {"compress-split", result.model, result.proposal}, scene);
    for (const Chosen& one : chosen) {
        if (outputs.rows.empty()) break;
        add_rows(files, (fs::path(outputs.rows) / one.scene.folder).string(), one.result.ways, one.scene);
    }
    if (!outputs.edge.empty()) {
        const Halves halves = halves_of(result.model, result.proposal.plan);
        add_half(files, outputs.edge, result.model, halves.edge);
        add_half(files, outputs.cloud, result.model, halves.cloud);
    }
    files.commit();
    util::write_file(outputs.table, table);
}

}  // namespace convoy::tools

#include "runtime/model_store.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "engine/runnable.hpp"
#include "util/error.hpp"
#include "util/hash.hpp"
#include "util/log.hpp"

namespace convoy::runtime {

using util::Errc;
using util::Error;

void UnfinishedModel::fetch(std::span<const ChunkPart> parts, ModelSource& source) {
    const std::vector<ChunkPart> missing = partial_.missing(parts);
    partial_.reserve(missing);
    source.fetch(manifest_, missing,
                 [this](const ChunkPart& part, std::span<const std::byte> bytes) { partial_.put(part, bytes); });
    util::log_info("model {:.12}: {} of {} chunks were fetched, {} were there", manifest_.sha256, missing.size(),
                   manifest_.chunk_count(), parts.size() - missing.size());
}

ModelStore::ModelStore(Settings settings) : settings_(std::move(settings)) {
    if (settings_.cache) cache_.emplace(*settings_.cache);
}

std::string ModelStore::hash_of(const std::string& file) {
    auto& hash = hashes_[file];
    if (hash.empty()) hash = util::sha256(util::FileView::open(file));
    return hash;
}

std::string ModelStore::local_file(const Deployment& deployment) {
    for (const std::string& file : settings_.files)
        if (hash_of(file) == deployment.model_sha256) return file;
    std::error_code ignored;
    const bool named = settings_.trust_coordinator && std::filesystem::is_regular_file(deployment.model_file, ignored);
    return named ? deployment.model_file : "";
}

FoundModel ModelStore::find(const Deployment& deployment, ModelSource& source, bool sparing,
                            const std::stop_token& stop) {
    if (loaded_ && loaded_hash_ == deployment.model_sha256 &&
        loaded_options_.input_shapes == deployment.model_options.input_shapes)
        return {loaded_.get(), std::nullopt};
    loaded_.reset();
    if (const std::string file = local_file(deployment); !file.empty()) {
        load(file, deployment);
        return {loaded_.get(), std::nullopt};
    }
    if (!cache_)
        throw Error(Errc::no_input,
                    fmt::format("there is no copy of the model with SHA-256 {} here", deployment.model_sha256))
            .hint("start convoy-serve with --cache DIR, or copy the model to this device and use --model FILE");
    if (take_from_cache(deployment)) return {loaded_.get(), std::nullopt};
    return ship(deployment, source, sparing, stop);
}

bool ModelStore::take_from_cache(const Deployment& deployment) {
    const std::optional<std::string> file = cache_->find(deployment.model_sha256);
    if (!file) return false;
    try {
        load(*file, deployment);
    } catch (const Error& error) {
        util::log_warning("'{}' in the model cache is damaged and gets dropped: {}", *file, error.message());
        cache_->discard(deployment.model_sha256);
        return false;
    }
    return true;
}

FoundModel ModelStore::ship(const Deployment& deployment, ModelSource& source, bool sparing,
                            const std::stop_token& stop) {
    ModelManifest manifest = source.manifest();
    if (manifest.sha256 != deployment.model_sha256)
        throw Error(Errc::protocol, fmt::format("model {} was offered where {} was asked for", manifest.sha256,
                                                deployment.model_sha256));
    ModelCache::Partial partial = cache_->open(manifest, stop);
    // Whoever held the lock may have brought it.
    if (take_from_cache(deployment)) return {loaded_.get(), std::nullopt};
    UnfinishedModel model(std::move(manifest), std::move(partial));
    if (sparing) {
        WantedParts skeleton(model.manifest());
        for (const ByteRange& range : model.manifest().skeleton()) skeleton.add(range);
        model.fetch(skeleton.parts(), source);
        load(model.partial().file(), deployment, deployment.model_sha256);
        loaded_hash_.clear();
        if (structure_hash(loaded_->graph) == model.manifest().structure) return {loaded_.get(), std::move(model)};
        util::log_info("model {:.12} computes with its weights while it is read: it is fetched whole",
                       deployment.model_sha256);
        loaded_.reset();
    }
    model.fetch(model.manifest().all(), source);
    load(model.partial().finish(), deployment, deployment.model_sha256);
    return {loaded_.get(), std::nullopt};
}

void ModelStore::load(const std::string& file, const Deployment& deployment, const std::string& known_sha256) {
    auto model = std::make_unique<LoadedModel>(
        graph::read_onnx(util::FileView::open(file), deployment.model_options, known_sha256));
    if (model->graph.sha256() != deployment.model_sha256)
        throw Error(Errc::data, fmt::format("'{}' is another model: its SHA-256 is {}, the plan is for {}", file,
                                            model->graph.sha256(), deployment.model_sha256));
    engine::require_runnable(model->graph);
    loaded_ = std::move(model);
    loaded_hash_ = deployment.model_sha256;
    loaded_options_ = deployment.model_options;
}

}  // namespace convoy::runtime

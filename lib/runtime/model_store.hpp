#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/shard.hpp"
#include "runtime/deployment.hpp"
#include "runtime/model_cache.hpp"
#include "runtime/model_shipping.hpp"

namespace convoy::runtime {

/// A model in memory, with its weights in the engine's form. Kept from run to run.
struct LoadedModel {
    explicit LoadedModel(graph::Graph read) : graph(std::move(read)), weights(graph) {}
    graph::Graph graph;
    engine::Weights weights;
};

/// A model in the cache that lacks weights: its graph can be read, and what a share needs is fetched when that is
/// known. Keeps the model locked in the cache.
class UnfinishedModel {
  public:
    UnfinishedModel(ModelManifest manifest, ModelCache::Partial partial)
        : manifest_(std::move(manifest)), partial_(std::move(partial)) {}
    /// Fetches what of these parts is not there yet.
    void fetch(std::span<const ChunkPart> parts, ModelSource& source);
    [[nodiscard]] const ModelManifest& manifest() const noexcept { return manifest_; }
    [[nodiscard]] ModelCache::Partial& partial() noexcept { return partial_; }

  private:
    ModelManifest manifest_;
    ModelCache::Partial partial_;
};

/// What ModelStore::find() found.
struct FoundModel {
    LoadedModel* model = nullptr;
    std::optional<UnfinishedModel> rest;  ///< weights that must be fetched before they are used; empty: all are there
};

/// Finds models by hash on a worker: among the user's files, in the cache, or by getting them from the coordinator.
/// Used by one thread.
class ModelStore {
  public:
    struct Settings {
        std::vector<std::string> files;             ///< the user's own models
        bool trust_coordinator = false;             ///< look in the file that the coordinator names: on loopback only
        std::optional<ModelCache::Settings> cache;  ///< without one, nothing is shipped
    };
    explicit ModelStore(Settings settings);

    /// @param sparing  get only the weights that a share needs; the caller says which, by FoundModel::rest
    /// @throws Error no_input, when no file has the hash and there is no cache; protocol, when the source lies;
    /// impossible,
    ///         when the cache's limit is too small; whatever reading, writing or fetching it throws
    [[nodiscard]] FoundModel find(const Deployment& deployment, ModelSource& source, bool sparing,
                                  const std::stop_token& stop = {});

  private:
    [[nodiscard]] std::string hash_of(const std::string& file);
    [[nodiscard]] std::string local_file(const Deployment& deployment);
    [[nodiscard]] bool take_from_cache(const Deployment& deployment);
    [[nodiscard]] FoundModel ship(const Deployment& deployment, ModelSource& source, bool sparing,
                                  const std::stop_token& stop);
    void load(const std::string& file, const Deployment& deployment, const std::string& known_sha256 = {});

    Settings settings_;
    std::optional<ModelCache> cache_;
    std::map<std::string, std::string> hashes_;  ///< by file of the user's
    std::string loaded_hash_;                    ///< empty for a model that lacks weights
    graph::OnnxOptions loaded_options_;
    std::unique_ptr<LoadedModel> loaded_;
};

}  // namespace convoy::runtime

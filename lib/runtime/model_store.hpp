#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/shard.hpp"
#include "runtime/deployment.hpp"

namespace convoy::runtime {

/// A model in memory, with its weights in the engine's form. Kept from run to run.
struct LoadedModel {
    explicit LoadedModel(graph::Graph read) : graph(std::move(read)), weights(graph) {}
    graph::Graph graph;
    engine::Weights weights;
};

/// Finds models by hash on a worker. Used by one thread.
class ModelStore {
  public:
    /// @param files            the user's own models
    /// @param trust_coordinator whether to look in the file that the coordinator names: only on loopback
    ModelStore(std::vector<std::string> files, bool trust_coordinator)
        : files_(std::move(files)), trust_coordinator_(trust_coordinator) {}

    /// @throws Error no_input, when no file has the hash; whatever reading it throws
    [[nodiscard]] LoadedModel& find(const Deployment& deployment);

  private:
    [[nodiscard]] std::string hash_of(const std::string& file);

    std::vector<std::string> files_;
    bool trust_coordinator_;
    std::map<std::string, std::string> hashes_;  ///< by file of files_
    std::string loaded_hash_;
    graph::OnnxOptions loaded_options_;
    std::unique_ptr<LoadedModel> loaded_;
};

}  // namespace convoy::runtime

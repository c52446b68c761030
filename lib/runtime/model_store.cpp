#include "runtime/model_store.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "engine/runnable.hpp"
#include "util/error.hpp"
#include "util/hash.hpp"
#include "util/log.hpp"

namespace convoy::runtime {

std::string ModelStore::hash_of(const std::string& file) {
    auto& hash = hashes_[file];
    if (hash.empty()) hash = util::sha256(util::FileView::open(file).bytes());
    return hash;
}

LoadedModel& ModelStore::find(const Deployment& deployment) {
    if (loaded_ && loaded_hash_ == deployment.model_sha256 &&
        loaded_options_.input_shapes == deployment.model_options.input_shapes)
        return *loaded_;
    std::string found;
    for (const std::string& file : files_)
        if (found.empty() && hash_of(file) == deployment.model_sha256) found = file;
    std::error_code ignored;
    if (found.empty() && trust_coordinator_ && std::filesystem::is_regular_file(deployment.model_file, ignored))
        found = deployment.model_file;
    if (found.empty())
        throw util::Error(util::Errc::no_input,
                          fmt::format("there is no copy of the model with SHA-256 {} here", deployment.model_sha256))
            .hint("copy the model to this device and start convoy-serve with --model FILE");
    loaded_.reset();
    auto model = std::make_unique<LoadedModel>(graph::read_onnx(util::FileView::open(found), deployment.model_options));
    if (model->graph.sha256() != deployment.model_sha256)
        throw util::Error(util::Errc::data, fmt::format("'{}' is another model: its SHA-256 is {}, the plan is for {}",
                                                        found, model->graph.sha256(), deployment.model_sha256));
    engine::require_runnable(model->graph);
    loaded_ = std::move(model);
    loaded_hash_ = deployment.model_sha256;
    loaded_options_ = deployment.model_options;
    return *loaded_;
}

}  // namespace convoy::runtime

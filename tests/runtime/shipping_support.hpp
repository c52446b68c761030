#pragma once

#include <deque>
#include <filesystem>
#include <string>

#include "runtime/model_store.hpp"
#include "support/scratch_folder.hpp"
#include "zoo/models.hpp"

namespace convoy::test {

/// A model of the zoo as a file; squeezenet1_1 has 5 MB.
struct ZooModel {
    explicit ZooModel(const std::string& name = "squeezenet1_1") : ZooModel(zoo::model(name).build()) {}
    explicit ZooModel(const zoo::Model& model) {
        util::OutputFile out(file);
        model.write(1, [&](std::string_view part) { out.write(part); });
        out.commit();
        graph = graph::read_onnx(util::FileView::open(file));
    }
    ScratchFolder folder;
    std::string file = (folder.path / "model.onnx").string();
    graph::Graph graph;
};

/// A source that is wired to a ModelServer without a network; tests may spoil what it sends.
class DirectSource {
  public:
    explicit DirectSource(const ZooModel& model) : server_(model.graph, model.file) {}

    [[nodiscard]] runtime::RemoteModel remote() {
        return runtime::RemoteModel(
            {.send =
                 [this](const transport::Header&, const transport::Payload& request) {
                     server_.answer(runtime::LinkId{0}, request.bytes,
                                    [this](transport::Header header, const transport::Payload& payload) {
                                        transport::Buffer buffer(payload.bytes.size());
                                        std::copy(payload.bytes.begin(), payload.bytes.end(), buffer.data());
                                        if (header.kind == transport::Kind::weights) ++chunks;
                                        runtime::ControlMessage message{{}, std::move(header), std::move(buffer)};
                                        if (spoil) spoil(message);
                                        queue_.push_back(std::move(message));
                                    });
                 },
             .receive =
                 [this](transport::Kind) {
                     if (queue_.empty()) throw util::Error(util::Errc::unavailable, "nothing comes");
                     runtime::ControlMessage message = std::move(queue_.front());
                     queue_.pop_front();
                     if (message.header.kind == transport::Kind::weights && chunks_until_loss-- == 0)
                         throw util::Error(util::Errc::unavailable, "the coordinator was lost");
                     return message;
                 }});
    }

    std::size_t chunks = 0;  ///< sent so far
    int chunks_until_loss = -1;
    std::function<void(runtime::ControlMessage&)> spoil;

  private:
    runtime::ModelServer server_;
    std::deque<runtime::ControlMessage> queue_;
};

[[nodiscard]] inline runtime::Deployment deployment_of(const ZooModel& model) {
    runtime::Deployment deployment;
    deployment.model_file = "/nowhere/model.onnx";
    deployment.model_sha256 = model.graph.sha256();
    return deployment;
}

[[nodiscard]] inline runtime::ModelStore::Settings cached_in(const std::filesystem::path& folder) {
    return {.files = {}, .trust_coordinator = false, .cache = runtime::ModelCache::Settings{.folder = folder}};
}

util::Error error_of(const auto& action) {
    try {
        action();
    } catch (const util::Error& error) {
        return error;
    }
    return {util::Errc::internal, "no error"};
}

}  // namespace convoy::test

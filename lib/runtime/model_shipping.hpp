#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "runtime/mailbox.hpp"
#include "runtime/model_manifest.hpp"
#include "transport/connection.hpp"

namespace convoy::runtime {

/// Where a worker gets a model from that it has not.
class ModelSource {
  public:
    ModelSource() = default;
    virtual ~ModelSource() = default;
    ModelSource(const ModelSource&) = delete;
    ModelSource& operator=(const ModelSource&) = delete;

    [[nodiscard]] virtual ModelManifest manifest() = 0;
    using Take = std::function<void(const ChunkPart& part, std::span<const std::byte> message)>;
    /// Gets these parts, of different chunks, in any order. Messages are as they came, unchecked: a whole chunk, or the
    /// hashes of all its leaves and the leaves that are wanted.
    virtual void fetch(const ModelManifest& manifest, std::span<const ChunkPart> parts, const Take& take) = 0;
};

/// Asks the coordinator. A few chunks are under way at any time, so neither side ever holds much of the model.
class RemoteModel final : public ModelSource {
  public:
    struct Link {
        std::function<void(transport::Header, transport::Payload)> send;
        /// Waits for the next message of this kind. @throws Error when none comes in time, or the run ends
        std::function<ControlMessage(transport::Kind)> receive;
    };
    explicit RemoteModel(Link link) : link_(std::move(link)) {}

    [[nodiscard]] ModelManifest manifest() override;
    void fetch(const ModelManifest& manifest, std::span<const ChunkPart> parts, const Take& take) override;

  private:
    void ask(std::span<const ChunkPart> parts);
    Link link_;
};

/// The coordinator's side: answers Kind::model_wanted. Reads the model when first asked.
class ModelServer {
  public:
    /// Keeps a reference to the graph. @param file  that it was read from
    ModelServer(const graph::Graph& graph, std::string file) : graph_(graph), name_(std::move(file)) {}

    /// Answers one message of a worker by `send`, with views of the mapped file.
    /// @throws Error protocol: nonsense, chunks that the model has not, or more than a worker can need; no_input, when
    ///         the model cannot be shipped
    void answer(LinkId from, std::span<const std::byte> request,
                const std::function<void(transport::Header, transport::Payload)>& send);

  private:
    [[nodiscard]] transport::Payload message_of(const ChunkPart& part) const;

    const graph::Graph& graph_;
    std::string name_;
    util::FileView file_;
    std::optional<ModelManifest> manifest_;
    std::map<LinkId, std::uint64_t> served_;  ///< chunks
};

}  // namespace convoy::runtime

#include "compress/runner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/surgery.hpp"
#include "util/error.hpp"

namespace convoy::compress::detail {

using graph::TensorId;
using util::Errc;
using util::Error;

Runner::Engine::Engine(graph::Graph the_part)
    : part(std::move(the_part)), weights(part), shard(weights, engine::whole_model(part)) {}

Runner::Runner(const graph::Graph& graph, const std::vector<TensorId>& given, const std::vector<TensorId>& wanted) {
    std::vector<TensorId> computed;
    for (const TensorId id : wanted) {
        const bool repeated = std::find(computed.begin(), computed.end(), id) != computed.end();
        if (!repeated && std::find(given.begin(), given.end(), id) == given.end()) computed.push_back(id);
    }
    if (!computed.empty()) engine_ = std::make_unique<Engine>(graph::part_between(graph, given, computed));
}

bool Runner::reads(const std::string& tensor) const {
    if (!engine_) return false;
    const graph::Graph& part = engine_->part;
    return std::any_of(part.inputs().begin(), part.inputs().end(),
                       [&](TensorId id) { return part.tensor(id).name == tensor; });
}

void Runner::run(Values& values) {
    if (!engine_) return;
    const graph::Graph& part = engine_->part;
    std::vector<std::vector<graph::TensorView>> inputs;
    for (const TensorId id : part.inputs()) inputs.push_back({values.at(part.tensor(id).name).view()});
    std::vector<graph::Tensor> results;
    results.reserve(part.outputs().size());  // views point at the tensors' boxes
    std::vector<graph::TensorView> outputs;
    for (const TensorId id : part.outputs()) {
        const graph::TensorInfo& info = part.tensor(id);
        results.emplace_back(std::vector<graph::Box>{info.full}, info.element_bytes);
        outputs.push_back(results.back().view());
    }
    engine_->shard.run(inputs, outputs);
    for (std::size_t i = 0; i < results.size(); ++i) {
        values.insert_or_assign(part.tensor(part.outputs()[i]).name, std::move(results[i]));
    }
}

void require_frames(const Frames& frames) {
    if (frames.count > 0 && frames.load) return;
    throw Error(Errc::no_input, "there are no inputs to run the model on").hint("some hundred typical ones are enough");
}

Values load(const graph::Graph& graph, const Frames& frames, std::size_t frame) {
    std::vector<graph::Tensor> tensors = frames.load(frame);
    if (tensors.size() != graph.inputs().size()) {
        throw Error(Errc::data,
                    fmt::format("frame {} has {} inputs, the model {}", frame, tensors.size(), graph.inputs().size()));
    }
    Values values;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const graph::TensorInfo& info = graph.tensor(graph.inputs()[i]);
        const auto boxes = tensors[i].view().boxes();
        if (boxes.size() != 1 || boxes[0] != info.full || tensors[i].view().element_bytes() != info.element_bytes) {
            throw Error(Errc::data, fmt::format("frame {} does not fit the model's input '{}'", frame, info.name));
        }
        values.emplace(info.name, std::move(tensors[i]));
    }
    return values;
}

}  // namespace convoy::compress::detail

#include "plan/route_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace convoy::plan::detail {

std::string RouteView::key() const {
    return plan.routes.size() == 1 ? "stages" : fmt::format("routes[{}].stages", number);
}

std::string RouteView::key(std::size_t stage) const { return fmt::format("{}[{}]", key(), stage); }

std::string RouteView::key(std::size_t stage, DeviceId device, std::size_t piece) const {
    return fmt::format("{}.shares.{}[{}]", key(stage), name(device), piece);
}

void Problems::add(util::Error error) { errors_.push_back(std::move(error)); }

void Problems::add(std::string key, std::string message, std::string hint) {
    add(util::Error(util::Errc::data, std::move(message)).key(std::move(key)).hint(std::move(hint)));
}

void Problems::add(Problems others) {
    errors_.insert(errors_.end(), std::make_move_iterator(others.errors_.begin()),
                   std::make_move_iterator(others.errors_.end()));
}

void Problems::throw_if_any() const {
    constexpr std::size_t kMost = 10;
    if (errors_.empty()) return;
    util::Error first = errors_.front();
    for (std::size_t i = 1; i < std::min(errors_.size(), kMost); ++i) first.also(errors_[i]);
    throw first;
}

std::size_t Outline::maker(const graph::Graph& graph, graph::TensorId tensor) const {
    const auto producer = graph.producer(tensor);
    return producer ? stage_of[graph::index(*producer)] : kNone;
}

Outline outline_of(const RouteView& view) {
    const graph::Graph& graph = view.graph;
    Outline outline;
    outline.stage_of.assign(graph.operators().size(), Outline::kNone);
    outline.leaves.assign(graph.tensors().size(), false);
    outline.holds.resize(graph.tensors().size());
    for (std::size_t s = 0; s < view.stages().size(); ++s) {
        const Stage& stage = view.stages()[s];
        for (const graph::OperatorId op : stage.operators) outline.stage_of[graph::index(op)] = s;
        if (stage.hold) {
            outline.leaves[graph::index(*stage.hold)] = true;
            outline.holds[graph::index(*stage.hold)].push_back(s);
        }
    }
    for (const graph::TensorId id : graph.outputs()) outline.leaves[graph::index(id)] = true;
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        const auto tensor = static_cast<graph::TensorId>(t);
        const std::size_t maker = outline.maker(graph, tensor);
        for (const graph::OperatorId reader : graph.readers(tensor)) {
            if (outline.stage_of[graph::index(reader)] != maker) outline.leaves[t] = true;
        }
    }
    return outline;
}

bool is_partial(const Stage& stage) {
    return std::any_of(stage.shares.begin(), stage.shares.end(), [](const Share& share) {
        return std::any_of(share.pieces.begin(), share.pieces.end(),
                           [](const Piece& piece) { return piece.in.has_value(); });
    });
}

}  // namespace convoy::plan::detail

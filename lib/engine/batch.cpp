#include "engine/batch.hpp"

#include "engine/slices.hpp"
#include "engine/sweep.hpp"
#include "util/random.hpp"

namespace convoy::engine {

void Batch::add(const graph::Work& work, std::size_t of_weights) {
    const graph::Graph& graph = weights[of_weights]->graph();
    targets.push_back({graph.op(work.op).name, samples::describe(graph, work), work, of_weights});
}

Batch batch_of(const graph::Graph& graph, std::span<const graph::Work> works) {
    Batch batch;
    batch.weights.push_back(std::make_unique<Weights>(graph));
    for (const graph::Work& work : works) batch.add(work, 0);
    return batch;
}

Batch batch_of(std::uint64_t seed, std::int64_t number) {
    Batch batch;
    for (graph::Graph& layer : draw_layers(seed, number)) {
        batch.layers.push_back(std::make_unique<graph::Graph>(std::move(layer)));
        batch.weights.push_back(std::make_unique<Weights>(*batch.layers.back()));
    }
    constexpr graph::OperatorId kOnly{0};
    for (std::size_t i = 0; i < batch.layers.size(); ++i) batch.add(whole_work(*batch.layers[i], kOnly), i);
    util::Random random(seed + static_cast<std::uint64_t>(number));
    for (std::size_t i = 0; i < batch.layers.size(); ++i) {
        const std::vector<graph::Work> slices = slices_of(*batch.layers[i], kOnly);
        const std::uint64_t draw = random.bits();
        if (!slices.empty()) batch.add(slices[draw % slices.size()], i);
    }
    return batch;
}

Pass::Pass(Batch& batch) {
    pieces_.reserve(batch.targets.size());
    for (const Target& target : batch.targets) {
        Weights& weights = *batch.weights[target.weights];
        pieces_.emplace_back(weights, piece_of(weights.graph(), target.work), false);
    }
}

TimedRun Pass::run(std::size_t piece) {
    pieces_[piece].prepare();
    return pieces_[piece].run();
}

}  // namespace convoy::engine

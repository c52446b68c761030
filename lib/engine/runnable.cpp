#include "engine/runnable.hpp"

#include "engine/shard.hpp"
#include "engine/timed_piece.hpp"

namespace convoy::engine {

void require_runnable(const graph::Graph& graph) {
    Weights weights(graph);
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const graph::Kind kind =
            graph.operators()[i].kind;  // a gather may be of a type that is no number to the engine
        if (kind != graph::Kind::whole && kind != graph::Kind::gather) continue;
        const Shard built(weights, piece_of(graph, graph::whole_work(graph, graph::OperatorId(i))));
    }
}

}  // namespace convoy::engine

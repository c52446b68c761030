#include "partition/chain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "util/error.hpp"

namespace convoy::partition::detail {

using graph::OperatorId;
using graph::TensorId;

namespace {

/// Where each tensor is read last; 0 where nobody reads it.
std::vector<std::size_t> last_readers(const graph::Graph& graph) {
    std::vector<std::size_t> last(graph.tensors().size(), 0);
    for (std::size_t t = 0; t < last.size(); ++t) {
        const auto& readers = graph.readers(TensorId{static_cast<std::uint32_t>(t)});
        if (!readers.empty()) last[t] = index(readers.back());
    }
    return last;
}

/// By position between operators: how many tensors made before it are read behind it.
std::vector<std::ptrdiff_t> alive_counts(const graph::Graph& graph, const std::vector<std::size_t>& last_reader) {
    std::vector<std::ptrdiff_t> counts(graph.operators().size() + 2, 0);
    for (std::size_t t = 0; t < last_reader.size(); ++t) {
        const TensorId id{static_cast<std::uint32_t>(t)};
        if (graph.readers(id).empty()) continue;
        const auto producer = graph.producer(id);
        ++counts[producer ? index(*producer) + 1 : 0];
        --counts[last_reader[t] + 1];
    }
    for (std::size_t position = 1; position < counts.size(); ++position) counts[position] += counts[position - 1];
    return counts;
}

}  // namespace

std::vector<Block> chain_of(const graph::Graph& graph) {
    const std::size_t count = graph.operators().size();
    const std::vector<std::size_t> last_reader = last_readers(graph);
    const std::vector<std::ptrdiff_t> alive = alive_counts(graph, last_reader);
    std::vector<Block> blocks;
    std::size_t begin = 0;
    std::vector<TensorId> entries = graph.inputs();
    for (std::size_t end = 1; end <= count; ++end) {
        const auto& outputs = graph.operators()[end - 1].outputs;
        if (end == count) {
            blocks.push_back({{begin, end}, std::move(entries), outputs.front()});
            break;
        }
        if (alive[end] != 1) continue;
        const auto exit = std::find_if(outputs.begin(), outputs.end(), [&](TensorId output) {
            return !graph.readers(output).empty() && last_reader[index(output)] >= end;
        });
        if (exit == outputs.end()) continue;
        blocks.push_back({{begin, end}, std::move(entries), *exit});
        entries = {*exit};
        begin = end;
    }
    return blocks;
}

std::vector<Block> chain_for(const graph::Graph& graph, std::string_view strategy) {
    std::vector<Block> blocks = chain_of(graph);
    if (blocks.size() > 1) return blocks;
    throw util::Error(util::Errc::impossible,
                      fmt::format("{} cuts a chain of layers, and the model has only {} between input and output",
                                  strategy, blocks.empty() ? "no operator" : "one block"))
        .hint("-s dads and -s layerwise cut inside of a block");
}

util::Bytes entry_bytes(const graph::Graph& graph, const Block& block) {
    util::Bytes bytes;
    for (const TensorId entry : block.entries) bytes += graph.tensor(entry).bytes();
    return bytes;
}

}  // namespace convoy::partition::detail

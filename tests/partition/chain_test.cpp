#include "partition/chain.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "support/random_graph.hpp"
#include "support/small_models.hpp"
#include "util/error.hpp"

using namespace convoy;
using partition::detail::Block;
using partition::detail::chain_of;

namespace {

/// "conv0 | a b add | fc": the operators of each block.
std::string text_of(const graph::Graph& graph) {
    std::string text;
    for (const Block& block : chain_of(graph)) {
        if (!text.empty()) text += "| ";
        for (std::size_t op = block.range.begin; op < block.range.end; ++op) text += graph.operators()[op].name + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("partition: a chain's layers are its operators", "[partition]") {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 4, 8, 8});
    at = model.relu("relu", model.conv("conv", at, 8));
    const graph::Graph graph = model.finish({model.gemm("fc", at, 10)});
    CHECK(text_of(graph) == "conv | relu | fc ");
    const std::vector<Block> blocks = chain_of(graph);
    CHECK(blocks[0].entries == graph.inputs());
    CHECK(blocks[1].entries == std::vector{blocks[0].exit});
    CHECK(graph.tensor(blocks[1].exit).name == "relu_out");
    CHECK(partition::detail::entry_bytes(graph, blocks[1]) == util::Bytes(4 * 8 * 8 * 8));
    CHECK(blocks[2].exit == graph.outputs().front());
}

TEST_CASE("partition: branches that meet again are one layer of the chain", "[partition]") {
    test::Model model;
    const graph::TensorId first = model.conv("first", model.input("x", {1, 4, 8, 8}), 4);
    const graph::TensorId sum = model.add("sum", model.conv("b", model.conv("a", first, 4), 4), first);
    const graph::Graph graph = model.finish({model.gemm("fc", model.add("twice", sum, sum), 10)});
    CHECK(text_of(graph) == "first | a b sum | twice | fc ");
    CHECK(!chain_of(graph)[1].is_single());
}

TEST_CASE("partition: a branch from the input to the end leaves one block, which chain strategies refuse",
          "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 4, 8, 8});
    const graph::Graph graph = model.finish({model.add("sum", model.conv("b", model.conv("a", x, 4), 4), x)});
    CHECK(text_of(graph) == "a b sum ");
    try {
        (void)partition::detail::chain_for(graph, "neurosurgeon");
        FAIL("accepted");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::impossible);
        CHECK(error.message() ==
              "neurosurgeon cuts a chain of layers, and the model has only one block between input and output");
    }
}

TEST_CASE("partition: only one tensor crosses between blocks of random graphs", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        util::Random random(seed);
        const graph::Graph graph = test::random_graph(random);
        INFO("seed " << seed << "\n" << test::describe(graph));
        std::size_t begin = 0;
        for (const Block& block : chain_of(graph)) {
            CHECK(block.range.begin == begin);
            begin = block.range.end;
            for (std::size_t op = block.range.begin; op < block.range.end; ++op) {
                for (const graph::TensorId input : graph.operators()[op].inputs) {
                    const auto producer = graph.producer(input);
                    if (producer && index(*producer) >= block.range.begin) continue;
                    CHECK(std::count(block.entries.begin(), block.entries.end(), input) == 1);
                }
            }
        }
        CHECK(begin == graph.operators().size());
    }
}

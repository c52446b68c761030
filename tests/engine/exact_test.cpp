#include <catch2/catch.hpp>
#include <cmath>

#include "pieces.hpp"
#include "support/random_graph.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Values;

namespace {

/// Elements of a piece that differ from the whole, and the largest relative difference.
struct Difference {
    Index elements = 0;
    double relative = 0;
};

Difference compare(const Tensor& piece, const Tensor& whole) {
    Tensor expected(piece.boxes(), whole.view().element_bytes());
    copy(whole.view(), expected.view());
    Difference difference;
    double largest = 0;
    for (Index i = 0; i < piece.view().bytes().value / 4; ++i) {
        const float a = piece.floats()[i];
        const float b = expected.floats()[i];
        if (a != b) ++difference.elements;
        difference.relative = std::max(difference.relative, std::abs(static_cast<double>(a) - b));
        largest = std::max(largest, std::abs(static_cast<double>(b)));
    }
    difference.relative /= std::max(largest, 1e-9);
    return difference;
}

}  // namespace

// OpenCV's convolution takes another order of additions for the last positions of a block, and blocks follow the size
// of the piece: of random ones about one cut in ten changes some elements, by 6e-7 of the largest magnitude at most.
TEST_CASE("engine: whatever is no convolution is bit for bit the same however it is cut", "[engine]") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        util::Random random(seed);
        test::RandomGraphOptions options;
        options.whole_kinds = false;
        const Graph graph = test::random_graph(random, options);
        INFO("seed " << seed);
        std::vector<Values> values;
        for (const TensorInfo& tensor : graph.tensors()) values.push_back(test::random_values(tensor, random));
        engine::Weights weights(graph);
        for (std::size_t i = 0; i < graph.operators().size(); ++i) {
            const auto id = OperatorId(i);
            const Operator& op = graph.op(id);
            const Box& full = graph.tensor(op.outputs[0]).full;
            const plan::Run piece = test::single(graph, id, test::random_slab(full, cuts(graph, id).output, random));
            const Tensor whole =
                std::move(test::run_piece(weights, test::single(graph, id, make_slab(full)), values)[0]);
            const Tensor part = std::move(test::run_piece(weights, piece, values)[0]);
            const Difference difference = compare(part, whole);
            INFO(op.name);
            CHECK(difference.relative < 2e-6);
            if (op.kind != Kind::convolution && op.kind != Kind::transposed_convolution)
                CHECK(difference.elements == 0);
        }
    }
}

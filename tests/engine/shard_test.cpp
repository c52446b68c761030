#include "engine/shard.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "pieces.hpp"
#include "support/random_graph.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::graph;
using test::Values;

namespace {

/// Single precision against double: sums of a few hundred terms.
constexpr double kTolerance = 1e-5;

test::RandomGraphOptions cut_options() {
    test::RandomGraphOptions options;
    options.whole_kinds = false;
    return options;
}

std::string seeded(std::uint64_t seed, const Graph& graph) {
    return "seed " + std::to_string(seed) + "\n" + test::describe(graph);
}

}  // namespace

TEST_CASE("engine: the whole model is what the naive executor computes", "[engine]") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        util::Random random(seed);
        const Graph graph = test::random_graph(random, cut_options());
        INFO(seeded(seed, graph));
        const std::vector<Values> values = naive_run(graph, test::random_inputs(graph, random));
        engine::Weights weights(graph);
        const plan::Run whole = engine::whole_model(graph);
        const std::vector<Tensor> results = test::run_piece(weights, whole, values);
        for (std::size_t i = 0; i < results.size(); ++i) {
            const TensorId id = whole.outputs[i].tensor;
            CHECK(test::relative_difference(graph.tensor(id), results[i], values[index(id)]) < kTolerance);
        }
    }
}

TEST_CASE("engine: any part of any operator is what the naive executor computes", "[engine]") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        util::Random random(seed);
        const Graph graph = test::random_graph(random, cut_options());
        INFO(seeded(seed, graph));
        const std::vector<Values> values = naive_run(graph, test::random_inputs(graph, random));
        engine::Weights weights(graph);
        for (std::size_t i = 0; i < graph.operators().size(); ++i) {
            const TensorInfo& output = graph.tensor(graph.operators()[i].outputs[0]);
            const Slab asked = test::random_slab(output.full, cuts(graph, OperatorId(i)).output, random);
            const plan::Run piece = test::single(graph, OperatorId(i), asked);
            INFO("operator " << graph.operators()[i].name << ", " << to_string(piece.outputs[0].slab.hull()));
            const std::vector<Tensor> results = test::run_piece(weights, piece, values);
            CHECK(test::relative_difference(output, results[0], values[index(piece.outputs[0].tensor)]) < kTolerance);
        }
    }
}

TEST_CASE("engine: a piece of several operators, grown backwards, is a part of the whole", "[engine]") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        util::Random random(seed);
        const Graph graph = test::random_graph(random, cut_options());
        INFO(seeded(seed, graph));
        const std::vector<Values> values = naive_run(graph, test::random_inputs(graph, random));
        engine::Weights weights(graph);
        for (const TensorId id : graph.outputs()) {
            const TensorInfo& output = graph.tensor(id);
            const Slab asked = test::random_slab(output.full, {true, true, true, true}, random);
            if (output.whole_only) continue;
            INFO("output " << output.name << ", " << to_string(asked.hull()));
            const std::vector<Tensor> results = test::run_piece(weights, test::grown(graph, id, asked), values);
            CHECK(test::relative_difference(output, results[0], values[index(id)]) < kTolerance);
        }
    }
}

TEST_CASE("engine: addends over parts of the sum, reduced, are the complete value", "[engine]") {
    int checked = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        util::Random random(seed);
        const Graph graph = test::random_graph(random, cut_options());
        INFO(seeded(seed, graph));
        const std::vector<Values> values = naive_run(graph, test::random_inputs(graph, random));
        engine::Weights weights(graph);
        for (std::size_t i = 0; i < graph.operators().size(); ++i) {
            const Operator& op = graph.operators()[i];
            const TensorInfo& input = graph.tensor(op.inputs[0]);
            const TensorInfo& output = graph.tensor(op.outputs[0]);
            for (const Axis axis : kAllAxes) {
                if (!cuts(graph, OperatorId(i)).contraction[static_cast<std::size_t>(axis)]) continue;
                if (input.full[axis].size() < 2) continue;
                const Index border = random.integer(1, input.full[axis].size() - 1);
                std::vector<Tensor> addends;
                std::vector<TensorView> views;
                for (const Interval part : {Interval{0, border}, Interval{border, input.full[axis].end}}) {
                    Box in = input.full;
                    in[axis] = part;
                    INFO("operator " << op.name << ", in " << to_string(in));
                    const plan::Run piece = test::single(graph, OperatorId(i), make_slab(output.full), in);
                    const Values wanted = naive_work(graph, piece.works[0], [&] {
                        std::vector<Values> inputs;
                        for (const TensorId id : op.inputs) inputs.push_back(values[index(id)]);
                        return inputs;
                    }())[0];
                    addends.push_back(std::move(test::run_piece(weights, piece, values)[0]));
                    CHECK(test::relative_difference(output, addends.back(), wanted) < kTolerance);
                }
                for (const Tensor& addend : addends) views.push_back(addend.view());
                const Tensor sum({output.full});
                engine::reduce(weights, OperatorId(i), views, sum.view());
                CHECK(test::relative_difference(output, sum, values[index(op.outputs[0])]) < kTolerance);
                ++checked;
            }
        }
    }
    CHECK(checked > 100);
}

TEST_CASE("engine: inputs are assembled from several views, in any order", "[engine]") {
    GraphBuilder builder;
    const TensorId x = builder.add_tensor("x", {1, 3, 8, 5});
    const TensorId y = builder.add_tensor("y", {1, 3, 8, 5});
    Operator relu;
    relu.name = "relu";
    relu.kind = Kind::relu;
    relu.inputs = {x};
    relu.outputs = {y};
    builder.add_operator(relu);
    builder.add_input(x);
    builder.add_output(y);
    const Graph graph = builder.finish();
    util::Random random(3);
    const std::vector<Values> values = naive_run(graph, test::random_inputs(graph, random));
    engine::Weights weights(graph);
    engine::Shard shard(weights, engine::whole_model(graph));
    const auto part = [&](Index from, Index to) {
        Box box = graph.tensor(x).full;
        box[Axis::h] = {from, to};
        return test::tensor_of(graph.tensor(x), values[index(x)], {box});
    };
    const Tensor lower = part(3, 8);
    const Tensor upper = part(0, 4);
    const Tensor result({graph.tensor(y).full});
    shard.run(std::vector<std::vector<TensorView>>{{lower.view(), upper.view()}}, std::vector{result.view()});
    CHECK(test::relative_difference(graph.tensor(y), result, values[index(y)]) < 1e-6);
    const Tensor all = part(0, 8);  // the same shard, now pointed at one view
    shard.run(std::vector<std::vector<TensorView>>{{all.view()}}, std::vector{result.view()});
    CHECK(test::relative_difference(graph.tensor(y), result, values[index(y)]) < 1e-6);
}

TEST_CASE("engine: shards in several threads share weights and do not disturb each other", "[engine]") {
    util::Random random(11);
    test::RandomGraphOptions options = cut_options();
    options.least_operators = 8;
    const Graph graph = test::random_graph(random, options);
    const std::vector<Values> values = naive_run(graph, test::random_inputs(graph, random));
    engine::Weights weights(graph);
    const plan::Run whole = engine::whole_model(graph);
    std::vector<double> worst(4, 0);
    std::vector<std::thread> threads;
    for (double& difference : worst) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                const std::vector<Tensor> results = test::run_piece(weights, whole, values);
                for (std::size_t i = 0; i < results.size(); ++i) {
                    const TensorId id = whole.outputs[i].tensor;
                    difference = std::max(difference,
                                          test::relative_difference(graph.tensor(id), results[i], values[index(id)]));
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const double difference : worst) CHECK(difference < kTolerance);
}

#include <catch2/catch.hpp>

#include "plan/program.hpp"
#include "support/small_models.hpp"

using namespace convoy;
using graph::Axis;

namespace {

/// 50 bottleneck blocks of ResNet-152's shape, 32 channels wide: 151 convolutions, 50 sums.
graph::Graph deep_residual() {
    test::Model model;
    graph::TensorId x = model.conv("stem", model.input("in", {1, 3, 64, 64}), 32);
    for (int block = 0; block < 50; ++block) {
        const std::string name = "block" + std::to_string(block);
        const auto narrow = model.conv(name + "_a", x, 16, 1);
        const auto middle = model.conv(name + "_b", narrow, 16, 3);
        x = model.add(name + "_add", model.conv(name + "_c", middle, 32, 1), x);
    }
    return model.finish({x});
}

/// Every operator a stage of its own, its output cut along one axis.
plan::Plan cut_everywhere(const graph::Graph& graph, std::uint32_t devices, Axis axis) {
    std::vector<std::string> names;
    for (std::uint32_t d = 0; d < devices; ++d) names.push_back("d" + std::to_string(d));
    std::vector<plan::Stage> stages;
    for (const graph::Operator& op : graph.operators()) {
        const graph::Index extent = graph.tensor(op.outputs[0]).full[axis].end;
        std::vector<plan::Share> shares;
        for (std::uint32_t d = 0; d < devices; ++d) {
            const graph::Index begin = extent * d / devices;
            const graph::Index end = extent * (d + 1) / devices;
            if (begin < end) shares.push_back(test::on(d, {test::part(graph, op.name, axis, begin, end)}));
        }
        stages.push_back(test::layers(graph, {op.name}, shares));
    }
    return test::plan_of(names, stages);
}

std::size_t messages_of(const plan::Plan& plan, const graph::Graph& graph) {
    return plan::Compiled(plan, graph).messages(0).size();
}

}  // namespace

TEST_CASE("plan: a deep residual network on 16 devices moves its border rows, or all-gathers its channels", "[plan]") {
    const graph::Graph graph = deep_residual();
    CHECK(messages_of(cut_everywhere(graph, 16, Axis::h), graph) ==
          15 + 50 * 2 * 15 + 15);  // the border rows of every 3x3 convolution, input and output
    CHECK(messages_of(cut_everywhere(graph, 16, Axis::c), graph) ==
          15 + 150 * 16 * 15 + 15);  // an all-gather in front of every convolution but the first
}

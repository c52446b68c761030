#pragma once

#include <string>
#include <vector>

#include "dataset/inputs.hpp"
#include "engine/shard.hpp"
#include "graph/onnx.hpp"
#include "util/clock.hpp"

namespace convoy::bench {

[[nodiscard]] double seconds(const auto& run) {
    const util::Seconds begin = util::now();
    run();
    return (util::now() - begin).count();
}

/// A whole model as one shard on one thread, with a random input. Looks at the first output.
class WholeNet {
  public:
    explicit WholeNet(const std::string& file) : graph(graph::read_onnx(util::FileView::open(file))) {
        engine::set_threads(1);
    }
    void run() { shard.run(views, results); }

    graph::Graph graph;
    engine::Weights weights{graph};
    engine::Shard shard{weights, engine::whole_model(graph)};
    std::vector<graph::Tensor> input = dataset::Inputs({"random:1"}, graph, std::nullopt).load(0, 0);
    graph::Tensor output{{graph.tensor(graph.outputs()[0]).full}, graph.tensor(graph.outputs()[0]).element_bytes};

  private:
    std::vector<std::vector<graph::TensorView>> views{{input[0].view()}};
    std::vector<graph::TensorView> results{output.view()};
};

}  // namespace convoy::bench

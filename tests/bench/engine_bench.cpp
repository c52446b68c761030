// engine_bench MODEL.onnx [RUNS]: a whole model as one Shard against the same file in a plain cv::dnn net, on one
// thread, interleaved. Medians in microseconds, and what the shard costs more.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <opencv2/dnn.hpp>
#include <vector>

#include "dataset/inputs.hpp"
#include "engine/shard.hpp"
#include "graph/onnx.hpp"
#include "util/clock.hpp"
#include "util/statistics.hpp"

using namespace convoy;

namespace {

double microseconds(const auto& run) {
    const util::Seconds begin = util::now();
    run();
    return (util::now() - begin).count() * 1e6;
}

double largest_difference(const graph::Tensor& a, const cv::Mat& b) {
    double difference = 0;
    double largest = 0;
    for (std::size_t i = 0; i < b.total(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(a.floats()[i]) - b.ptr<float>()[i]));
        largest = std::max(largest, std::abs(static_cast<double>(b.ptr<float>()[i])));
    }
    return difference / largest;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: engine_bench MODEL.onnx [RUNS]\n"), 64;
    const int runs = argc > 2 ? std::atoi(argv[2]) : 200;
    const graph::Graph graph = graph::read_onnx(util::FileView::open(argv[1]));
    engine::set_threads(1);
    engine::Weights weights(graph);
    engine::Shard shard(weights, engine::whole_model(graph));
    const dataset::Inputs inputs({"random:1"}, graph, std::nullopt);
    const std::vector<graph::Tensor> input = inputs.load(0, 0);
    const std::vector<std::vector<graph::TensorView>> views{{input[0].view()}};
    const graph::TensorInfo& info = graph.tensor(graph.outputs()[0]);
    const graph::Tensor output({info.full}, info.element_bytes);
    const std::vector<graph::TensorView> results{output.view()};

    cv::dnn::Net plain = cv::dnn::readNetFromONNX(argv[1]);
    const std::vector<graph::Index>& dims = graph.tensor(graph.inputs()[0]).dims;
    const cv::Mat blob(std::vector<int>(dims.begin(), dims.end()), CV_32F, input[0].floats());
    cv::Mat answer;
    std::vector<double> shard_times;
    std::vector<double> plain_times;
    for (int i = -5; i < runs; ++i) {  // the first ones warm up
        const double ours = microseconds([&] { shard.run(views, results); });
        const double theirs = microseconds([&] {
            plain.setInput(blob);
            answer = plain.forward();
        });
        if (i < 0) continue;
        shard_times.push_back(ours);
        plain_times.push_back(theirs);
    }
    const double ours = util::median(shard_times);
    const double theirs = util::median(plain_times);
    fmt::print(
        "shard {:.1f} us (best {:.1f}), plain net {:.1f} us (best {:.1f}), more {:.1f} us ({:+.1f} %), largest "
        "difference {:.1e}\n",
        ours, *std::ranges::min_element(shard_times), theirs, *std::ranges::min_element(plain_times), ours - theirs,
        100 * (ours / theirs - 1), largest_difference(output, answer));
    return 0;
}

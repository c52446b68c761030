// engine_bench MODEL.onnx [RUNS]: a whole model as one Shard against the same file in a plain cv::dnn net, on one
// thread, interleaved. Medians in microseconds, and what the shard costs more.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <opencv2/dnn.hpp>
#include <vector>

#include "bench/whole_net.hpp"
#include "util/statistics.hpp"

using namespace convoy;

namespace {

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
    bench::WholeNet net(argv[1]);

    cv::dnn::Net plain = cv::dnn::readNetFromONNX(argv[1]);
    const std::vector<graph::Index>& dims = net.graph.tensor(net.graph.inputs()[0]).dims;
    const cv::Mat blob(std::vector<int>(dims.begin(), dims.end()), CV_32F, net.input[0].floats());
    cv::Mat answer;
    std::vector<double> shard_times;
    std::vector<double> plain_times;
    for (int i = -5; i < runs; ++i) {  // the first ones warm up
        const double ours = 1e6 * bench::seconds([&] { net.run(); });
        const double theirs = 1e6 * bench::seconds([&] {
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
        100 * (ours / theirs - 1), largest_difference(net.output, answer));
    return 0;
}

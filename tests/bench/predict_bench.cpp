// predict_bench LATENCY.yaml...: microseconds for one prediction of each operator type, beside its algorithm.
//
// Each model predicts 64 different works 100 times over; 15 rounds, of which the least and the median are printed.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "latency/model.hpp"
#include "util/clock.hpp"
#include "util/statistics.hpp"

using namespace convoy;

namespace {

constexpr int kRounds = 15;
constexpr int kRepeats = 100;

/// Pieces of a convolution of many sizes, as a planner asks for them.
std::vector<samples::WorkShape> works_like(const std::string& type) {
    std::vector<samples::WorkShape> works;
    for (int kind = 0; kind <= static_cast<int>(graph::Kind::whole) && works.empty(); ++kind) {
        samples::WorkShape work;
        work.kind = static_cast<graph::Kind>(kind);
        if (type == "depthwise_convolution" && work.kind == graph::Kind::convolution) work.group = 64;
        work.channels = 1;
        work.onnx_type = type.substr(std::min(type.size(), type.find(':') + 1));
        if (samples::operator_type(work) != type) continue;
        for (graph::Index rows = 1; rows <= 64; ++rows) {
            work.kernel = {3, 3};
            if (work.group == 1) work.channels = 64;
            work.output = work.whole_output = graph::make_box(1, 64, rows, 56);
            work.inputs = {graph::make_box(1, 64, rows + 2, 56)};
            work.flops = util::Flops(static_cast<double>(2 * 9 * 64 * 64 * 56 * rows));
            work.input_bytes = util::Bytes(4 * 64 * 56 * (rows + 2));
            work.output_bytes = util::Bytes(4 * 64 * 56 * rows);
            work.weight_bytes = util::Bytes(4 * 9 * 64 * 64);
            works.push_back(work);
        }
    }
    return works;
}

double microseconds_of_one(const latency::DeviceModel& model, const std::vector<samples::WorkShape>& works,
                           int threads) {
    double sum = 0;
    const util::Seconds begin = util::now();
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
        for (const samples::WorkShape& work : works) sum += model.predict(work, {0.25, threads}).count();
    }
    const double seconds = (util::now() - begin).count();
    if (sum <= 0) std::puts("no prediction is above 0");  // keeps the loop
    return seconds * 1e6 / (kRepeats * static_cast<double>(works.size()));
}

}  // namespace

int main(int argc, char** argv) {
    std::printf("%-28s %-16s %10s %10s\n", "type", "algorithm", "least_us", "median_us");
    for (int file = 1; file < argc; ++file) {
        const latency::DeviceModel model = latency::read_latency(util::FileView::open(argv[file]));
        for (const latency::OperatorModel& op : model.operators()) {
            const std::vector<samples::WorkShape> works = works_like(op.type);
            if (works.empty()) continue;
            std::vector<double> times;
            for (int round = 0; round < kRounds; ++round) {
                times.push_back(microseconds_of_one(model, works, op.threads));
            }
            std::printf("%-28s %-16s %10.3f %10.3f\n", op.type.c_str(), op.algorithm.c_str(),
                        *std::min_element(times.begin(), times.end()), util::median(times));
        }
    }
    return 0;
}

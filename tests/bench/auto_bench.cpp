// auto_bench MODEL[,MODEL...] CLUSTER[,CLUSTER...] START_UP_MS[,...] [STRATEGY...]: the latency of auto's own search
// (without seeds) over that of the best named strategy (or of these), for each cell, and the seconds of either.
#include <fmt/format.h>

#include <algorithm>

#include "graph/onnx.hpp"
#include "partition/proposals.hpp"
#include "util/clock.hpp"
#include "zoo/models.hpp"

using namespace convoy;

namespace {

std::vector<std::string> words(const std::string& list) {
    std::vector<std::string> words;
    std::size_t begin = 0;
    while (begin <= list.size()) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        words.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

graph::Graph zoo_graph(const std::string& name) {
    std::string bytes;
    zoo::model(name).build().write(1, [&](std::string_view part) { bytes += part; });
    return graph::read_onnx(util::FileView::from_bytes(std::move(bytes), name + ".onnx"));
}

latency::Bed bed_of(const std::string& file, double start_up_ms) {
    cluster::Cluster cluster = latency::read_cluster(util::FileView::open(file));
    const util::Seconds start_up = util::from_milliseconds(start_up_ms);
    if (cluster.every) cluster.every->start_up = start_up;
    for (cluster::Pair& pair : cluster.pairs) pair.link.start_up = start_up;
    return latency::Bed::read(std::move(cluster));
}

struct Cell {
    std::string name;
    double ms = 0;
};

void measure(const std::string& cell, const graph::Graph& graph, const latency::Bed& bed,
             const std::vector<std::string>& names) {
    cost::Predictor predictor(graph, bed);
    const partition::Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
    partition::Proposals proposals(problem);
    Cell best;
    const auto start = std::chrono::steady_clock::now();
    for (const partition::Strategy& strategy : partition::strategies()) {
        if (strategy.name == "auto") continue;
        if (!names.empty() && std::find(names.begin(), names.end(), strategy.name) == names.end()) continue;
        try {
            const double ms = util::milliseconds(proposals.of(strategy).prediction.latency());
            if (best.name.empty() || ms < best.ms) best = {std::string(strategy.name), ms};
        } catch (const util::Error&) {
            continue;
        }
    }
    const auto middle = std::chrono::steady_clock::now();
    const double ms = util::milliseconds(proposals.of(partition::choose("auto:seeds=off")).prediction.latency());
    const auto end = std::chrono::steady_clock::now();
    fmt::print("{:40} {:12} {:10.3f} {:10.3f} {:7.4f} {:6.2f} {:6.2f}\n", cell, best.name, best.ms, ms, ms / best.ms,
               std::chrono::duration<double>(middle - start).count(),
               std::chrono::duration<double>(end - middle).count());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() < 3) return 2;
    fmt::print("{:40} {:12} {:>10} {:>10} {:>7} {:>6} {:>6}\n", "cell", "best named", "ms", "auto ms", "ratio", "s",
               "auto s");
    for (const std::string& model : words(arguments[0])) {
        const graph::Graph graph = zoo_graph(model);
        for (const std::string& cluster : words(arguments[1])) {
            for (const std::string& start_up : words(arguments[2])) {
                const std::string name = cluster.substr(cluster.find_last_of('/') + 1);
                measure(fmt::format("{} {} {} ms", model, name, start_up), graph, bed_of(cluster, std::stod(start_up)),
                        {arguments.begin() + 3, arguments.end()});
            }
        }
    }
    return 0;
}

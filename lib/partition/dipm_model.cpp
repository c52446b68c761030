#include <algorithm>

#include "graph/calculus.hpp"
#include "partition/capability.hpp"
#include "partition/channels.hpp"
#include "partition/dipm.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Interval;
using graph::OperatorId;
using util::Bytes;
using util::Seconds;

namespace {

double transfers(const DipmLayer& layer, const DipmUnits& units) {
    return layer.inputs * (units.alpha + units.beta * layer.in_pixels) +
           layer.outputs * (units.alpha + units.beta * layer.out_pixels);
}

double speed_up(double alone, double together) { return together > 0 ? alone / together : 1; }

/// One worker's part of a layer.
struct Part {
    std::size_t worker = 0;
    graph::Work work;
};

std::vector<double> weights_of(const Problem& problem, OperatorId op, const DipmGrid& grid) {
    std::vector<double> weights;
    for (const std::size_t worker : grid.workers) {
        const Seconds whole = problem.predictor.time(worker, graph::whole_work(problem.graph, op));
        weights.push_back(grid.equal ? 1 : 1 / std::max(whole.count(), 1e-12));
    }
    return weights;
}

std::vector<Interval> deal(graph::Index extent, const std::vector<double>& weights) {
    return deal_by(extent, 1, proportions(weights, std::vector<double>(weights.size(), 1)));
}

/// The parts of a p x q grid; empty ones are left out.
std::vector<Part> parts_of(const Problem& problem, OperatorId id, const DipmGrid& grid) {
    const graph::Operator& op = problem.graph.op(id);
    const graph::Box& input = problem.graph.tensor(op.inputs.front()).full;
    const graph::Box& output = problem.graph.tensor(op.outputs.front()).full;
    const std::vector<double> weights = weights_of(problem, id, grid);
    std::vector<double> groups(grid.p, 0);
    for (std::size_t w = 0; w < weights.size(); ++w) groups[w / grid.q] += weights[w];
    const std::vector<Interval> summed = deal(input[Axis::c].size(), groups);
    std::vector<Part> parts;
    for (std::size_t i = 0; i < grid.p; ++i) {
        const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(i * grid.q);
        const std::vector<Interval> filters =
            deal(output[Axis::c].size(), {begin, begin + static_cast<std::ptrdiff_t>(grid.q)});
        for (std::size_t j = 0; j < grid.q; ++j) {
            if (summed[i].empty() || filters[j].empty()) continue;
            graph::Box box = output;
            box[Axis::c] = filters[j];
            graph::Work work{id, {graph::make_slab(box)}, std::nullopt};
            if (grid.p > 1) {
                work.in = input;
                (*work.in)[Axis::c] = summed[i];
            }
            parts.push_back({grid.workers[i * grid.q + j], std::move(work)});
        }
    }
    return parts;
}

}  // namespace

double published_bound(const DipmLayer& layer, const DipmUnits& units) {
    return speed_up(units.gamma * layer.operations(), transfers(layer, units));
}

double corrected_bound(const DipmLayer& layer, const DipmUnits& units, std::size_t p, std::size_t q) {
    const double pixels = static_cast<double>(q) * layer.inputs * layer.in_pixels +
                          static_cast<double>(p) * layer.outputs * layer.out_pixels;
    return speed_up(units.gamma * layer.operations(),
                    2 * static_cast<double>(p * q) * units.alpha + units.beta * pixels);
}

double published_speed_up(const DipmLayer& layer, const DipmUnits& units, std::size_t workers) {
    const double alone = units.gamma * layer.operations();
    return speed_up(alone, transfers(layer, units) + alone / static_cast<double>(workers));
}

std::optional<DipmLayer> dipm_layer(const graph::Graph& graph, OperatorId id) {
    const graph::Operator& op = graph.op(id);
    if (op.kind != graph::Kind::convolution || op.group != 1) return std::nullopt;
    const graph::Box& input = graph.tensor(op.inputs.front()).full;
    const graph::Box& output = graph.tensor(op.outputs.front()).full;
    const auto pixels = [](const graph::Box& box) {
        return static_cast<double>(box[Axis::n].size() * box[Axis::h].size() * box[Axis::w].size());
    };
    return DipmLayer{static_cast<double>(op.window.kernel[0] * op.window.kernel[1]),
                     static_cast<double>(input[Axis::c].size()), static_cast<double>(output[Axis::c].size()),
                     pixels(input), pixels(output)};
}

plan::Stage dipm_stage(const Problem& problem, OperatorId op, const DipmGrid& grid) {
    plan::Stage stage;
    stage.operators = {op};
    stage.last = op;
    for (const Part& part : parts_of(problem, op, grid)) {
        stage.shares.push_back({plan::DeviceId{static_cast<std::uint32_t>(part.worker)},
                                {{part.work.outputs.front().hull(), part.work.in}}});
    }
    std::sort(stage.shares.begin(), stage.shares.end(),
              [](const plan::Share& a, const plan::Share& b) { return a.device < b.device; });
    return stage;
}

DipmTimes dipm_times(const Problem& problem, OperatorId id, const DipmGrid& grid) {
    const std::size_t master = problem.bed.cluster().source;
    const graph::TensorInfo& input = problem.graph.tensor(problem.graph.op(id).inputs.front());
    const graph::TensorId result = problem.graph.op(id).outputs.front();
    const graph::TensorInfo& output = problem.graph.tensor(result);
    DipmTimes times;
    for (const Part& part : parts_of(problem, id, grid)) {
        ++times.workers;
        times.edge = std::max(times.edge,
                              problem.predictor.time(part.worker, part.work) + problem.bed.piece_overhead(part.worker));
        if (part.worker == master) continue;
        const graph::Slab read = graph::needed(problem.graph, id, 0, part.work.outputs, part.work.in);
        const Bytes out(part.work.outputs.front().volume() * output.element_bytes);
        times.tx += problem.bed.occupancy(master, part.worker, Bytes(read.volume() * input.element_bytes)) +
                    problem.bed.delay(master, part.worker);
        times.rx += problem.bed.occupancy(part.worker, master, out) + problem.bed.delay(part.worker, master);
    }
    times.tx /= static_cast<double>(std::max<std::size_t>(times.workers, 1));
    times.rx /= static_cast<double>(std::max<std::size_t>(times.workers, 1));
    if (grid.p > 1) times.join = problem.predictor.sum_time(master, result, output.full, grid.p);
    return times;
}

}  // namespace convoy::partition::detail

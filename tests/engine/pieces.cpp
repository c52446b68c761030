#include "pieces.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace convoy::test {

using graph::Axis;
using graph::Box;
using graph::Index;
using graph::OperatorId;
using graph::Slab;
using graph::Tensor;
using graph::TensorId;
using graph::TensorInfo;

namespace {
/// Calls visit(offset in the values) for each float of the boxes, in their order.
template <class Visit>
void for_each_float(const Values& values, const std::vector<Box>& boxes, Visit visit) {
    for (const Box& box : boxes) {
        for (Index n = box[Axis::n].begin; n < box[Axis::n].end; ++n)
            for (Index c = box[Axis::c].begin; c < box[Axis::c].end; ++c)
                for (Index h = box[Axis::h].begin; h < box[Axis::h].end; ++h)
                    for (Index w = box[Axis::w].begin; w < box[Axis::w].end; ++w)
                        for (Index i = 0; i < values.inner; ++i)
                            visit(values.offset(n, c, h, w) + static_cast<std::size_t>(i));
    }
}
}  // namespace

Tensor tensor_of(const TensorInfo& info, const Values& values, const std::vector<Box>& boxes) {
    Tensor tensor(boxes, info.element_bytes);
    float* to = tensor.floats();
    for_each_float(values, boxes, [&](std::size_t offset) { *to++ = static_cast<float>(values.data[offset]); });
    return tensor;
}

std::vector<Tensor> run_piece(engine::Weights& weights, const plan::Run& piece, const std::vector<Values>& tensors) {
    const graph::Graph& graph = weights.graph();
    std::vector<Tensor> held;
    std::vector<std::vector<graph::TensorView>> inputs;
    for (const plan::Run::Input& input : piece.inputs) {
        const Values& values = tensors[index(input.tensor)];
        held.push_back(tensor_of(graph.tensor(input.tensor), values, input.slab.boxes()));
        inputs.push_back({held.back().view()});
    }
    std::vector<Tensor> results;
    std::vector<graph::TensorView> views;
    for (const plan::Run::Output& output : piece.outputs) {
        results.emplace_back(output.slab.boxes(), graph.tensor(output.tensor).element_bytes);
        views.push_back(results.back().view());
    }
    engine::Shard shard(weights, piece);
    shard.run(inputs, views);
    for (Tensor& result : results) {  // the second run must not find what the first one left
        std::fill_n(result.floats(), result.view().bytes().value / 4, std::nanf(""));
    }
    shard.run(inputs, views);
    return results;
}

double relative_difference(const TensorInfo&, const Tensor& a, const Values& b) {
    double largest = 0;
    double difference = 0;
    const float* from = a.floats();
    for_each_float(b, a.boxes(), [&](std::size_t offset) {
        const double wanted = b.data[offset];
        const double error = std::abs(static_cast<double>(*from++) - wanted);
        if (std::isnan(error)) difference = std::numeric_limits<double>::infinity();
        difference = std::max(difference, error);
        largest = std::max(largest, std::abs(wanted));
    });
    return difference == 0 ? 0 : difference / std::max(largest, 1e-3);
}

plan::Run single(const graph::Graph& graph, OperatorId id, const Slab& asked, const std::optional<Box>& in) {
    const graph::Operator& op = graph.op(id);
    plan::Run run;
    graph::Work work{id, std::vector<Slab>(op.outputs.size()), in};
    work.outputs[0] = computed(graph, id, 0, asked);
    if (in) work.outputs[0] = trimmed(graph, id, work.outputs[0], *in);
    std::map<TensorId, Slab> read;  // an operator may read one tensor twice
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        Slab& slab = read[op.inputs[i]];
        slab = join(slab, needed(graph, id, i, work.outputs, in));
    }
    for (const auto& [tensor, slab] : read) run.inputs.push_back({tensor, slab, {}});
    run.outputs.push_back({op.outputs[0], work.outputs[0], {}});
    run.works.push_back(std::move(work));
    return run;
}

plan::Run grown(const graph::Graph& graph, TensorId tensor, const Slab& asked) {
    std::map<TensorId, Slab> wanted{{tensor, asked}};
    plan::Run run;
    for (std::size_t i = graph.operators().size(); i-- > 0;) {
        const graph::Operator& op = graph.operators()[i];
        graph::Work work{OperatorId(i), std::vector<Slab>(op.outputs.size()), std::nullopt};
        bool any = false;
        for (std::size_t k = 0; k < op.outputs.size(); ++k) {
            const auto found = wanted.find(op.outputs[k]);
            if (found == wanted.end() || found->second.empty()) continue;
            work.outputs[k] = computed(graph, OperatorId(i), k, found->second);
            any = true;
        }
        if (!any) continue;
        for (std::size_t k = 0; k < op.inputs.size(); ++k) {
            Slab& slab = wanted[op.inputs[k]];
            slab = join(slab, needed(graph, OperatorId(i), k, work.outputs));
        }
        run.works.insert(run.works.begin(), std::move(work));
    }
    for (const TensorId id : graph.inputs()) {
        if (wanted.contains(id) && !wanted[id].empty()) run.inputs.push_back({id, wanted[id], {}});
    }
    run.outputs.push_back({tensor, asked, {}});
    return run;
}

Slab random_slab(const Box& full, const std::array<bool, graph::kAxes>& cut, util::Random& random) {
    Box box = full;
    for (const Axis axis : graph::kAllAxes) {
        if (!cut[static_cast<std::size_t>(axis)] || random.chance(0.4)) continue;
        box[axis].begin = random.integer(full[axis].begin, full[axis].end - 1);
        box[axis].end = random.integer(box[axis].begin + 1, full[axis].end);
    }
    Slab slab = graph::make_slab(box);
    if (cut[static_cast<std::size_t>(Axis::c)] && box[Axis::c].size() > 2 && random.chance(0.5)) {
        const Index hole = random.integer(box[Axis::c].begin + 1, box[Axis::c].end - 2);  // c as two intervals
        slab.c = {{box[Axis::c].begin, hole}, {hole + 1, box[Axis::c].end}};
    }
    return slab;
}

}  // namespace convoy::test

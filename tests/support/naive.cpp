#include "support/naive.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/naive_operators.hpp"

namespace convoy::test {
namespace {

using graph::Axis;
using graph::Box;
using graph::Index;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Calls visit(offset) for every value inside the region.
template <class Visit>
void for_each_value(const Values& values, const graph::Region& region, Visit visit) {
    for (const Box& each : region.boxes()) {
        const Box box = intersection(each, values.full);
        for_each_point(box, [&](const Point& at) {
            const std::size_t first = values.offset(at.n, at.c, at.h, at.w);
            for (Index i = 0; i < values.inner; ++i) visit(first + static_cast<std::size_t>(i));
        });
    }
}

}  // namespace

Values::Values(const graph::TensorInfo& tensor)
    : full(tensor.full), inner(tensor.element_bytes / element_size(tensor.type)) {
    data.assign(static_cast<std::size_t>(full.volume() * inner), kUnknown);
}

std::size_t Values::offset(Index n, Index c, Index h, Index w) const {
    const Index row = (n * full[Axis::c].end + c) * full[Axis::h].end + h;
    return static_cast<std::size_t>((row * full[Axis::w].end + w) * inner);
}

Values random_values(const graph::TensorInfo& tensor, util::Random& random) {
    Values values(tensor);
    std::generate(values.data.begin(), values.data.end(), [&] { return random.normal(); });
    return values;
}

std::vector<Values> random_inputs(const graph::Graph& graph, util::Random& random) {
    std::vector<Values> inputs;
    for (const graph::TensorId id : graph.inputs()) inputs.push_back(random_values(graph.tensor(id), random));
    return inputs;
}

Values restricted(const Values& values, const graph::Region& region) {
    Values part = values;
    std::fill(part.data.begin(), part.data.end(), kUnknown);
    copy(values, part, region);
    return part;
}

void copy(const Values& from, Values& to, const graph::Region& region) {
    for_each_value(from, region, [&](std::size_t i) { to.data[i] = from.data[i]; });
}

void add(const Values& from, Values& to, const graph::Region& region) {
    for_each_value(from, region, [&](std::size_t i) { to.data[i] += from.data[i]; });
}

bool known(const Values& values, const graph::Region& region) {
    bool all = true;
    for_each_value(values, region, [&](std::size_t i) { all = all && !std::isnan(values.data[i]); });
    return all;
}

double largest_difference(const Values& a, const Values& b, const graph::Region& region) {
    double largest = 0;
    for_each_value(a, region, [&](std::size_t i) {
        const double x = a.data[i];
        const double y = b.data[i];
        if (std::isnan(x) != std::isnan(y)) largest = std::numeric_limits<double>::infinity();
        if (std::isnan(x) || std::isnan(y) || x == y) return;
        largest = std::max(largest, std::abs(x - y) / std::max({1.0, std::abs(x), std::abs(y)}));
    });
    return largest;
}

std::vector<Values> naive_run(const graph::Graph& graph, std::span<const Values> inputs) {
    std::vector<Values> tensors(graph.tensors().size());
    for (std::size_t i = 0; i < inputs.size(); ++i) tensors[index(graph.inputs().at(i))] = inputs[i];
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        const graph::Operator& op = graph.operators()[i];
        graph::Work work{.op = graph::OperatorId{static_cast<std::uint32_t>(i)}, .outputs = {}, .in = {}};
        std::vector<Values> read;
        for (const graph::TensorId id : op.outputs) work.outputs.push_back(make_slab(graph.tensor(id).full));
        for (const graph::TensorId id : op.inputs) read.push_back(tensors[index(id)]);
        std::vector<Values> computed = naive_work(graph, work, read);
        for (std::size_t k = 0; k < computed.size(); ++k) tensors[index(op.outputs[k])] = std::move(computed[k]);
    }
    return tensors;
}

std::vector<Values> naive_work(const graph::Graph& graph, const graph::Work& work, std::span<const Values> inputs) {
    const graph::Operator& op = graph.op(work.op);
    std::vector<Values> outputs;
    for (std::size_t k = 0; k < op.outputs.size(); ++k) {
        Values out(graph.tensor(op.outputs[k]));
        const NaiveOperator naive(op, k, inputs, graph.tensor(op.outputs[k]), work.in);
        for (const Box& box : work.outputs.at(k).boxes()) {
            for_each_point(box, [&](const Point& at) {
                const std::size_t first = out.offset(at.n, at.c, at.h, at.w);
                for (Index i = 0; i < out.inner; ++i) {
                    const double raw = naive.raw(at, first + static_cast<std::size_t>(i));
                    out.data[first + static_cast<std::size_t>(i)] = work.in ? raw : apply_tail(op.tail, at.c, raw);
                }
            });
        }
        outputs.push_back(std::move(out));
    }
    return outputs;
}

Values naive_tail(const graph::Graph& graph, graph::OperatorId op, const Values& raw, const graph::Region& region) {
    const graph::Tail& tail = graph.op(op).tail;
    Values out = restricted(raw, {});
    for (const Box& box : region.boxes()) {
        for_each_point(box, [&](const Point& at) {
            const std::size_t i = out.offset(at.n, at.c, at.h, at.w);
            out.data[i] = apply_tail(tail, at.c, raw.data[i]);
        });
    }
    return out;
}

}  // namespace convoy::test

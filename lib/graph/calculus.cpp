#include "graph/calculus.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/rules.hpp"
#include "util/error.hpp"

namespace convoy::graph {
namespace {

using detail::Rule;
using detail::rule_of;
using detail::Site;

Site site_of(const Graph& graph, OperatorId op) { return {graph, graph.op(op)}; }

/// The first input, cut to `in` along the axes that are summed over.
Box domain_of(const Site& site, const std::optional<Box>& in) {
    Box domain = site.op.inputs.empty() ? Box{} : site.input().full;
    if (!in) return domain;
    const Cuts allowed = rule_of(site).cuts(site);
    for (std::size_t axis = 0; axis < kAxes; ++axis) {
        if (allowed.contraction[axis]) domain.axes[axis] = intersection(domain.axes[axis], in->axes[axis]);
    }
    return domain;
}

double tail_operations(const Tail& tail) {
    double per_element = tail.bias ? 1 : 0;
    per_element += tail.scale.empty() ? 0 : 1;
    per_element += tail.shift.empty() ? 0 : 1;
    return per_element + operations(tail.activation);
}

/// The part of a channel interval between two of the borders, cut by cut.
std::vector<Interval> split_at(const Interval& interval, const std::vector<Index>& borders) {
    std::vector<Interval> parts;
    Index begin = interval.begin;
    for (auto border = std::upper_bound(borders.begin(), borders.end(), begin);
         border != borders.end() && *border < interval.end; ++border) {
        parts.push_back({begin, *border});
        begin = *border;
    }
    parts.push_back({begin, interval.end});
    return parts;
}

}  // namespace

Cuts cuts(const Graph& graph, OperatorId op) {
    const Site site = site_of(graph, op);
    return rule_of(site).cuts(site);
}

Slab computed(const Graph& graph, OperatorId op, std::size_t output, const Slab& asked) {
    const Site site = site_of(graph, op);
    const Slab clipped = intersection(asked, site.output(output).full);
    return clipped.empty() ? Slab{} : rule_of(site).computed(site, output, clipped);
}

Slab needed(const Graph& graph, OperatorId op, std::size_t input, std::span<const Slab> outputs,
            const std::optional<Box>& in) {
    const Site site = site_of(graph, op);
    const auto wanted = std::find_if(outputs.begin(), outputs.end(), [](const Slab& slab) { return !slab.empty(); });
    if (wanted == outputs.end()) return {};
    const Slab slab = intersection(rule_of(site).needed(site, input, *wanted), site.input(input).full);
    return in && input == 0 ? intersection(slab, domain_of(site, in)) : slab;
}

Slab broadcast_part(const Box& full, const Slab& output) {
    const auto part = [&](Axis axis, const Interval& wanted) { return full[axis].size() == 1 ? full[axis] : wanted; };
    return {part(Axis::n, output.n), full[Axis::c].size() == 1 ? std::vector{full[Axis::c]} : output.c,
            part(Axis::h, output.h), part(Axis::w, output.w)};
}

Box operand_box(const Constant& constant, const TensorInfo& output) {
    Box box = make_box(1, 1, 1, 1);
    const std::size_t first = output.dims.size() - constant.dims.size();
    for (std::size_t i = 0; i < constant.dims.size(); ++i) box.axes.at(first + i).end = constant.dims[i];
    return box;
}

Slab trimmed(const Graph& graph, OperatorId op, const Slab& asked, const Box& in) {
    const std::vector<Index> borders = group_borders(graph, op);
    const Box domain = domain_of(site_of(graph, op), in);
    Slab kept = asked;
    kept.c.clear();
    for (const Interval& interval : asked.c) {
        for (const Interval& part : split_at(interval, borders)) {
            const Box cell{{asked.n, part, asked.h, asked.w}};
            if (!intersection(summed_domain(graph, op, cell), domain).empty()) kept.c.push_back(part);
        }
    }
    kept.c = normalized(std::move(kept.c));
    return kept.empty() ? Slab{} : kept;
}

Box summed_domain(const Graph& graph, OperatorId op, const Box& cell) {
    const Site site = site_of(graph, op);
    const Rule& rule = rule_of(site);
    if (!rule.summed) {
        throw util::Error(util::Errc::internal, fmt::format("operator '{}' ({}) sums over nothing that can be cut",
                                                            site.op.name, to_string(site.op.kind)));
    }
    return rule.summed(site, cell);
}

std::vector<Index> group_borders(const Graph& graph, OperatorId op) {
    const Site site = site_of(graph, op);
    std::vector<Index> borders;
    if (site.op.kind != Kind::convolution || site.op.group == 1 || &rule_of(site) == &detail::kWhole) return borders;
    const Index outputs = detail::groups_of(site).outputs;
    for (Index group = 1; group < site.op.group; ++group) borders.push_back(group * outputs);
    return borders;
}

util::Flops flops(const Graph& graph, const Work& work) {
    const Site site = site_of(graph, work.op);
    const auto wanted =
        std::find_if(work.outputs.begin(), work.outputs.end(), [](const Slab& slab) { return !slab.empty(); });
    if (wanted == work.outputs.end()) return util::Flops(0);
    const double operations = rule_of(site).operations(site, {*wanted, domain_of(site, work.in)});
    const double tail = work.in ? 0 : tail_operations(site.op.tail) * static_cast<double>(wanted->volume());
    return util::Flops(operations + tail);
}

util::Bytes weight_bytes(const Graph& graph, const Work& work) {
    const Site site = site_of(graph, work.op);
    const auto wanted =
        std::find_if(work.outputs.begin(), work.outputs.end(), [](const Slab& slab) { return !slab.empty(); });
    if (wanted == work.outputs.end()) return util::Bytes(0);
    Index bytes = 0;
    const Rule& rule = rule_of(site);
    bytes += rule.weights(site, {*wanted, domain_of(site, work.in)}) * element_size(ElementType::float32);
    for (const auto& constant : site.op.constant_inputs) {
        if (constant && &rule == &detail::kWhole) bytes += static_cast<Index>(constant->data.size());
    }
    const Tail& tail = site.op.tail;
    const Index vectors = (tail.bias ? 1 : 0) + (tail.scale.empty() ? 0 : 1) + (tail.shift.empty() ? 0 : 1);
    if (!work.in) bytes += vectors * wanted->channels() * element_size(ElementType::float32);
    return util::Bytes(bytes);
}

Work whole_work(const Graph& graph, OperatorId op) {
    Work work{op, {}, std::nullopt};
    for (const TensorId id : graph.op(op).outputs) work.outputs.push_back(make_slab(graph.tensor(id).full));
    return work;
}

}  // namespace convoy::graph

#include "graph/calculus.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "support/naive.hpp"
#include "support/random_graph.hpp"

using namespace convoy;
using graph::Axis;
using graph::Box;
using graph::Index;
using graph::Interval;
using graph::kAxes;
using graph::Kind;
using graph::OperatorId;
using graph::Region;
using graph::Slab;
using graph::Work;
using test::Values;

namespace {

Interval random_part(util::Random& random, const Interval& full) {
    const Index begin = random.integer(full.begin, full.end - 1);
    return {begin, random.integer(begin + 1, full.end)};
}

/// A box along the axes that may be cut, whole along the others; along c sometimes a list of intervals.
Slab random_slab(util::Random& random, const Box& full, const std::array<bool, kAxes>& cuts) {
    Box box = full;
    for (std::size_t axis = 0; axis < kAxes; ++axis) {
        if (cuts[axis] && random.chance(0.7)) box.axes[axis] = random_part(random, full.axes[axis]);
    }
    Slab slab = make_slab(box);
    if (!cuts[1] || random.chance(0.6)) return slab;
    std::vector<Interval> channels = slab.c;
    for (Index i = random.integer(1, 2); i > 0; --i) channels.push_back(random_part(random, full[Axis::c]));
    slab.c = graph::normalized(channels);
    return slab;
}

/// Borders of an extent cut into at most `most` parts.
std::vector<Interval> random_cuts(util::Random& random, const Interval& full, Index most) {
    std::vector<Index> borders{full.begin, full.end};
    for (Index i = random.integer(0, most - 1); i > 0; --i) borders.push_back(random.integer(full.begin, full.end));
    std::sort(borders.begin(), borders.end());
    std::vector<Interval> parts;
    for (std::size_t i = 1; i < borders.size(); ++i) {
        if (borders[i - 1] < borders[i]) parts.push_back({borders[i - 1], borders[i]});
    }
    return parts;
}

/// A grid of boxes that partitions `full` along the allowed axes.
std::vector<Box> random_partition(util::Random& random, const Box& full, const std::array<bool, kAxes>& cuts) {
    std::vector<Box> boxes{full};
    for (std::size_t axis = 0; axis < kAxes; ++axis) {
        if (!cuts[axis]) continue;
        const std::vector<Interval> parts = random_cuts(random, full.axes[axis], 3);
        std::vector<Box> finer;
        for (Box box : boxes) {
            for (const Interval& part : parts) {
                box.axes[axis] = part;
                finer.push_back(box);
            }
        }
        boxes = std::move(finer);
    }
    return boxes;
}

/// A random graph with all its values.
struct Case {
    explicit Case(util::Random& random, const test::RandomGraphOptions& options = {})
        : graph(test::random_graph(random, options)),
          values(test::naive_run(graph, test::random_inputs(graph, random))) {}

    [[nodiscard]] const Box& full(graph::TensorId id) const { return graph.tensor(id).full; }

    graph::Graph graph;
    std::vector<Values> values;
};

/// What the calculus says that each input must hold for the work.
std::vector<Slab> needed_inputs(const graph::Graph& graph, const Work& work) {
    std::vector<Slab> slabs;
    for (std::size_t i = 0; i < graph.op(work.op).inputs.size(); ++i) {
        slabs.push_back(needed(graph, work.op, i, work.outputs, work.in));
    }
    return slabs;
}

std::vector<Values> run(const Case& all, const Work& work, const std::vector<Slab>& held) {
    std::vector<Values> inputs;
    for (std::size_t i = 0; i < held.size(); ++i) {
        inputs.push_back(restricted(all.values[index(all.graph.op(work.op).inputs[i])], held[i].region()));
    }
    return naive_work(all.graph, work, inputs);
}

/// Random work: what is asked of each output, grown to what is computed.
Work random_work(util::Random& random, const Case& all, OperatorId id) {
    Work work{id, {}, std::nullopt};
    const graph::Operator& op = all.graph.op(id);
    for (std::size_t k = 0; k < op.outputs.size(); ++k) {
        const Slab asked = random_slab(random, all.full(op.outputs[k]), {true, true, true, true});
        const bool wanted = op.outputs.size() == 1 || random.chance(0.6);
        work.outputs.push_back(wanted ? computed(all.graph, id, k, asked) : Slab{});
        if (wanted) {
            REQUIRE(work.outputs.back().region().contains(asked.region()));
            REQUIRE(make_slab(all.full(op.outputs[k])).region().contains(work.outputs.back().region()));
            REQUIRE(computed(all.graph, id, k, work.outputs.back()) == work.outputs.back());
        }
    }
    return work;
}

template <class Check>
void for_each_operator(const graph::Graph& graph, Check check) {
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        INFO("operator " << graph.operators()[i].name);
        check(OperatorId{static_cast<std::uint32_t>(i)});
    }
}

void check_needed(util::Random& random, const Case& all, OperatorId id) {
    const graph::Operator& op = all.graph.op(id);
    const Work work = random_work(random, all, id);
    const std::vector<Values> outputs = run(all, work, needed_inputs(all.graph, work));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        const Values& whole = all.values[index(op.outputs[k])];
        REQUIRE(largest_difference(outputs[k], whole, work.outputs[k].region()) == 0);
    }
}

/// The slab without its first or last row, column, input of the batch or channel interval's border.
std::vector<Slab> without_one_border(const Slab& slab) {
    std::vector<Slab> smaller;
    for (const auto member : {&Slab::n, &Slab::h, &Slab::w}) {
        Slab front = slab;
        ++(front.*member).begin;
        Slab back = slab;
        --(back.*member).end;
        smaller.push_back(front);
        smaller.push_back(back);
    }
    for (std::size_t i = 0; i < slab.c.size(); ++i) {
        Slab front = slab;
        ++front.c[i].begin;
        Slab back = slab;
        --back.c[i].end;
        smaller.push_back(front);
        smaller.push_back(back);
    }
    return smaller;
}

bool any(const std::array<bool, kAxes>& axes) {
    return std::any_of(axes.begin(), axes.end(), [](bool b) { return b; });
}

/// Dropping any border of what is needed must show in what is computed.
void check_minimal(const Case& all, const Work& work) {
    const std::vector<Slab> exact = needed_inputs(all.graph, work);
    const auto poisoned = [&](const std::vector<Slab>& held) {
        const std::vector<Values> outputs = run(all, work, held);
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            if (!known(outputs[k], work.outputs[k].region())) return true;
        }
        return false;
    };
    for (std::size_t i = 0; i < exact.size(); ++i) {
        if (exact[i].empty()) continue;
        for (const Slab& smaller : without_one_border(exact[i])) {
            std::vector<Slab> held = exact;
            held[i] = smaller;
            REQUIRE(poisoned(held));
        }
    }
}

void check_minimal_work(util::Random& random, const Case& all, OperatorId id) {
    check_minimal(all, random_work(random, all, id));
}

/// The same for an addend: terms outside of `in` need not be there.
void check_minimal_addend(util::Random& random, const Case& all, OperatorId id) {
    const graph::Cuts allowed = cuts(all.graph, id);
    if (!any(allowed.contraction)) return;
    const graph::Operator& op = all.graph.op(id);
    const Slab asked = random_slab(random, all.full(op.outputs[0]), allowed.output);
    const Box in = random_slab(random, all.full(op.inputs[0]), allowed.contraction).hull();
    check_minimal(all, {id, {trimmed(all.graph, id, asked, in)}, in});
}

/// Every kept element of an addend sums something, unless its window lies wholly in padding: with nothing held, the
/// same elements are unknown as without `in`.
void check_trimmed(const Case& all, OperatorId id, const Slab& kept, const Box& in) {
    const std::vector<Slab> nothing{Slab{}};
    const Box& everything = all.full(all.graph.op(id).inputs[0]);
    const Values with_in = run(all, {id, {kept}, in}, nothing)[0];
    const Values without = run(all, {id, {kept}, everything}, nothing)[0];
    REQUIRE(largest_difference(with_in, without, kept.region()) == 0);
}

/// The addends of random `in` boxes, each computed from what it needs and trimmed, sum to the complete value.
void check_sums(util::Random& random, const Case& all, OperatorId id) {
    const graph::Cuts allowed = cuts(all.graph, id);
    if (!any(allowed.contraction)) return;
    const graph::Operator& op = all.graph.op(id);
    const Box& full = all.full(op.outputs[0]);
    const Slab asked = random_slab(random, full, allowed.output);
    Values sum(all.graph.tensor(op.outputs[0]));
    std::fill(sum.data.begin(), sum.data.end(), 0);
    for (const Box& in : random_partition(random, all.full(op.inputs[0]), allowed.contraction)) {
        const Slab kept = trimmed(all.graph, id, asked, in);
        REQUIRE(asked.region().contains(kept.region()));
        check_trimmed(all, id, kept, in);
        const Work work{id, {kept}, in};
        const std::vector<Slab> held = needed_inputs(all.graph, work);
        const Values addend = run(all, work, held)[0];
        REQUIRE(known(addend, kept.region()));
        add(addend, sum, kept.region());
        const Values untrimmed = run(all, {id, {asked}, in}, {make_slab(all.full(op.inputs[0]))})[0];
        const Region dropped = asked.region() - kept.region();
        Values zero = sum;
        std::fill(zero.data.begin(), zero.data.end(), 0);
        REQUIRE(largest_difference(untrimmed, zero, dropped) == 0);
    }
    const Values complete = naive_tail(all.graph, id, sum, asked.region());
    REQUIRE(largest_difference(complete, all.values[index(op.outputs[0])], asked.region()) < 1e-9);
}

/// The `in` boxes of a partition, clipped to the summed domain of a cell, are disjoint and cover it.
void check_summed_domain(util::Random& random, const Case& all, OperatorId id) {
    const graph::Cuts allowed = cuts(all.graph, id);
    if (!any(allowed.contraction)) return;
    const graph::Operator& op = all.graph.op(id);
    const std::vector<Index> borders = group_borders(all.graph, id);
    Box cell = random_slab(random, all.full(op.outputs[0]), {true, false, true, true}).hull();
    std::vector<Index> edges{0};
    edges.insert(edges.end(), borders.begin(), borders.end());
    edges.push_back(cell[Axis::c].end);
    for (std::size_t i = 1; i < edges.size(); ++i) {
        REQUIRE(edges[i - 1] < edges[i]);
        cell[Axis::c] = {edges[i - 1], edges[i]};
        const Box domain = summed_domain(all.graph, id, cell);
        const Slab read = needed(all.graph, id, 0, std::vector{make_slab(cell)});
        REQUIRE(domain.contains(read.hull()));
        REQUIRE((read.empty() || read.hull()[Axis::c] == domain[Axis::c]));
    }
}

/// Work of disjoint parts adds up to the work of the whole, along channels in whole groups and over `in` boxes.
void check_flops(util::Random& random, const Case& all, OperatorId id) {
    const graph::Operator& op = all.graph.op(id);
    if (op.outputs.size() > 1) return;
    const Work whole = whole_work(all.graph, id);
    const graph::Cuts allowed = cuts(all.graph, id);
    util::Flops sum;
    for (const Box& box : random_partition(random, all.full(op.outputs[0]), allowed.output)) {
        const Work work{id, {make_slab(box)}, std::nullopt};
        REQUIRE(weight_bytes(all.graph, work) <= weight_bytes(all.graph, whole));
        sum += flops(all.graph, work);
    }
    REQUIRE(sum.value == Approx(flops(all.graph, whole).value).epsilon(1e-12));
    if (!any(allowed.contraction)) return;
    util::Flops addends;
    util::Bytes weights;
    for (const Box& in : random_partition(random, all.full(op.inputs[0]), allowed.contraction)) {
        addends += flops(all.graph, {id, whole.outputs, in});
        weights += weight_bytes(all.graph, {id, whole.outputs, in});
    }
    const graph::Work raw{id, whole.outputs, all.full(op.inputs[0])};
    REQUIRE(addends.value == Approx(flops(all.graph, raw).value).epsilon(1e-12));
    REQUIRE(weights == weight_bytes(all.graph, raw));
}

using Check = void (*)(util::Random&, const Case&, OperatorId);

void run_property(Check check, std::uint64_t first_seed, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(round);
        util::Random random(seed);
        const Case all(random);
        INFO("seed " << seed << "\n" << test::describe(all.graph));
        for_each_operator(all.graph, [&](OperatorId id) { check(random, all, id); });
    }
}

}  // namespace

TEST_CASE("calculus: a piece computed from exactly what it needs has the whole model's values", "[graph]") {
    run_property(check_needed, 1000, 600);
}

TEST_CASE("calculus: dropping any border of what is needed shows in the result", "[graph]") {
    run_property(check_minimal_work, 2000, 200);
    run_property(check_minimal_addend, 2500, 300);
}

TEST_CASE("calculus: trimmed addends over a partition of the input sum to the complete value", "[graph]") {
    run_property(check_sums, 3000, 400);
}

TEST_CASE("calculus: the summed domain of a cell is what it reads of the contracted axes", "[graph]") {
    run_property(check_summed_domain, 4000, 200);
}

TEST_CASE("calculus: operations and weights of parts add up to those of the whole", "[graph]") {
    run_property(check_flops, 5000, 200);
}

TEST_CASE("calculus: all properties on many more graphs", "[graph][long]") {
    run_property(check_needed, 100000, 10000);
    run_property(check_minimal_work, 200000, 2000);
    run_property(check_minimal_addend, 250000, 3000);
    run_property(check_sums, 300000, 8000);
    run_property(check_summed_domain, 400000, 3000);
    run_property(check_flops, 500000, 3000);
}

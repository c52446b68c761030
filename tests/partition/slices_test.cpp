#include "partition/slices.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "graph/calculus.hpp"
#include "partition/units.hpp"
#include "scene.hpp"
#include "support/random_graph.hpp"
#include "util/random.hpp"

using namespace convoy;
using namespace convoy::partition::detail;
using graph::Axis;
using graph::Interval;
using graph::Slab;
using graph::TensorId;

namespace {

/// What a tile of a range's output takes on a device, and reads: by the calculus of regions, both axes together.
struct Exact {
    util::Seconds time{};
    std::map<TensorId, Tile> inputs;
};

Exact exact(test::Scene& scene, OperatorRange range, const Tile& tile, std::size_t device) {
    const graph::Graph& graph = scene.graph;
    std::map<TensorId, Slab> asked;
    const TensorId result = graph.operators()[range.end - 1].outputs.front();
    graph::Box box = graph.tensor(result).full;
    box[Axis::h] = tile.h;
    box[Axis::w] = tile.w;
    asked.emplace(result, graph::make_slab(box));
    Exact exact{scene.bed.piece_overhead(device), {}};
    for (std::size_t at = range.end; at-- > range.begin;) {
        const graph::OperatorId id{static_cast<std::uint32_t>(at)};
        const auto wanted = asked.find(graph.op(id).outputs.front());
        if (wanted == asked.end()) continue;
        const graph::Work work{id, {graph::computed(graph, id, 0, wanted->second)}, std::nullopt};
        asked.erase(wanted);
        exact.time += scene.predictor.time(device, work);
        for (std::size_t input = 0; input < graph.op(id).inputs.size(); ++input) {
            const Slab needed = graph::needed(graph, id, input, work.outputs);
            if (needed.empty()) continue;
            const auto [entry, added] = asked.emplace(graph.op(id).inputs[input], needed);
            if (!added) entry->second = join(entry->second, needed);
        }
    }
    for (const auto& [tensor, slab] : asked) exact.inputs.emplace(tensor, Tile{slab.h, slab.w});
    return exact;
}

/// Which channels are needed goes by which rows and columns are: that is not looked at.
bool channels_go_by_place(const graph::Graph& graph, OperatorRange range) {
    for (std::size_t op = range.begin; op < range.end; ++op)
        if (graph.operators()[op].kind == graph::Kind::depth_to_space) return true;
    return false;
}

Interval random_part(util::Random& random, const Interval& full, bool cut) {
    if (!cut || full.size() < 2) return full;
    const graph::Index begin = random.integer(full.begin, full.end - 1);
    return {begin, random.integer(begin + 1, full.end)};
}

}  // namespace

TEST_CASE("slices: a tile takes and reads what the calculus of regions says", "[partition]") {
    std::size_t fused = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        util::Random random(seed);
        test::Scene scene(test::random_graph(random), test::bed({1e6, 3e6}, test::fast_link()));
        INFO("seed " << seed << '\n' << test::describe(scene.graph));
        const std::size_t operators = scene.graph.operators().size();
        for (int i = 0; i < 30; ++i) {
            const auto end = static_cast<std::size_t>(random.integer(1, static_cast<graph::Index>(operators)));
            const auto begin = static_cast<std::size_t>(random.integer(0, static_cast<graph::Index>(end) - 1));
            const OperatorRange range{begin, end};
            const Axes axes = cut_axes(scene.graph, range);
            if (!axes.any()) continue;
            const Tile full = scene.slices.extent(range);
            const Tile tile{random_part(random, full.h, axes.h), random_part(random, full.w, axes.w)};
            INFO("operators " << begin << " to " << end << ", rows " << tile.h.begin << " to " << tile.h.end
                              << ", columns " << tile.w.begin << " to " << tile.w.end);
            for (const std::size_t device : {0, 1}) {
                const Exact expected = exact(scene, range, tile, device);
                const Slice& slice = scene.slices.at(range, tile);
                const double time = scene.slices.time(slice, device).count();
                if (channels_go_by_place(scene.graph, range)) {
                    CHECK(time >= (1 - 1e-9) * expected.time.count());
                } else {
                    CHECK(time == Approx(expected.time.count()));
                }
                CHECK(scene.slices.time(range, tile, device) == scene.slices.time(slice, device));
                std::map<TensorId, Tile> inputs;
                for (const Slice::Input& input : slice.inputs) inputs.emplace(input.tensor, input.tile);
                CHECK(inputs == expected.inputs);
            }
            fused += end - begin > 1 ? 1 : 0;
        }
    }
    CHECK(fused > 100);
}

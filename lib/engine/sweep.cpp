#include "engine/sweep.hpp"

#include <fmt/format.h>

#include "graph/calculus.hpp"
#include "util/error.hpp"

namespace convoy::engine {

util::Bytes memory_of(const graph::Graph& layer) {
    util::Bytes sum;
    for (const graph::TensorInfo& tensor : layer.tensors()) sum += tensor.bytes();
    const graph::OperatorId op{0};
    return sum + graph::weight_bytes(layer, graph::whole_work(layer, op));
}

std::vector<graph::Graph> draw_layers(std::uint64_t seed, std::int64_t number, const LayerLimits& limits) {
    constexpr util::Bytes kTogether{std::int64_t{192} << 20};
    constexpr util::Bytes kSmall{std::int64_t{2} << 20};
    constexpr int kMostDraws = 1000;
    util::Bytes sum;
    std::vector<graph::Graph> layers;
    util::Random random(seed * 1000003 + static_cast<std::uint64_t>(number));
    for (const LayerFamily& family : layer_families()) {
        const util::Bytes most = sum < kTogether ? limits.memory : std::min(kSmall, limits.memory);
        // Families do not share one stream of numbers: how often one draws must not change the others.
        util::Random own(random.bits());
        for (int draw = 0;; ++draw) {
            if (draw == kMostDraws)
                throw util::Error(util::Errc::internal, fmt::format("no {} layer is within the limits", family.name));
            graph::Graph layer = family.draw(own, fmt::format("sweep/{}/{}", family.name, number));
            const bool small = memory_of(layer) <= most &&
                               graph::flops(layer, graph::whole_work(layer, graph::OperatorId{0})) <= limits.flops;
            if (!small) continue;
            sum += memory_of(layer);
            layers.push_back(std::move(layer));
            break;
        }
    }
    return layers;
}

}  // namespace convoy::engine

#include "support/random_sampling.hpp"

#include <algorithm>
#include <cmath>

namespace convoy::test {
namespace {

using graph::Index;
using graph::Kind;
using Dims = std::vector<Index>;

/// A slice with a random step, wrapped around, and now and then any position instead.
std::vector<Index> random_picks(util::Random& random, Index extent, Index count) {
    std::vector<Index> picks;
    const Index begin = random.integer(0, extent - 1);
    const Index step = random.integer(-2, 2);
    for (Index o = 0; o < count; ++o) {
        const Index at = random.chance(0.8) ? begin + o * step : random.integer(0, extent - 1);
        picks.push_back((at % extent + extent) % extent);
    }
    return picks;
}

Drawn gather(util::Random& random, Dims out) {
    Drawn drawn;
    drawn.op.kind = Kind::gather;
    drawn.op.picks.resize(out.size());
    for (std::size_t axis = 1; axis < out.size(); ++axis) {
        if (random.chance(0.5)) continue;
        const Index extent = out[axis];
        out[axis] = random.integer(1, std::min<Index>(extent + 2, 16));
        drawn.op.picks[axis] = random_picks(random, extent, out[axis]);
    }
    drawn.output = std::move(out);
    return drawn;
}

/// Two or four taps around the place of each output position, clamped at the borders.
graph::Resampling random_resampling(util::Random& random, Index extent, Index outputs) {
    graph::Resampling resampling;
    if (extent == outputs && random.chance(0.5)) return resampling;
    resampling.taps = random.chance(0.3) ? 4 : 2;
    const double scale = static_cast<double>(extent) / static_cast<double>(outputs);
    for (Index o = 0; o < outputs; ++o) {
        const auto first = static_cast<Index>(std::floor(static_cast<double>(o) * scale - 0.3));
        for (Index t = 0; t < resampling.taps; ++t) {
            const Index at = first + t - resampling.taps / 2 + 1;
            resampling.positions.push_back(std::clamp<Index>(at, 0, extent - 1));
            resampling.weights.push_back(0.2F + 0.1F * static_cast<float>(t));
        }
    }
    return resampling;
}

Drawn resize(util::Random& random, const RandomGraphOptions& options, Dims out) {
    Drawn drawn;
    drawn.op.kind = Kind::resize;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const Index extent = out[2 + axis];
        out[2 + axis] = random.chance(0.3) ? extent : random.integer(1, options.most_rows * 3 / 2);
        drawn.op.resampling[axis] = random_resampling(random, extent, out[2 + axis]);
    }
    drawn.output = std::move(out);
    return drawn;
}

std::optional<Drawn> depth_to_space(util::Random& random, const RandomGraphOptions& options, Dims out) {
    Drawn drawn;
    drawn.op.kind = Kind::depth_to_space;
    const Index block = drawn.op.block = out[1] % 9 == 0 ? 3 : 2;
    if (out[1] % (block * block) != 0 || out[2] + out[3] > 2 * options.most_rows) return std::nullopt;
    drawn.op.channel_major = random.chance(0.5);
    drawn.output = {out[0], out[1] / (block * block), out[2] * block, out[3] * block};
    return drawn;
}

std::optional<Drawn> space_to_depth(const RandomGraphOptions& options, Dims out) {
    Drawn drawn;
    drawn.op.kind = Kind::space_to_depth;
    const Index block = drawn.op.block = out[2] % 3 == 0 && out[3] % 3 == 0 ? 3 : 2;
    const bool fits = out[2] % block == 0 && out[3] % block == 0;
    if (!fits || out[1] * block * block > 4 * options.most_channels) return std::nullopt;
    drawn.output = {out[0], out[1] * block * block, out[2] / block, out[3] / block};
    return drawn;
}

Drawn lrn(util::Random& random, const Dims& dims) {
    Drawn drawn;
    drawn.op.kind = Kind::lrn;
    drawn.op.local_response = {random.integer(1, 6), 0.5F, 0.75F, 1.0F};
    drawn.output = dims;
    return drawn;
}

}  // namespace

std::optional<Drawn> random_sampling(util::Random& random, const RandomGraphOptions& options, const Dims& input) {
    if (input.size() != 4) return random.chance(0.7) ? gather(random, input) : lrn(random, input);
    switch (random.integer(0, 6)) {
        case 0:
        case 1:
            return gather(random, input);
        case 2:
        case 3:
            return resize(random, options, input);
        case 4:
            return depth_to_space(random, options, input);
        case 5:
            return space_to_depth(options, input);
        default:
            return lrn(random, input);
    }
}

}  // namespace convoy::test

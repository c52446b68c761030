#include "partition/shares.hpp"

#include <algorithm>

#include "partition/proportion.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using graph::Interval;

namespace {

Interval& part_of(plan::Share& share, const OneAxis& along) {
    plan::Piece& piece = share.pieces.front();
    return along.summed ? piece.in.value()[along.axis] : piece.box[along.axis];
}

/// Shares in the order along the axis.
std::vector<plan::Share*> in_order(plan::Stage& stage, const OneAxis& along) {
    std::vector<plan::Share*> order;
    for (plan::Share& share : stage.shares) order.push_back(&share);
    std::sort(order.begin(), order.end(),
              [&](plan::Share* a, plan::Share* b) { return part_of(*a, along).begin < part_of(*b, along).begin; });
    return order;
}

}  // namespace

std::optional<OneAxis> one_axis(const plan::Stage& stage) {
    if (stage.shares.size() < 2 || !stage.outputs.empty()) return std::nullopt;
    const bool summed = stage.shares.front().pieces.front().in.has_value();
    std::optional<OneAxis> found;
    const plan::Piece& first = stage.shares.front().pieces.front();
    for (const plan::Share& share : stage.shares) {
        if (share.pieces.size() != 1 || share.pieces.front().in.has_value() != summed) return std::nullopt;
        const plan::Piece& piece = share.pieces.front();
        if (summed && piece.box != first.box) return std::nullopt;
        for (const Axis axis : {Axis::n, Axis::c, Axis::h, Axis::w}) {
            const Interval& part = summed ? (*piece.in)[axis] : piece.box[axis];
            const Interval& other = summed ? (*first.in)[axis] : first.box[axis];
            if (part == other) continue;
            if (found && found->axis != axis) return std::nullopt;
            found = OneAxis{axis, summed};
        }
    }
    if (!found) return std::nullopt;
    plan::Stage copy = stage;
    const std::vector<plan::Share*> order = in_order(copy, *found);
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (part_of(*order[i], *found).begin != part_of(*order[i - 1], *found).end) return std::nullopt;
    }
    return found;
}

void scale_shares(plan::Stage& stage, const OneAxis& along, const std::vector<double>& factors) {
    const std::vector<plan::Share*> order = in_order(stage, along);
    std::vector<double> weights;
    for (plan::Share* share : order) {
        weights.push_back(static_cast<double>(part_of(*share, along).size()) * factors[index(share->device)]);
    }
    const Interval whole{part_of(*order.front(), along).begin, part_of(*order.back(), along).end};
    const std::vector<Interval> parts = proportional(whole.size(), weights);
    if (std::any_of(parts.begin(), parts.end(), [](const Interval& part) { return part.empty(); })) return;
    for (std::size_t i = 0; i < order.size(); ++i) {
        part_of(*order[i], along) = {whole.begin + parts[i].begin, whole.begin + parts[i].end};
    }
}

bool move_border(plan::Stage& stage, const OneAxis& along, std::size_t i, Index by) {
    const std::vector<plan::Share*> order = in_order(stage, along);
    Interval& before = part_of(*order[i], along);
    Interval& behind = part_of(*order[i + 1], along);
    if (before.size() + by < 1 || behind.size() - by < 1) return false;
    before.end += by;
    behind.begin += by;
    return true;
}

}  // namespace convoy::partition::detail

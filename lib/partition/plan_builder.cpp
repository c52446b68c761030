#include "partition/plan_builder.hpp"

namespace convoy::partition::detail {

void PlanBuilder::flush() {
    if (pending_) plan_.routes.front().stages.push_back(device_stage(graph_, pending_->range, pending_->device));
    pending_.reset();
}

void PlanBuilder::whole(OperatorRange range, std::size_t device) {
    if (range.begin == range.end) return;
    if (pending_ && pending_->device == device && pending_->range.end == range.begin) {
        pending_->range.end = range.end;
        return;
    }
    flush();
    pending_ = Pending{range, device};
}

void PlanBuilder::tiled(OperatorRange range, const Tiling& tiling) {
    if (tiling.size() == 1) return whole(range, tiling.front().device);
    flush();
    plan_.routes.front().stages.push_back(tiled_stage(graph_, range, tiling));
}

void PlanBuilder::gather(OperatorRange range, std::size_t device) {
    if (pending_ && pending_->device == device) return;
    flush();
    for (std::size_t op = range.begin; op < range.end; ++op) {
        for (const graph::TensorId tensor : graph_.operators()[op].outputs) {
            const auto& readers = graph_.readers(tensor);
            if (readers.empty() || index(readers.back()) < range.end) continue;
            plan_.routes.front().stages.push_back(hold_stage(graph_, tensor, device));
        }
    }
}

plan::Plan PlanBuilder::finish() && {
    flush();
    return without_idle_devices(plan_);
}

}  // namespace convoy::partition::detail

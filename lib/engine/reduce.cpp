#include <tbb/global_control.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <opencv2/core/utility.hpp>

#include "engine/kernel.hpp"
#include "engine/shard.hpp"

namespace convoy::engine {

using graph::Axis;
using graph::Box;
using graph::Index;
using graph::TensorView;

namespace {

/// A box of a view, and where its values begin.
struct Part {
    Box box;
    float* values = nullptr;

    [[nodiscard]] float* at(Index n, Index c, Index h, Index w) const {
        const auto extent = [&](Axis axis) { return box[axis].size(); };
        return values +
               (((n - box[Axis::n].begin) * extent(Axis::c) + c - box[Axis::c].begin) * extent(Axis::h) + h -
                box[Axis::h].begin) *
                   extent(Axis::w) +
               w - box[Axis::w].begin;
    }
};

std::vector<Part> parts_of(const TensorView& view) {
    std::vector<Part> parts;
    float* values = view.floats();
    for (const Box& box : view.boxes()) {
        parts.push_back({box, values});
        values += box.volume();
    }
    return parts;
}

/// Adds what `addend` has of plane (n, c) of `into`.
void add_plane(const Part& addend, const Part& into, Index n, Index c) {
    const Box shared = intersection(addend.box, into.box);
    if (!Box{{{{n, n + 1}, {c, c + 1}, shared[Axis::h], shared[Axis::w]}}}.empty() &&
        addend.box[Axis::n].contains({n, n + 1}) && addend.box[Axis::c].contains({c, c + 1})) {
        const graph::Interval& columns = shared[Axis::w];
        for (Index h = shared[Axis::h].begin; h < shared[Axis::h].end; ++h) {
            const float* from = addend.at(n, c, h, columns.begin);
            float* to = into.at(n, c, h, columns.begin);
            for (Index w = 0; w < columns.size(); ++w) to[w] += from[w];
        }
    }
}

}  // namespace

void reduce(Weights& weights, graph::OperatorId op, std::span<const TensorView> addends, const TensorView& into) {
    std::vector<Part> parts;
    for (const TensorView& view : addends) std::ranges::copy(parts_of(view), std::back_inserter(parts));
    const graph::Tail& tail = weights.graph().op(op).tail;
    for (const Part& result : parts_of(into)) {
        const Pointwise function(tail, {result.box[Axis::c]}, true);
        const Index area = result.box[Axis::h].size() * result.box[Axis::w].size();
        for_each_plane(graph::make_slab(result.box), result.box.volume(), [&](Index n, Index c) {
            const Index at_n = n + result.box[Axis::n].begin;
            const Index at_c = c + result.box[Axis::c].begin;
            float* plane = result.at(at_n, at_c, result.box[Axis::h].begin, result.box[Axis::w].begin);
            std::fill_n(plane, area, 0.0F);
            for (const Part& part : parts) add_plane(part, result, at_n, at_c);
            function.apply(plane, plane, area, c);
        });
    }
}

void set_threads(int threads) {
    static std::mutex mutex;
    static std::unique_ptr<tbb::global_control> limit;
    const std::scoped_lock lock(mutex);
    limit.reset();
    limit = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                  static_cast<std::size_t>(threads));
    cv::setNumThreads(threads);
}

}  // namespace convoy::engine

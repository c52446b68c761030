#include <algorithm>

#include "partition/best_plan.hpp"
#include "partition/device_sets.hpp"
#include "partition/fused_blocks.hpp"
#include "partition/grid.hpp"
#include "partition/plan_builder.hpp"
#include "partition/requirements.hpp"
#include "partition/strategies.hpp"
#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

constexpr std::size_t kLargestSide = 5;  ///< the paper's largest grid is 5 x 5
constexpr std::size_t kMostKept = 8;     ///< plans that memory allows, of which the best is taken
constexpr std::size_t kMostTried = 64;   ///< plans that are predicted, best estimates first

/// The first `layers` units as one fused block on a grid, everything behind them on the gateway.
struct Fusion {
    std::size_t layers = 0;
    GridSize grid;
    std::vector<std::size_t> devices;
    util::Seconds estimate{};
};

class FusedTiles {
  public:
    FusedTiles(const Problem& problem, Slices& slices)
        : problem_(problem), slices_(slices), units_(block_units(problem.graph, {true, true})) {
        while (fusable_ < units_.size() && units_[fusable_].axes.both() &&
               cut_axes(problem.graph, front(fusable_ + 1)).both()) {
            ++fusable_;
        }
    }

    /// How many layers can be fused, from the first one on.
    [[nodiscard]] std::size_t fusable() const noexcept { return fusable_; }

    /// All that the settings leave open, best estimates first.
    [[nodiscard]] std::vector<Fusion> candidates() const {
        std::vector<Fusion> found;
        const auto layers = problem_.settings.count(kDeepthingsLayers);
        for (const auto& devices : fastest_sets(problem_, 2, kLargestSide * kLargestSide)) {
            for (const GridSize& grid : grids(devices.size())) {
                for (std::size_t depth = 1; depth <= fusable_; ++depth) {
                    if (layers && depth != *layers) continue;
                    if (!layers && !may_end(depth)) continue;
                    offer({depth, grid, devices, {}}, found);
                }
            }
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const Fusion& a, const Fusion& b) { return a.estimate < b.estimate; });
        return found;
    }

    [[nodiscard]] plan::Plan plan(const Fusion& fusion) const {
        PlanBuilder builder(problem_);
        const OperatorRange fused = front(fusion.layers);
        builder.tiled(fused, tiling(fusion));
        builder.whole({fused.end, problem_.graph.operators().size()}, gateway());
        return std::move(builder).finish();
    }

  private:
    [[nodiscard]] OperatorRange front(std::size_t layers) const { return {0, units_[layers - 1].range.end}; }
    [[nodiscard]] std::size_t gateway() const { return problem_.bed.cluster().source; }
    [[nodiscard]] Tiling tiling(const Fusion& fusion) const {
        return equal_grid(slices_.extent(front(fusion.layers)), {true, true}, fusion.grid, fusion.devices);
    }

    /// Where maps have just become smaller, or can be fused no further: in between, one more layer costs little.
    [[nodiscard]] bool may_end(std::size_t layers) const {
        if (layers == fusable_) return true;
        const Tile here = slices_.extent(units_[layers - 1].range);
        if (here.area() == 0) return false;
        const bool shrank = layers > 1 && here.area() < slices_.extent(units_[layers - 2].range).area();
        return shrank || here.area() != slices_.extent(units_[layers].range).area();
    }

    /// The one that was asked for, or squares of 2 to 5 tiles a side, of at least one tile for each device where that
    /// is possible.
    [[nodiscard]] std::vector<GridSize> grids(std::size_t devices) const {
        const auto rows = problem_.settings.count(kDeepthingsRows);
        const auto columns = problem_.settings.count(kDeepthingsColumns);
        std::vector<GridSize> found;
        for (std::size_t side = 2; side <= kLargestSide; ++side) {
            const GridSize grid{rows.value_or(columns.value_or(side)), columns.value_or(rows.value_or(side))};
            const bool enough = grid.tiles() >= devices || side == kLargestSide || rows || columns;
            if (enough && std::find(found.begin(), found.end(), grid) == found.end()) found.push_back(grid);
        }
        return found;
    }

    void offer(Fusion fusion, std::vector<Fusion>& found) const {
        const OperatorRange fused = front(fusion.layers);
        const Tiling tiles = tiling(fusion);
        if (tiles.empty()) return;
        const OperatorRange rest{fused.end, problem_.graph.operators().size()};
        fusion.estimate =
            star_times(problem_, slices_, fused, tiles, gateway()).total() + slices_.whole(rest, gateway());
        found.push_back(std::move(fusion));
    }

    const Problem& problem_;
    Slices& slices_;
    std::vector<Unit> units_;
    std::size_t fusable_ = 0;
};

}  // namespace

plan::Plan make_deepthings(const Problem& problem) {
    require_devices(problem, "deepthings", problem.least_devices.value_or(2));
    Slices slices(problem);
    const FusedTiles tiles(problem, slices);
    if (tiles.fusable() == 0) {
        throw util::Error(util::Errc::impossible, "the first layer of the model cannot be cut into tiles")
            .hint("-s rows and -s cols also cut what follows");
    }
    BestPlan best(problem, problem.least_devices.value_or(2));
    std::size_t kept = 0;
    std::vector<Fusion> candidates = tiles.candidates();
    candidates.resize(std::min(candidates.size(), kMostTried));
    for (const Fusion& fusion : candidates) {
        if (best.offer(tiles.plan(fusion)) != nullptr && ++kept == kMostKept) break;
    }
    return std::move(best).take("the first layers cannot be fused and cut as the settings say");
}

}  // namespace convoy::partition::detail

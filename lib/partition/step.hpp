#pragma once

#include <compare>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "partition/grid.hpp"
#include "partition/interleave.hpp"
#include "partition/reach.hpp"

namespace convoy::partition::detail {

/// One way to compute a run of elements. Of its fields only those count that its kind names.
struct Way {
    enum class Kind : std::uint8_t {
        device,          ///< whole on one device
        tiles,           ///< fused, in tiles: axes, shares, tile_rows, chunks
        grid,            ///< fused, on a grid of equal tiles dealt out in turn: grid
        channels,        ///< one element, by output channels
        addends,         ///< one element, summed over shares of its input along `summed`: sum, device
        pair,            ///< two elements: by output channels, then over the same input channels: sum, device
        replicated,      ///< whole on each device
        inner_tiles,     ///< one block, layer by layer in tiles: axes, shares, tile_rows
        inner_channels,  ///< one block, operator by operator by output channels
        branches,        ///< one block, its branches on different devices, the rest on `device`
    };
    /// Of tiles.
    enum class Shares : std::uint8_t {
        by_speed,  ///< of the devices, for all the rows or columns
        balanced,  ///< the same time for each, halos counted: see deal_out()
        equal,
    };
    Kind kind = Kind::device;
    std::size_t device = 0;  ///< of the bed: of kind device; where addends are summed, or branches come together
    std::size_t set = 0;     ///< of devices: in Menu::sets
    Axes axes{};
    Shares shares = Shares::by_speed;
    std::size_t tile_rows = 2;
    std::size_t chunks = 1;  ///< of each tile, one piece each: the first ones are sent while the others are computed
    GridSize grid{};
    graph::Axis summed = graph::Axis::c;
    Decision::Sum sum = Decision::Sum::star;
    std::size_t deal = 0;  ///< 0: by the devices' speeds; else which of Menu::deals() for the set of all devices
    auto operator<=>(const Way&) const = default;
};

[[nodiscard]] inline bool is_tiled(const Way& way) {
    return way.kind == Way::Kind::tiles || way.kind == Way::Kind::inner_tiles;
}

/// A part of a tensor on a device of the bed.
struct Held {
    std::size_t device = 0;
    graph::Box box;
    auto operator<=>(const Held&) const = default;
};

/// A run of elements, computed in one way, and what that is estimated to cost.
struct Step {
    std::size_t number = 0;  ///< of the menu
    Way way;
    std::size_t first = 0;  ///< element
    std::size_t end = 0;    ///< element behind the last
    std::vector<plan::Stage> stages;
    util::Seconds cost{};  ///< but for the way of what it reads from in front of it
    struct Need {
        std::size_t device = 0;
        graph::TensorId tensor{};
        graph::Slab slab;
    };
    std::map<std::size_t, double> weights;  ///< bytes that each device computes with
    std::vector<Need> needs;                ///< tensors from in front of it
    std::vector<Held> exit;                 ///< who has what of the tensor behind it
    std::size_t exit_number = 0;            ///< equal for equal exits
};

/// All ways to compute runs of a chain's elements on sets of devices, each made and estimated once.
///
/// A step costs the transfers of what devices lack (see Traffic) and the busiest device's computing, one stage after
/// the other. So costs add up, given who has what of the one tensor between two elements.
class Menu {
  public:
    /// @param deals  fixed shares, beside those that go by speed: weights by device of the first set
    Menu(const Problem& problem, Slices& slices, std::vector<Element> elements,
         std::vector<std::vector<std::size_t>> sets, std::vector<std::size_t> singles,
         std::vector<std::vector<double>> deals = {});

    [[nodiscard]] const Problem& problem() const noexcept { return problem_; }
    [[nodiscard]] std::size_t size() const noexcept { return elements_.size(); }
    [[nodiscard]] const std::vector<std::vector<std::size_t>>& sets() const noexcept { return sets_; }
    [[nodiscard]] const std::vector<std::size_t>& singles() const noexcept { return singles_; }
    /// Ways that may be possible for elements [first, end).
    [[nodiscard]] std::vector<Way> ways(std::size_t first, std::size_t end);
    /// Empty when it is not possible.
    [[nodiscard]] const Step* find(const Way& way, std::size_t first, std::size_t end);
    /// All that are possible. Of runs of several elements those on one device are left out.
    [[nodiscard]] const std::vector<const Step*>& steps(std::size_t first, std::size_t end);

    /// The same, all tiles along these axes and in these shares.
    struct Tiles {
        Axes axes{};
        Way::Shares shares = Way::Shares::by_speed;
        std::optional<std::size_t> set{};  ///< of sets(): all these devices, none of the other sets
        auto operator<=>(const Tiles&) const = default;
    };
    [[nodiscard]] const std::vector<const Step*>& steps(std::size_t first, std::size_t end, const Tiles& tiles);

    /// The way of what a step reads, from where the step before (none: the source) left it.
    struct Brought {
        util::Seconds time{};
        std::size_t messages = 0;
    };
    [[nodiscard]] Brought bring(const Step* before, const Step& step);
    /// A device receives all that a step left.
    [[nodiscard]] util::Seconds gathered(const Step& before, std::size_t device);
    /// As bring(), when one device gathers it first.
    [[nodiscard]] util::Seconds bring_over(const Step& before, const Step& step, std::size_t gather);
    /// The way of the last step's outputs to the sink.
    [[nodiscard]] util::Seconds finish(const Step& last);
    [[nodiscard]] graph::TensorId exit_of(std::size_t element) const { return elements_[element].exit; }
    [[nodiscard]] OperatorRange range(std::size_t first, std::size_t end) const {
        return {elements_[first].range.begin, elements_[end - 1].range.end};
    }

  private:
    using Stages = std::vector<plan::Stage>;
    /// One element that is more than a layer with the channel-wise operators behind it.
    [[nodiscard]] bool is_block(std::size_t first, std::size_t end) const;
    [[nodiscard]] Stages stages_of(const Way& way, std::size_t first, std::size_t end);
    [[nodiscard]] Stages tiled(const Way& way, OperatorRange range);
    [[nodiscard]] Tiling tiling_of(const Way& way, OperatorRange range);
    [[nodiscard]] Stages channels(const Way& way, std::size_t element);
    [[nodiscard]] Stages summed(const Way& way, std::size_t first, std::size_t end);
    [[nodiscard]] Stages inner_tiles(const Way& way, std::size_t element);
    [[nodiscard]] Stages inner_channels(const Way& way, std::size_t element);
    [[nodiscard]] Stages branches(const Way& way, std::size_t element);
    [[nodiscard]] std::vector<double> parts_of(const Way& way, OperatorRange range) const;
    [[nodiscard]] std::vector<graph::Interval> deal(const Way& way, OperatorRange range, graph::Index extent,
                                                    graph::Index granule) const;
    void add_sums(std::vector<Way>& ways, Way way) const;
    void add_deal(std::vector<Way>& ways, std::size_t first, std::size_t end, std::size_t k);
    /// cut_axes(), worked out once.
    [[nodiscard]] Axes axes_of(OperatorRange range);

    /// Estimates.
    using Layouts = std::map<graph::TensorId, std::vector<Held>>;
    void price(Step& step);
    void price_hold(Step& step, const plan::Stage& stage, Layouts& layouts, Layouts& addends);
    void price_stage(Step& step, const plan::Stage& stage, Layouts& layouts, Layouts& addends,
                     std::vector<util::Seconds>& busy);
    [[nodiscard]] util::Seconds whole_time(const plan::Stage& stage, std::size_t device);
    [[nodiscard]] double read_whole(const plan::Stage& stage, std::size_t device, std::vector<Step::Need>& needs,
                                    Layouts& layouts);
    static void add_need(std::vector<Step::Need>& needs, Step::Need need);
    void carry(Traffic& traffic, const std::vector<Held>& held, const Step::Need& need);
    [[nodiscard]] double weights_of(OperatorRange range);

    const Problem& problem_;
    Slices& slices_;
    std::vector<Element> elements_;
    std::vector<std::vector<std::size_t>> sets_;
    std::vector<std::size_t> singles_;
    std::vector<std::vector<double>> deals_;
    Growths growths_;
    std::vector<double> element_bytes_;                         ///< by tensor: on the wire
    Traffic traffic_;                                           ///< empty between two uses
    std::vector<const Held*> own_;                              ///< only used by carry()
    std::vector<double> weights_;                               ///< sums of the operators before each
    std::map<std::pair<std::size_t, std::size_t>, Axes> axes_;  ///< by operators
    std::deque<Step> steps_;
    std::map<std::tuple<Way, std::size_t, std::size_t>, const Step*> known_;
    std::map<std::pair<std::size_t, std::size_t>, std::vector<const Step*>> all_;
    std::map<std::tuple<Tiles, std::size_t, std::size_t>, std::vector<const Step*>> tiled_;
    std::map<std::pair<std::size_t, std::vector<Held>>, std::size_t> exits_;  ///< by end and layout
    std::map<std::pair<std::size_t, std::size_t>, util::Seconds> gathered_;   ///< by exit and device
};

}  // namespace convoy::partition::detail

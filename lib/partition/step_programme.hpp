#pragma once

#include <functional>
#include <unordered_map>

#include "partition/step.hpp"

namespace convoy::partition::detail {

/// Steps one after the other, from the first element to the last.
struct Sequence {
    std::vector<const Step*> steps;
    std::vector<std::optional<std::size_t>> gathers;  ///< by step: the device that gathers what is alive before it
    util::Seconds cost{};                             ///< estimated
    /// Equal for equal sequences of one menu.
    [[nodiscard]] std::vector<std::size_t> key() const;
};

/// What a search may choose from.
struct ProgrammeRules {
    double transfers = 1;                ///< how much they count: on the simulator they overlap with computing
    std::vector<bool> devices{};         ///< of the bed: that may take part
    std::vector<double> prices{};        ///< by device of the bed: seconds for each byte of weights; empty: nothing
    std::optional<Menu::Tiles> tiles{};  ///< all tiles are like that
    /// Elements before this one are not computed whole on one device, if they can be cut.
    std::size_t spread_until = 0;
};

/// The cheapest sequences of steps by dynamic programming over elements and layouts: of those that leave the same
/// layout behind the same element only the cheapest goes on, and of different layouts the cheapest ones.
class StepProgramme {
  public:
    explicit StepProgramme(Menu& menu) : menu_(menu), cut_(menu.size()) {}

    /// The cheapest one for each of the last layouts, at most `most`.
    /// @param go_on  asked at each element; none is found when it says no
    [[nodiscard]] std::vector<Sequence> run(const ProgrammeRules& rules, std::size_t most,
                                            const std::function<bool()>& go_on);
    /// Where to gather in front of which step, and the cost of it all. Neighbouring steps on one device become one.
    /// Between steps that follow each other in `like`, too, it is gathered as there.
    [[nodiscard]] Sequence complete(const std::vector<const Step*>& steps, const Sequence* like = nullptr);
    /// The way to a step from the one before (none: the source), and the device that gathers, where that is better.
    struct Transfer {
        util::Seconds time{};
        std::optional<std::size_t> gather;
    };
    [[nodiscard]] Transfer transfer(const Step* before, const Step& step);
    /// Of the step's cost, because it is one piece with the step before.
    [[nodiscard]] util::Seconds saved(const Step* before, const Step& step) const;

  private:
    struct Node {
        const Step* step = nullptr;
        util::Seconds cost{};
        std::size_t before = 0;  ///< at the element where its step begins
        std::optional<std::size_t> gather;
    };
    [[nodiscard]] bool can_be_cut(std::size_t element);
    [[nodiscard]] bool may(const ProgrammeRules& rules, const Step& step);
    void extend(const ProgrammeRules& rules, std::size_t at);
    void prune(std::vector<Node>& nodes) const;

    Menu& menu_;
    std::vector<std::vector<Node>> nodes_;
    std::vector<std::optional<bool>> cut_;                   ///< by element: can_be_cut()
    std::unordered_map<std::uint64_t, Transfer> transfers_;  ///< by exit and step
};

/// A plan of a sequence.
[[nodiscard]] plan::Plan plan_of(const Menu& menu, const Sequence& sequence);

/// Numbers of elements that a step may have: all short ones, longer ones in growing steps, and all that are left.
[[nodiscard]] std::vector<std::size_t> step_lengths(std::size_t most);

}  // namespace convoy::partition::detail

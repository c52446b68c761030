#pragma once

#include "partition/step_programme.hpp"

namespace convoy::partition::detail {

/// Sequences that differ from one in a few steps: some of them by one in another way, one by two, the border between
/// two, where to gather, tiles in chunks. The cheapest by estimate first; made only when they are asked for.
class Neighbours {
  public:
    /// @param start   must outlive it
    /// @param widest  steps that one step may replace
    Neighbours(Menu& menu, StepProgramme& programme, const Sequence& start, std::size_t widest);

    /// Empty when there are no more.
    [[nodiscard]] std::optional<Sequence> next();

  private:
    struct Change {
        util::Seconds cost{};  ///< of the whole sequence
        std::size_t from = 0;  ///< of the steps that are replaced
        std::size_t to = 0;
        std::vector<const Step*> steps{};  ///< none: only the gather in front of `from` changes
        std::optional<std::size_t> gather{};
    };
    void add(std::size_t from, std::size_t to, std::vector<const Step*> steps);
    void replace(std::size_t from, std::size_t to);
    void vary_tiles(std::size_t at);
    void split(std::size_t at);
    void shift_border(std::size_t at);
    void change_gather(std::size_t at);
    [[nodiscard]] util::Seconds brought(std::size_t at, const std::optional<std::size_t>& gather);

    Menu& menu_;
    StepProgramme& programme_;
    const Sequence& start_;
    std::vector<util::Seconds> ways_;  ///< to each step from the one before; behind the last to the sink
    std::vector<Change> changes_;
    std::size_t next_ = 0;
};

}  // namespace convoy::partition::detail

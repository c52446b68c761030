#pragma once

#include <map>
#include <string>
#include <variant>

#include "partition/strategy.hpp"
#include "util/error.hpp"

namespace convoy::partition {

/// The strategies' proposals for one problem, each worked out once: `auto` beside the others costs nothing.
class Proposals {
  public:
    explicit Proposals(const Problem& problem) : problem_(problem) {}

    /// Of `auto` the fastest one, which says whose it is. @throws Error impossible, when there is no such plan
    [[nodiscard]] const Proposal& of(const Choice& choice);
    [[nodiscard]] const Proposal& of(const Strategy& strategy) { return of(Choice{&strategy}); }
    /// Of all strategies that have a plan, the first in the order of tables on a tie.
    /// @throws Error impossible, what the first one says when none has
    [[nodiscard]] const Proposal& fastest();

  private:
    using Outcome = std::variant<Proposal, util::Error>;
    [[nodiscard]] const Outcome& outcome(const Choice& choice);

    const Problem& problem_;
    std::map<std::string, Outcome> known_;  ///< by the choice's name
};

}  // namespace convoy::partition

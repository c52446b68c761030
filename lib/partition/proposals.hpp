#pragma once

#include <map>
#include <string>
#include <variant>

#include "partition/strategy.hpp"
#include "util/error.hpp"

namespace convoy::partition {

namespace detail {
class AutoSearch;
class BestPlan;
}  // namespace detail

/// The strategies' proposals for one problem, each worked out once: `auto` beside the others costs nothing.
class Proposals {
  public:
    explicit Proposals(const Problem& problem) : problem_(problem) {}

    /// Of `auto` what its search finds; where that is no faster than the plan of another strategy, that one, which says
    /// whose it is. @throws Error impossible, when there is no such plan
    [[nodiscard]] const Proposal& of(const Choice& choice);
    [[nodiscard]] const Proposal& of(const Strategy& strategy) { return of(Choice{&strategy}); }
    /// Of all other strategies that have a plan, the first in the order of tables on a tie.
    /// @throws Error impossible, what the first one says when none has
    [[nodiscard]] const Proposal& fastest();

  private:
    using Outcome = std::variant<Proposal, util::Error>;
    [[nodiscard]] static Outcome made(const Problem& problem, const Choice& choice);
    [[nodiscard]] Outcome searched(const Choice& choice);
    [[nodiscard]] Proposal search(bool with_seeds);
    struct Seeds;
    void search_beside_seeds(detail::AutoSearch& search, detail::BestPlan& own);
    void make_seeds(Seeds& seeds) const;
    [[nodiscard]] bool make_seed(const Problem& problem, Seeds& seeds) const;
    void offer_seeds(detail::BestPlan& best);
    [[nodiscard]] Proposal checked(detail::BestPlan best);
    [[nodiscard]] const Outcome& outcome(const Choice& choice);

    const Problem& problem_;
    std::map<std::string, Outcome> known_;  ///< by the choice's name
};

}  // namespace convoy::partition

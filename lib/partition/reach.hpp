#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "graph/calculus.hpp"
#include "partition/strategy.hpp"

namespace convoy::partition::detail {

/// What a piece needs that is grown backwards from its box as far as the operators from `begin` on.
struct Reach {
    std::size_t works = 0;  ///< of the operators that it computes
    double weights = 0;     ///< bytes
    struct Input {
        graph::TensorId tensor{};
        graph::Slab slab;
    };
    std::vector<Input> inputs;  ///< from in front of `begin`
};

/// A piece of an operator's first output, grown backwards operator by operator: once for all runs of operators that end
/// there, since a longer run goes on where a shorter one ends.
class Growth {
  public:
    /// @param borders  by operator: where runs begin, as a rule
    Growth(const Problem& problem, const std::vector<bool>& borders, graph::OperatorId last, const plan::Piece& piece);

    [[nodiscard]] const Reach& until(std::size_t begin);
    /// On a device of the bed, the piece's overhead included.
    [[nodiscard]] util::Seconds time(const Reach& reach, std::size_t device);

  private:
    void step();
    [[nodiscard]] Reach reach() const;

    const Problem& problem_;
    const std::vector<bool>& borders_;
    std::size_t last_;
    plan::Piece piece_;
    std::size_t next_;  ///< operators from here to the last are grown
    double weights_ = 0;
    std::vector<graph::Work> works_;  ///< the last operator's first
    std::map<graph::TensorId, graph::Slab> asked_;
    std::map<std::size_t, Reach> reaches_;                    ///< by begin
    std::map<std::size_t, std::vector<util::Seconds>> sums_;  ///< by device: of the first works
};

/// All pieces of one problem.
class Growths {
  public:
    Growths(const Problem& problem, std::vector<bool> borders) : problem_(problem), borders_(std::move(borders)) {}

    [[nodiscard]] Growth& of(graph::OperatorId last, const plan::Piece& piece);

  private:
    const Problem& problem_;
    std::vector<bool> borders_;
    std::map<std::tuple<graph::OperatorId, graph::Box, std::optional<graph::Box>>, std::unique_ptr<Growth>> known_;
};

}  // namespace convoy::partition::detail

#pragma once

#include <limits>
#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "util/error.hpp"

namespace convoy::plan::detail {

/// One route of a plan with what is needed to talk about it.
struct RouteView {
    const Plan& plan;
    const graph::Graph& graph;
    std::size_t number;

    [[nodiscard]] const std::vector<Stage>& stages() const { return plan.routes[number].stages; }
    [[nodiscard]] const std::string& name(DeviceId id) const { return plan.devices[index(id)]; }
    [[nodiscard]] const std::string& name(graph::TensorId id) const { return graph.tensor(id).name; }
    [[nodiscard]] const std::string& name(graph::OperatorId id) const { return graph.op(id).name; }
    /// "stages", or "routes[1].stages" where the plan has several routes.
    [[nodiscard]] std::string key() const;
    /// "stages[2]"
    [[nodiscard]] std::string key(std::size_t stage) const;
    /// "stages[2].shares.b[0]"
    [[nodiscard]] std::string key(std::size_t stage, DeviceId device, std::size_t piece) const;
};

/// Collects what is wrong with a plan, so that up to ten problems are reported at once.
class Problems {
  public:
    void add(util::Error error);
    void add(std::string key, std::string message, std::string hint = "");
    void add(Problems others);
    [[nodiscard]] bool empty() const noexcept { return errors_.empty(); }
    /// @throws Error: the first problem, with the others as further ones
    void throw_if_any() const;

  private:
    std::vector<util::Error> errors_;
};

/// What a route's stages make and pass on. Needs a route that passed check_stages.
struct Outline {
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> stage_of;            ///< by operator
    std::vector<bool> leaves;                     ///< by tensor: read outside its stage, held, or a graph output
    std::vector<std::vector<std::size_t>> holds;  ///< by tensor: identity stages, ascending

    /// The operator stage that makes a tensor; kNone for a graph input.
    [[nodiscard]] std::size_t maker(const graph::Graph& graph, graph::TensorId tensor) const;
};
[[nodiscard]] Outline outline_of(const RouteView& view);

/// Whether the stage's last operator leaves raw sums (rule 10 of docs/format-plan.md).
[[nodiscard]] bool is_partial(const Stage& stage);

/// Rules 1, 3, 7, 13, 14 and 16, as far as they can be checked before growth.
void check_plan(const Plan& plan, const graph::Graph& graph, Problems& problems);
void check_stages(const RouteView& view, Problems& problems);
void check_shares(const RouteView& view, const Outline& outline, Problems& problems);
/// Rule 9: where `in` is legal, and that the addends of every element are disjoint and complete.
void check_sums(const RouteView& view, std::size_t stage, Problems& problems);

}  // namespace convoy::plan::detail

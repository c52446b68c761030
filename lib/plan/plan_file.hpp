#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "samples/timeline.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::plan {

/// A file that a plan was made from.
struct MadeFrom {
    std::string file;    ///< as written: relative to the plan
    std::string sha256;  ///< of the model's bytes; of the others' planning fields
    bool operator==(const MadeFrom&) const = default;
};

struct PlanInputs {
    std::optional<MadeFrom> model;  ///< a plan by hand need not name it
    std::optional<MadeFrom> cluster;
    std::vector<MadeFrom> latency;  ///< one per device of the cluster that has a model of its own
    std::optional<MadeFrom> preprocess;
    bool operator==(const PlanInputs&) const = default;
};

/// A plan file: `schema: convoy.plan/1`, described in docs/format-plan.md.
struct PlanDocument {
    std::string generator;
    std::string strategy;
    PlanInputs inputs;
    Plan plan;
    std::optional<samples::Timeline> predicted;
    bool operator==(const PlanDocument&) const = default;
};

/// A plan file that is read, but not yet matched with its model: first ask it for the model, then for the plan.
class PlanFile {
  public:
    /// @throws Error data: not YAML, another kind, unknown keys, wrong types
    explicit PlanFile(const util::FileView& file);

    [[nodiscard]] const PlanInputs& inputs() const noexcept { return inputs_; }
    [[nodiscard]] const std::string& file() const noexcept { return document_.file(); }

    /// The plan with its names resolved in the model, checked by Compiled; errors point into the file.
    /// @throws Error data: the plan is for another model (naming both hashes), unknown names, and all that Compiled
    ///         refuses; impossible
    [[nodiscard]] PlanDocument resolve(const graph::Graph& graph) const;

  private:
    yaml::Document document_;
    PlanInputs inputs_;
};

/// PlanFile and resolve in one.
[[nodiscard]] PlanDocument read_plan(const util::FileView& file, const graph::Graph& graph);

/// The text of a plan file. Ranges `a..b` where they say the same as a list, omitted axes where they are whole.
[[nodiscard]] std::string write_plan(const PlanDocument& document, const graph::Graph& graph,
                                     yaml::Format format = yaml::Format::yaml);

/// Hash of what a plan says, whatever its layout: two plan files with it run alike.
[[nodiscard]] std::string plan_hash(const Plan& plan, const graph::Graph& graph);

[[nodiscard]] const yaml::DocumentKind& plan_kind();

/// Every operator on a path from `from` to `to`, ascending; empty when there is no path.
[[nodiscard]] std::vector<graph::OperatorId> operators_between(const graph::Graph& graph, graph::OperatorId from,
                                                               graph::OperatorId to);

}  // namespace convoy::plan

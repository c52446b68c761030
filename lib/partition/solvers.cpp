#include "partition/solvers.hpp"

#include <fmt/format.h>
#include <glpk.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>

#include "util/error.hpp"

namespace convoy::partition::detail {

namespace {

using util::Errc;
using util::Error;

struct DeleteProblem {
    void operator()(glp_prob* problem) const noexcept { glp_delete_prob(problem); }
};
struct DeleteGraph {
    void operator()(glp_graph* graph) const noexcept { glp_delete_graph(graph); }
};

void check_finite(double number) {
    if (!std::isfinite(number)) throw Error(Errc::internal, "a linear program has a coefficient that is not finite");
}

/// GLPK's word for which of the two bounds there are.
int bound_kind(double low, double high) {
    if (low == high) return GLP_FX;
    if (std::isfinite(low)) return std::isfinite(high) ? GLP_DB : GLP_LO;
    return std::isfinite(high) ? GLP_UP : GLP_FR;
}

/// GLPK counts rows and columns from 1.
int number(std::size_t index) { return static_cast<int>(index) + 1; }

void fill(glp_prob* problem, const LinearProgram& program) {
    glp_set_obj_dir(problem, GLP_MIN);
    if (!program.cost.empty()) glp_add_cols(problem, static_cast<int>(program.cost.size()));
    for (std::size_t variable = 0; variable < program.cost.size(); ++variable) {
        check_finite(program.cost[variable]);
        glp_set_obj_coef(problem, number(variable), program.cost[variable]);
        const double upper = program.upper[variable];
        glp_set_col_bnds(problem, number(variable), bound_kind(0, upper), 0, upper);
    }
    if (!program.rows.empty()) glp_add_rows(problem, static_cast<int>(program.rows.size()));
    for (std::size_t r = 0; r < program.rows.size(); ++r) {
        const LinearProgram::Row& row = program.rows[r];
        glp_set_row_bnds(problem, number(r), bound_kind(row.low, row.high), row.low, row.high);
        std::vector<int> variables{0};
        std::vector<double> coefficients{0};
        for (const auto& [variable, coefficient] : row.terms) {
            check_finite(coefficient);
            variables.push_back(number(variable));
            coefficients.push_back(coefficient);
        }
        glp_set_mat_row(problem, number(r), static_cast<int>(row.terms.size()), variables.data(), coefficients.data());
    }
}

/// What belongs to a vertex or an arc of GLPK's graphs.
struct VertexData {
    int reached = 0;
};
struct ArcData {
    double capacity = 0;
    double flow = 0;
};

}  // namespace

std::optional<std::vector<double>> solve(const LinearProgram& program) {
    glp_term_out(GLP_OFF);
    const std::unique_ptr<glp_prob, DeleteProblem> problem(glp_create_prob());
    fill(problem.get(), program);
    glp_scale_prob(problem.get(), GLP_SF_AUTO);
    glp_smcp settings;
    glp_init_smcp(&settings);
    settings.msg_lev = GLP_MSG_OFF;
    constexpr int kMostMilliseconds = 20000;
    settings.tm_lim = kMostMilliseconds;
    if (const int status = glp_simplex(problem.get(), &settings); status != 0) {
        throw Error(Errc::internal, fmt::format("a linear program was not solved: GLPK says {}", status));
    }
    const int status = glp_get_status(problem.get());
    if (status == GLP_NOFEAS || status == GLP_INFEAS) return std::nullopt;
    if (status != GLP_OPT) throw Error(Errc::internal, fmt::format("a linear program has no minimum ({})", status));
    std::vector<double> solution;
    for (std::size_t variable = 0; variable < program.cost.size(); ++variable) {
        const double value = glp_get_col_prim(problem.get(), number(variable));
        solution.push_back(std::clamp(value, 0.0, program.upper[variable]));
    }
    return solution;
}

std::vector<bool> least_cut(std::size_t vertices, const std::vector<Arc>& arcs, std::size_t source, std::size_t sink) {
    constexpr double kUnits = 1e9;  // of int, in which GLPK counts
    double sum = 0;
    for (const Arc& arc : arcs) {
        if (!(arc.capacity >= 0)) throw Error(Errc::internal, "an arc has no capacity");
        if (std::isfinite(arc.capacity)) sum += arc.capacity;
    }
    const double scale = sum > 0 ? kUnits / sum : 0;
    const std::unique_ptr<glp_graph, DeleteGraph> graph(glp_create_graph(sizeof(VertexData), sizeof(ArcData)));
    glp_add_vertices(graph.get(), static_cast<int>(vertices));
    for (const Arc& arc : arcs) {
        glp_arc* const added = glp_add_arc(graph.get(), number(arc.from), number(arc.to));
        const double capacity = std::isfinite(arc.capacity) ? std::round(arc.capacity * scale) : 2 * kUnits;
        *static_cast<ArcData*>(added->data) = {capacity, 0};
    }
    double flow = 0;
    const int status = glp_maxflow_ffalg(
        graph.get(), number(source), number(sink), static_cast<int>(offsetof(ArcData, capacity)), &flow,
        static_cast<int>(offsetof(ArcData, flow)), static_cast<int>(offsetof(VertexData, reached)));
    if (status != 0) throw Error(Errc::internal, fmt::format("a cut was not found: GLPK says {}", status));
    if (flow > 1.5 * kUnits) throw Error(Errc::internal, "every cut goes through an arc that must not be cut");
    std::vector<bool> reached;
    for (std::size_t vertex = 0; vertex < vertices; ++vertex) {
        reached.push_back(static_cast<VertexData*>(graph->v[number(vertex)]->data)->reached != 0);
    }
    return reached;
}

}  // namespace convoy::partition::detail

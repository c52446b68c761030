#include <fmt/ranges.h>
#include <catch2/catch.hpp>

#include "support/program_executor.hpp"
#include "support/random_graph.hpp"
#include "support/random_plan.hpp"
#include "util/error.hpp"

using namespace convoy;

namespace {

/// A random model and plan; everything that can be checked about what was compiled from it.
test::Complaints try_seed(std::uint64_t seed, std::string& text) {
    util::Random random(seed);
    const graph::Graph graph = test::random_graph(random);
    const plan::Plan plan = test::random_plan(graph, random);
    text = fmt::format("seed {}\n{}{}", seed, test::describe(graph), test::describe(plan, graph));
    const test::Deployment deployment(plan, graph);
    for (const auto& programs : deployment.programs) {
        for (const auto& program : programs) text += to_string(program, plan, graph);
    }
    for (const auto& inspect : {test::inspect_programs, test::inspect_moves}) {
        const test::Complaints complaints = inspect(deployment);
        if (!complaints.empty()) return complaints;
    }
    return test::execute(deployment, plan.in_flight + 1, random);
}

void try_seeds(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        std::string text;
        test::Complaints complaints;
        try {
            complaints = try_seed(seed, text);
        } catch (const util::Error& error) {
            complaints.push_back(error.key() + ": " + error.message() + "; " + error.hint());
        }
        INFO(text);
        INFO(fmt::format("{}", fmt::join(complaints, "\n")));
        REQUIRE(complaints.empty());
    }
}

}  // namespace

TEST_CASE("plan: random plans compute the whole model, move each byte once, and end", "[plan]") { try_seeds(1, 300); }

TEST_CASE("plan: thousands of random plans do so too", "[plan][long]") { try_seeds(100000, 4000); }

#include "partition/solvers.hpp"

#include <catch2/catch.hpp>

#include "util/error.hpp"
#include "util/random.hpp"

using namespace convoy;
using partition::detail::Arc;
using partition::detail::LinearProgram;

namespace {

constexpr double kOpen = LinearProgram::kOpen;

double capacity_of(const std::vector<Arc>& arcs, const std::vector<bool>& source_side) {
    double sum = 0;
    for (const Arc& arc : arcs) {
        if (source_side[arc.from] && !source_side[arc.to]) sum += arc.capacity;
    }
    return sum;
}

}  // namespace

TEST_CASE("partition: a linear program finds the corner that is cheapest", "[partition]") {
    // max x + y where x + 2y <= 4, 3x + y <= 6: at (1.6, 1.2)
    const LinearProgram program{
        {-1, -1}, {kOpen, kOpen}, {{{{0, 1}, {1, 2}}, -kOpen, 4}, {{{0, 3}, {1, 1}}, -kOpen, 6}}};
    const auto found = partition::detail::solve(program);
    REQUIRE(found);
    CHECK((*found)[0] == Approx(1.6));
    CHECK((*found)[1] == Approx(1.2));
}

TEST_CASE("partition: bounds of variables hold, and a program without solution has none", "[partition]") {
    LinearProgram program{{-1, 0}, {0.25, kOpen}, {{{{0, 1}, {1, 1}}, 1, 1}}};
    const auto found = partition::detail::solve(program);
    REQUIRE(found);
    CHECK((*found)[0] == Approx(0.25));
    CHECK((*found)[1] == Approx(0.75));
    program.upper[1] = 0.5;
    CHECK_FALSE(partition::detail::solve(program));
}

TEST_CASE("partition: a program without minimum, or with numbers that are none, is a bug", "[partition]") {
    LinearProgram program{{-1}, {kOpen}, {}};
    CHECK_THROWS_AS(partition::detail::solve(program), util::Error);
    program.cost[0] = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(partition::detail::solve(program), util::Error);
}

TEST_CASE("partition: a least cut is the least of all cuts", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        constexpr std::size_t kVertices = 7;
        std::vector<Arc> arcs;
        for (std::size_t from = 0; from < kVertices; ++from) {
            for (std::size_t to = 0; to < kVertices; ++to) {
                if (from == to || random.uniform() < 0.5) continue;
                arcs.push_back({from, to, random.uniform() < 0.1 ? kOpen : random.uniform()});
            }
        }
        double least = kOpen;
        for (unsigned set = 0; set < (1U << (kVertices - 2)); ++set) {
            std::vector<bool> side(kVertices, false);
            side[0] = true;
            for (std::size_t vertex = 1; vertex + 1 < kVertices; ++vertex) side[vertex] = (set >> (vertex - 1)) & 1U;
            least = std::min(least, capacity_of(arcs, side));
        }
        if (least == kOpen) {
            CHECK_THROWS_AS(partition::detail::least_cut(kVertices, arcs, 0, kVertices - 1), util::Error);
            continue;
        }
        const std::vector<bool> found = partition::detail::least_cut(kVertices, arcs, 0, kVertices - 1);
        CHECK(found.front());
        CHECK_FALSE(found.back());
        CHECK(capacity_of(arcs, found) == Approx(least).margin(1e-6));
    }
}

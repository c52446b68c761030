#include "graph/region.hpp"

#include <algorithm>
#include <bitset>
#include <catch2/catch.hpp>

#include "util/random.hpp"

using namespace convoy;
using graph::Axis;
using graph::Box;
using graph::Index;
using graph::Interval;
using graph::Region;
using graph::Slab;

namespace {

constexpr Index kSide = 5;
using Bitmap = std::bitset<kSide * kSide * kSide * kSide>;

Bitmap bitmap(std::span<const Box> boxes) {
    Bitmap bits;
    for (const Box& box : boxes) {
        for (Index n = box[Axis::n].begin; n < box[Axis::n].end; ++n)
            for (Index c = box[Axis::c].begin; c < box[Axis::c].end; ++c)
                for (Index h = box[Axis::h].begin; h < box[Axis::h].end; ++h)
                    for (Index w = box[Axis::w].begin; w < box[Axis::w].end; ++w)
                        bits.set(static_cast<std::size_t>(((n * kSide + c) * kSide + h) * kSide + w));
    }
    return bits;
}

Interval random_interval(util::Random& random) {
    const Index begin = random.integer(0, kSide - 1);
    return {begin, random.integer(begin, kSide)};
}

Box random_box(util::Random& random) {
    return {{random_interval(random), random_interval(random), random_interval(random), random_interval(random)}};
}

std::vector<Box> random_boxes(util::Random& random, Index most) {
    std::vector<Box> boxes(static_cast<std::size_t>(random.integer(0, most)));
    std::generate(boxes.begin(), boxes.end(), [&] { return random_box(random); });
    return boxes;
}

Region region_of(std::span<const Box> boxes) {
    Region region;
    for (const Box& box : boxes) region |= box;
    return region;
}

/// One box per element, in a random order.
std::vector<Box> shuffled_elements(const Region& region, util::Random& random) {
    std::vector<Box> elements;
    for (const Box& box : region.boxes()) {
        for (Index n = box[Axis::n].begin; n < box[Axis::n].end; ++n)
            for (Index c = box[Axis::c].begin; c < box[Axis::c].end; ++c)
                for (Index h = box[Axis::h].begin; h < box[Axis::h].end; ++h)
                    for (Index w = box[Axis::w].begin; w < box[Axis::w].end; ++w)
                        elements.push_back({{{{n, n + 1}, {c, c + 1}, {h, h + 1}, {w, w + 1}}}});
    }
    for (std::size_t i = elements.size(); i > 1; --i) {
        std::swap(elements[i - 1], elements[static_cast<std::size_t>(random.integer(0, static_cast<Index>(i) - 1))]);
    }
    return elements;
}

}  // namespace

TEST_CASE("graph: union, intersection and difference of regions agree with a bitmap", "[graph]") {
    util::Random random(1);
    for (int round = 0; round < 3000; ++round) {
        CAPTURE(round);
        const std::vector<Box> left = random_boxes(random, 6);
        const std::vector<Box> right = random_boxes(random, 6);
        const Region a = region_of(left);
        const Region b = region_of(right);
        const Bitmap x = bitmap(left);
        const Bitmap y = bitmap(right);
        REQUIRE(bitmap(a.boxes()) == x);
        REQUIRE(bitmap((a | b).boxes()) == (x | y));
        REQUIRE(bitmap((a & b).boxes()) == (x & y));
        REQUIRE(bitmap((a - b).boxes()) == (x & ~y));
        REQUIRE(a.contains(b) == (y & ~x).none());
        REQUIRE(a.empty() == x.none());
    }
}

TEST_CASE("graph: a region's boxes are disjoint, sorted and not empty", "[graph]") {
    util::Random random(2);
    for (int round = 0; round < 1000; ++round) {
        const std::vector<Box> boxes = random_boxes(random, 8);
        const Region region = region_of(boxes);
        REQUIRE(region.volume() == static_cast<Index>(bitmap(boxes).count()));
        REQUIRE(std::is_sorted(region.boxes().begin(), region.boxes().end()));
        for (const Box& box : region.boxes()) {
            REQUIRE_FALSE(box.empty());
            REQUIRE(region.hull().contains(box));
        }
    }
}

TEST_CASE("graph: equal regions compare equal whatever they were built from", "[graph]") {
    util::Random random(3);
    for (int round = 0; round < 150; ++round) {
        CAPTURE(round);
        const Region region = region_of(random_boxes(random, 5));
        REQUIRE(region_of(shuffled_elements(region, random)) == region);
        const Region other = region_of(random_boxes(random, 5));
        REQUIRE(((region - other) | (region & other)) == region);
        REQUIRE((region | other) == (other | region));
        REQUIRE(((region | other) - other) == (region - other));
    }
}

TEST_CASE("graph: an empty box makes an empty region", "[graph]") {
    CHECK(Region(Box{}).empty());
    CHECK(Region(graph::make_box(1, 0, 3, 3)) == Region{});
    CHECK(Region(Box{{{{0, 1}, {3, 2}, {0, 1}, {0, 1}}}}).empty());
    CHECK(Region(graph::make_box(1, 2, 3, 3)).contains(Region{}));
}

TEST_CASE("graph: a box is written with its axes", "[graph]") {
    CHECK(to_string(Box{{{{0, 1}, {0, 64}, {3, 40}, {0, 112}}}}) == "n[0,1) c[0,64) h[3,40) w[0,112)");
}

TEST_CASE("graph: intervals are sorted, merged where they touch, dropped where empty", "[graph]") {
    CHECK(graph::normalized({{5, 7}, {3, 3}, {0, 2}, {2, 4}, {6, 9}}) == std::vector<Interval>{{0, 4}, {5, 9}});
    CHECK(graph::normalized({}).empty());
}

TEST_CASE("graph: a slab joins by hull along n, h, w and by union along c", "[graph]") {
    const Slab a{{0, 1}, {{0, 2}, {6, 8}}, {0, 3}, {2, 4}};
    const Slab b{{0, 1}, {{1, 3}}, {5, 6}, {0, 1}};
    CHECK(join(a, b) == Slab{{0, 1}, {{0, 3}, {6, 8}}, {0, 6}, {0, 4}});
    CHECK(join(a, Slab{}) == a);
    CHECK(join(Slab{}, a) == a);
    CHECK(a.volume() == 4 * 3 * 2);
    CHECK(a.hull() == Box{{{{0, 1}, {0, 8}, {0, 3}, {2, 4}}}});
    CHECK(intersection(a, Box{{{{0, 1}, {1, 7}, {1, 9}, {0, 3}}}}) == Slab{{0, 1}, {{1, 2}, {6, 7}}, {1, 3}, {2, 3}});
    CHECK(intersection(a, Box{{{{0, 1}, {2, 6}, {0, 9}, {0, 9}}}}) == Slab{});
}

TEST_CASE("graph: the boxes of a slab lie in the order of its dense buffer", "[graph]") {
    const Slab batch{{0, 2}, {{0, 1}, {3, 5}}, {0, 2}, {0, 2}};
    const std::vector<Box> boxes = batch.boxes();
    REQUIRE(boxes.size() == 4);
    CHECK(boxes[1] == Box{{{{0, 1}, {3, 5}, {0, 2}, {0, 2}}}});
    CHECK(boxes[2] == Box{{{{1, 2}, {0, 1}, {0, 2}, {0, 2}}}});
    CHECK((Slab{{0, 2}, {{0, 5}}, {0, 2}, {0, 2}}.boxes().size() == 1));
    CHECK((Slab{{0, 1}, {{0, 1}, {3, 5}}, {0, 2}, {0, 2}}.boxes().size() == 2));
    CHECK(batch.region().volume() == batch.volume());
}

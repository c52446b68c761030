#include "graph/tensor.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>

#include "util/random.hpp"

using namespace convoy;
using graph::Axis;
using graph::Box;
using graph::Index;
using graph::Region;
using graph::Tensor;

namespace {

/// The value of each element says where it belongs.
float label(Index n, Index c, Index h, Index w) { return static_cast<float>(((n * 8 + c) * 8 + h) * 8 + w); }

template <class Visit>
void for_each_element(const Tensor& tensor, Visit visit) {
    float* value = tensor.floats();
    for (const Box& box : tensor.boxes()) {
        for (Index n = box[Axis::n].begin; n < box[Axis::n].end; ++n)
            for (Index c = box[Axis::c].begin; c < box[Axis::c].end; ++c)
                for (Index h = box[Axis::h].begin; h < box[Axis::h].end; ++h)
                    for (Index w = box[Axis::w].begin; w < box[Axis::w].end; ++w) visit(n, c, h, w, *value++);
    }
}

/// Disjoint random boxes in [0,8)^4.
std::vector<Box> random_boxes(util::Random& random) {
    Region region;
    for (Index i = random.integer(1, 3); i > 0; --i) {
        Box box;
        for (auto& interval : box.axes) {
            interval.begin = random.integer(0, 7);
            interval.end = random.integer(interval.begin + 1, 8);
        }
        region |= box;
    }
    return region.boxes();
}

Region region_of(const Tensor& tensor) {
    Region region;
    for (const Box& box : tensor.boxes()) region |= box;
    return region;
}

}  // namespace

TEST_CASE("graph: copying between views moves exactly the common elements of the region", "[graph]") {
    util::Random random(4);
    for (int round = 0; round < 60; ++round) {
        CAPTURE(round);
        const Tensor from(random_boxes(random));
        const Tensor to(random_boxes(random));
        Region region;
        for (const Box& box : random_boxes(random)) region |= box;
        for_each_element(from, [](Index n, Index c, Index h, Index w, float& value) { value = label(n, c, h, w); });
        for_each_element(to, [](Index, Index, Index, Index, float& value) { value = -1; });
        graph::copy(from.view(), to.view(), region);
        const Region moved = region_of(from) & region;
        bool right = true;
        for_each_element(to, [&](Index n, Index c, Index h, Index w, const float& value) {
            const bool inside = moved.contains(Box{{{{n, n + 1}, {c, c + 1}, {h, h + 1}, {w, w + 1}}}});
            right = right && value == (inside ? label(n, c, h, w) : -1);
        });
        REQUIRE(right);
    }
}

TEST_CASE("graph: copying without a region moves everything that both views hold", "[graph]") {
    const Tensor from({Box{{{{0, 1}, {0, 4}, {2, 6}, {0, 8}}}}});
    const Tensor to({Box{{{{0, 1}, {1, 3}, {0, 8}, {0, 8}}}}});
    for_each_element(from, [](Index n, Index c, Index h, Index w, float& value) { value = label(n, c, h, w); });
    for_each_element(to, [](Index, Index, Index, Index, float& value) { value = -1; });
    graph::copy(from.view(), to.view());
    bool right = true;
    for_each_element(to, [&](Index n, Index c, Index h, Index w, const float& value) {
        right = right && value == (h >= 2 && h < 6 ? label(n, c, h, w) : -1);
    });
    CHECK(right);
}

TEST_CASE("graph: a whole tensor is one element of all its bytes", "[graph]") {
    const Tensor from({graph::make_box(1, 1, 1, 1)}, 12);
    const Tensor to({graph::make_box(1, 1, 1, 1)}, 12);
    std::memcpy(from.view().data(), "hello world", 12);
    graph::copy(from.view(), to.view(), graph::make_box(1, 1, 1, 1));
    CHECK(std::memcmp(to.view().data(), "hello world", 12) == 0);
    CHECK(to.view().bytes() == util::Bytes(12));
}

TEST_CASE("graph: tensor memory is aligned to 64 bytes", "[graph]") {
    for (Index size = 1; size < 40; size += 3) {
        const Tensor tensor({graph::make_box(1, size, 1, 1)});
        CHECK(reinterpret_cast<std::uintptr_t>(tensor.floats()) % 64 == 0);
    }
    CHECK(Tensor(std::vector<Box>{}).view().bytes() == util::Bytes(0));
}

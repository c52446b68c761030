#include "cluster/change.hpp"

#include <catch2/catch.hpp>

#include "util/error.hpp"

using namespace convoy;
using cluster::Cluster;

namespace {

cluster::Link link(double rate) { return {util::BytesPerSecond(rate), {}, {}}; }

Cluster named(std::initializer_list<const char*> names) {
    Cluster made;
    for (const char* name : names) {
        cluster::Device device;
        device.name = name;
        device.rate = util::FlopsPerSecond(1e9 * static_cast<double>(made.devices.size() + 1));
        device.address = "tcp://127.0.0.1:1";
        made.devices.push_back(device);
    }
    made.every = link(100);
    return made;
}

}  // namespace

TEST_CASE("cluster: a copy of a device has its figures and links, and a name of its own", "[cluster]") {
    Cluster base = named({"a", "b", "b2"});
    base.pairs = {{0, 1, link(7), ""}, {1, 2, link(9), ""}};
    const Cluster more = cluster::with_copy(base, 1);
    REQUIRE(more.names() == std::vector<std::string>{"a", "b", "b2", "b3"});
    CHECK(more.devices[3].rate == base.devices[1].rate);
    CHECK(more.devices[3].address.empty());
    CHECK(more.link(0, 3) == link(7));
    CHECK(more.link(3, 2) == link(9));
    CHECK(more.link(3, 1) == link(100));
    CHECK(more.link(0, 1) == link(7));
}

TEST_CASE("cluster: without a default, a copy reaches its original as that reaches the others", "[cluster]") {
    Cluster base = named({"edge", "cloud"});
    base.every.reset();
    base.pairs = {{0, 1, link(5), ""}, {1, 0, link(20), ""}};
    const Cluster more = cluster::with_copy(base, 1);
    CHECK(more.link(0, 2) == link(5));
    CHECK(more.link(2, 0) == link(20));
    CHECK(more.link(1, 2) == link(20));
    CHECK(more.link(2, 1) == link(5));

    Cluster alone = named({"a"});
    alone.every.reset();
    CHECK_THROWS_AS(cluster::with_copy(alone, 0), util::Error);
}

TEST_CASE("cluster: fewer devices keep source and sink, more are copies in turn", "[cluster]") {
    Cluster base = named({"a", "b", "c", "d"});
    base.source = 2;
    base.sink = 3;
    base.pairs = {{1, 3, link(1), ""}, {2, 3, link(2), ""}};
    const Cluster three = cluster::with_devices(base, 3);
    CHECK(three.names() == std::vector<std::string>{"a", "c", "d"});
    CHECK(three.source == 1);
    CHECK(three.sink == 2);
    REQUIRE(three.pairs.size() == 1);
    CHECK(three.link(1, 2) == link(2));
    CHECK(cluster::with_devices(base, 4) == base);
    CHECK(cluster::with_devices(base, 9).names() ==
          std::vector<std::string>{"a", "b", "c", "d", "a2", "b2", "c2", "d2", "a3"});
    CHECK_THROWS_AS(cluster::with_devices(base, 1), util::Error);
}

#include "cluster/cluster.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include <algorithm>

#include "support/catalogue.hpp"

using namespace convoy;

namespace {

cluster::Link no_profile(const std::string& path) { throw util::Error(util::Errc::no_input, "no such file: " + path); }

cluster::Cluster read(const std::string& text, const cluster::LinkReader& measured = no_profile) {
    return cluster::read_cluster(util::FileView::from_bytes(text, "lab/cluster.yaml"), measured);
}

const char* const kExample = R"(schema: convoy.cluster/1
source: a                       # holds the input; sink: (default: the source) gets the output
devices:
  - {name: a, latency: a.latency.yaml}
  - {name: b, latency: a.latency.yaml, address: "tcp://10.0.0.2:5555", speed: 0.5, load: 0.25, threads: 4, memory_bytes: 500000000}
  - {name: c, latency: c.latency.yaml, address: "tcp://10.0.0.3:5555", ssh: pi@pi3, power_w: {idle: 2.1, compute: 5.5, radio: 0.8}}
  - {name: d, latency: a.latency.yaml, gflop_per_s: 4}
links:
  medium: switched              # or shared
  rate_mbit_per_s: 100          # the default for every pair
  start_up_ms: 0.4              # per message, occupies the sender's interface
  delay_ms: 0                   # one way, overlaps with other messages
  pairs:
    - {from: a, to: c, rate_mbit_per_s: 5.85, delay_ms: 10}
    - {from: a, to: b, profile: link.profile.yaml}
)";

cluster::Link measured_link(const std::string& path) {
    CHECK(path == "lab/link.profile.yaml");
    return {util::from_mbit_per_s(80), util::from_milliseconds(0.9), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("cluster: the documented example is read as it says", "[cluster]") {
    const cluster::Cluster lab = read(kExample, measured_link);
    REQUIRE(lab.devices.size() == 4);
    CHECK(lab.source == 0);
    CHECK(lab.sink == 0);
    CHECK(lab.devices[1].speed == 0.5);
    CHECK(lab.devices[1].load == 0.25);
    CHECK(lab.devices[1].threads == 4);
    CHECK(lab.devices[1].memory == util::Bytes(500000000));
    CHECK(lab.devices[2].ssh == "pi@pi3");
    CHECK(lab.devices[2].power->radio == util::Watts(0.8));
    CHECK(lab.devices[3].rate == util::FlopsPerSecond(4e9));
    CHECK(lab.link(1, 2).rate == util::from_mbit_per_s(100));
    CHECK(util::milliseconds(lab.link(3, 1).start_up) == Approx(0.4));
}

TEST_CASE("cluster: a listed link overrides the default, both ways until the way back is listed", "[cluster]") {
    const cluster::Cluster lab = read(kExample, measured_link);
    CHECK(lab.link(0, 2).rate == util::from_mbit_per_s(5.85));
    CHECK(util::milliseconds(lab.link(0, 2).delay) == Approx(10));
    CHECK(util::milliseconds(lab.link(0, 2).start_up) == Approx(0.4));
    CHECK(lab.link(2, 0) == lab.link(0, 2));
    const cluster::Cluster uneven =
        read(std::string(kExample) + "    - {from: c, to: a, rate_mbit_per_s: 20}\n", measured_link);
    CHECK(uneven.link(2, 0).rate == util::from_mbit_per_s(20));
    CHECK(uneven.link(0, 2).rate == util::from_mbit_per_s(5.85));
}

TEST_CASE("cluster: a measured link takes rate and start-up from its profile", "[cluster]") {
    const cluster::Link link = read(kExample, measured_link).link(1, 0);
    CHECK(link.rate == util::from_mbit_per_s(80));
    CHECK(util::milliseconds(link.start_up) == Approx(0.9));
}

TEST_CASE("cluster: a link that was measured both ways has its own figures in each direction", "[cluster]") {
    const auto both_ways = [](const std::string&) {
        return cluster::MeasuredLink({util::from_mbit_per_s(80), util::from_milliseconds(0.5),
                                      util::from_milliseconds(4), util::from_milliseconds(9)},
                                     cluster::Link{util::from_mbit_per_s(20), util::from_milliseconds(1),
                                                   util::from_milliseconds(2), util::from_milliseconds(1)});
    };
    const cluster::Cluster lab = read(kExample, both_ways);
    CHECK(lab.link(0, 1).rate == util::from_mbit_per_s(80));
    CHECK(util::milliseconds(lab.link(0, 1).delay) == Approx(4));
    CHECK(lab.link(0, 1).jitter == lab.link(0, 1).delay);  // no message comes before it was sent
    CHECK(lab.link(1, 0).rate == util::from_mbit_per_s(20));
    CHECK(util::milliseconds(lab.link(1, 0).start_up) == Approx(1));
    CHECK(util::milliseconds(lab.link(1, 0).jitter) == Approx(1));
    CHECK(read(cluster::write_cluster(lab), both_ways) == lab);
    CHECK(cluster::planning_hash(lab) != cluster::planning_hash(read(kExample, measured_link)));
    const std::vector<std::string> differing = cluster::differences(lab, read(kExample, measured_link));
    CHECK(std::count(differing.begin(), differing.end(), "links.b->a.rate_mbit_per_s") == 1);

    const std::string own_delay = replaced(kExample, "profile: link.profile.yaml", "profile: l.yaml, delay_ms: 7");
    const cluster::Cluster delayed = read(own_delay, both_ways);  // what the file says itself counts both ways
    CHECK(util::milliseconds(delayed.link(0, 1).delay) == Approx(7));
    CHECK(util::milliseconds(delayed.link(1, 0).delay) == Approx(7));
    CHECK(read(cluster::write_cluster(delayed), both_ways) == delayed);
    const cluster::Cluster listed =
        read(std::string(kExample) + "    - {from: b, to: a, rate_mbit_per_s: 3}\n", both_ways);
    CHECK(listed.link(1, 0).rate == util::from_mbit_per_s(3));

    CHECK(util::mbit_per_s(cluster::dilated(lab, 4).link(0, 1).rate) == Approx(20));
    CHECK(util::mbit_per_s(cluster::dilated(lab, 4).link(1, 0).rate) == Approx(5));
    CHECK(util::milliseconds(cluster::dilated(lab, 4).link(1, 0).delay) == Approx(8));
    CHECK(util::mbit_per_s(cluster::dilated(listed, 2).link(1, 0).rate) == Approx(1.5));
}

TEST_CASE("cluster: jitter and loss are inherited from all links, and written where they differ", "[cluster]") {
    const std::string text = replaced(kExample, "delay_ms: 0  ", "delay_ms: 3\n  jitter_ms: 2\n  loss: 0.05  ");
    const cluster::Cluster lab = read(replaced(text, "delay_ms: 10", "delay_ms: 10, loss: 0"), measured_link);
    CHECK(util::milliseconds(lab.link(2, 3).jitter) == Approx(2));
    CHECK(lab.link(2, 3).loss == 0.05);
    CHECK(util::milliseconds(lab.link(0, 2).jitter) == Approx(2));
    CHECK(lab.link(0, 2).loss == 0);
    CHECK(lab.link(0, 1).loss == 0.05);
    CHECK(read(cluster::write_cluster(lab), measured_link) == lab);
    CHECK_THROWS_WITH(read(replaced(text, "delay_ms: 10", "delay_ms: 1"), measured_link),
                      "the jitter is more than the delay: messages would come too early");
}

TEST_CASE("cluster: what was written is read back the same", "[cluster]") {
    const cluster::Cluster lab = read(kExample, measured_link);
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const cluster::Cluster again = read(cluster::write_cluster(lab, format), measured_link);
        CHECK(again == lab);
        CHECK(cluster::planning_hash(again) == cluster::planning_hash(lab));
    }
}

TEST_CASE("cluster: the planning hash ignores addresses, paths, comments and order of keys", "[cluster]") {
    const std::string hash = cluster::planning_hash(read(kExample, measured_link));
    for (const auto& [what, with] : std::vector<std::pair<std::string, std::string>>{
             {"tcp://10.0.0.2:5555", "tcp://10.0.0.9:1"},
             {"# or shared", "# a comment"},
             {"c.latency.yaml", "other.yaml"},
             {"pi@pi3", "me@pi4"},
             {"delay_ms: 10", "delay_ms: 10, jitter_ms: 2, loss: 0.01"},
             {"{name: a, latency: a.latency.yaml}", "{latency: a.latency.yaml, speed: 1.0, name: a}"}}) {
        INFO(what);
        CHECK(cluster::planning_hash(read(replaced(kExample, what, with), measured_link)) == hash);
    }
}

TEST_CASE("cluster: the planning hash follows every planning field, and differences names it", "[cluster]") {
    const cluster::Cluster lab = read(kExample, measured_link);
    for (const auto& [what, with, field] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"speed: 0.5", "speed: 0.6", "devices.b.speed"},
             {"load: 0.25", "load: 0.3", "devices.b.load"},
             {"threads: 4", "threads: 2", "devices.b.threads"},
             {"memory_bytes: 500000000", "memory_bytes: 500000001", "devices.b.memory_bytes"},
             {"radio: 0.8", "radio: 0.9", "devices.c.power_w"},
             {"gflop_per_s: 4", "gflop_per_s: 5", "devices.d.gflop_per_s"},
             {"rate_mbit_per_s: 100", "rate_mbit_per_s: 101", "links.rate_mbit_per_s"},
             {"medium: switched", "medium: shared", "links.medium"},
             {"delay_ms: 10", "delay_ms: 11", "links.a->c.delay_ms"},
             {"source: a", "source: b", "sink"}}) {
        INFO(field);
        const cluster::Cluster other = read(replaced(kExample, what, with), measured_link);
        CHECK(cluster::planning_hash(other) != cluster::planning_hash(lab));
        const std::vector<std::string> differing = cluster::differences(lab, other);
        CHECK(std::count(differing.begin(), differing.end(), field) == 1);
    }
    CHECK(cluster::differences(lab, lab).empty());
}

TEST_CASE("cluster: one device needs no links, several do", "[cluster]") {
    CHECK_NOTHROW(read("schema: convoy.cluster/1\ndevices: [{name: a}]\n"));
    CHECK_THROWS_WITH(read("schema: convoy.cluster/1\ndevices: [{name: a}, {name: b}]\n"), "no link from 'a' to 'b'");
}

TEST_CASE("cluster: each file of the catalogue of bad ones gets its message", "[cluster]") {
    test::check_catalogue("cluster", [](const util::FileView& file) { (void)cluster::read_cluster(file, no_profile); });
}

TEST_CASE("cluster: a dilated cluster is slower in everything that takes time", "[cluster]") {
    const cluster::Cluster lab = read(kExample, measured_link);
    const cluster::Cluster slow = cluster::dilated(lab, 4);
    CHECK(slow.dilation == 4);
    CHECK(slow.devices[1].speed == 0.125);
    CHECK(slow.devices[3].rate == util::FlopsPerSecond(1e9));
    CHECK(slow.devices[1].load == lab.devices[1].load);
    CHECK(slow.devices[1].memory == lab.devices[1].memory);
    CHECK(slow.devices[2].power->compute.value == Approx(5.5 / 4));
    CHECK(util::mbit_per_s(slow.link(1, 2).rate) == Approx(25));
    CHECK(util::milliseconds(slow.link(1, 2).start_up) == Approx(1.6));
    CHECK(util::milliseconds(slow.link(0, 2).delay) == Approx(40));
    CHECK(util::mbit_per_s(slow.link(0, 1).rate) == Approx(20));  // of its profile
    CHECK(util::mbit_per_s(slow.link(1, 0).rate) == Approx(20));
    CHECK(cluster::dilated(slow, 2).dilation == 8);
    CHECK(cluster::dilated(lab, 1) == lab);
    CHECK_THROWS_AS(cluster::dilated(slow, 1e6), util::Error);
    CHECK_THROWS_AS(cluster::dilated(lab, 0.5), util::Error);
    CHECK_THROWS_AS(cluster::dilated(lab, std::nan("")), util::Error);

    const cluster::Cluster again = read(cluster::write_cluster(slow), no_profile);
    CHECK(again.dilation == slow.dilation);
    CHECK(again.devices == slow.devices);
    CHECK(again.link(0, 2) == slow.link(0, 2));
}

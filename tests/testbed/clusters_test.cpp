#include <catch2/catch.hpp>
#include <filesystem>

#include "latency/bed.hpp"

using namespace convoy;

namespace {

const std::filesystem::path kFolder = CONVOY_CLUSTERS;

cluster::Cluster example(const std::string& name) {
    return latency::read_cluster(util::FileView::open((kFolder / (name + ".yaml")).string()));
}

std::vector<double> gflop_per_s(const cluster::Cluster& cluster) {
    std::vector<double> rates;
    for (const cluster::Device& device : cluster.devices) rates.push_back(device.rate.value().value / 1e9);
    return rates;
}

}  // namespace

TEST_CASE("testbed: every example cluster is read, can be planned with, and names its source", "[testbed]") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        CAPTURE(entry.path().string());
        const util::FileView file = util::FileView::open(entry.path().string());
        CHECK(file.text().find("20") < file.text().find("schema:"));  // the year of a paper, in the comment
        const latency::Bed bed = latency::Bed::read(latency::read_cluster(file));
        for (std::size_t i = 0; i < bed.cluster().devices.size(); ++i) CHECK(bed.speed(i) == 1);
        ++count;
    }
    CHECK(count == 6);
}

TEST_CASE("testbed: the example clusters are what their names stand for", "[testbed]") {
    CHECK(gflop_per_s(example("A")) == std::vector<double>{20, 20, 20, 20});
    CHECK(gflop_per_s(example("A1000")) == std::vector<double>{20, 20, 20, 20});
    CHECK(gflop_per_s(example("B")) == std::vector<double>{5, 10, 10, 20});
    CHECK(gflop_per_s(example("C")) == std::vector<double>{10, 13, 16, 19, 22, 25});
    CHECK(gflop_per_s(example("D")) == std::vector<double>{4, 60});
    CHECK(gflop_per_s(example("P")) == std::vector<double>{4, 4, 4, 4});
    CHECK(example("B").source == 0);
    const auto check_link = [](const cluster::Link& link, double mbit, double start_up_ms, double delay_ms) {
        CHECK(util::mbit_per_s(link.rate) == Approx(mbit));
        CHECK(util::milliseconds(link.start_up) == Approx(start_up_ms));
        CHECK(util::milliseconds(link.delay) == Approx(delay_ms));
    };
    check_link(example("A").link(1, 2), 100, 0, 0);
    check_link(example("A1000").link(1, 2), 1000, 0, 0);
    check_link(example("B").link(1, 2), 300, 0, 0);
    check_link(example("C").link(1, 2), 100, 1, 0);
    check_link(example("D").link(0, 1), 5.85, 0, 10);
    check_link(example("D").link(1, 0), 20, 0, 10);
    check_link(example("P").link(1, 2), 100, 5, 0);
}

#include "cost/compression.hpp"

#include <catch2/catch.hpp>

#include "support/catalogue.hpp"

using namespace convoy;
using namespace convoy::cost;

namespace {

Compression fixture() { return read_compression(util::FileView::open(CONVOY_TEST_DATA "/compression/v1/digits.yaml")); }

}  // namespace

TEST_CASE("cost: a compression has the rows of the cluster, and of each rate of the uplink", "[cost]") {
    const Compression compression = fixture();
    REQUIRE(compression.parts.size() == 3);
    const std::vector<CompressionRow>& rows = compression.parts[0].rows;
    REQUIRE(rows.size() == 4);
    CHECK(util::milliseconds(rows[3].latency) == Approx(3.25));
    CHECK(rows[3].bytes == util::Bytes(150));
    CHECK(rows[3].score.value().drop == 0.0055);
    CHECK(rows[2].note == "the model is one block");
    CHECK_FALSE(rows[1].score);
    CHECK(util::milliseconds(rows[1].latency_float32.value()) == Approx(17.5));
    CHECK(compression.parts[1].uplink_mbit_per_s == 0.5);
    CHECK(compression.parts[2].note == "the time budget ended before it");
}

TEST_CASE("cost: a compression is read back as it was written", "[cost]") {
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        const std::string text = write_compression(fixture(), format);
        CHECK(read_compression(util::FileView::from_bytes(text, "c.yaml")) == fixture());
    }
}

TEST_CASE("cost: a compression for several clusters says which part is for which", "[cost]") {
    Compression compression = fixture();
    compression.parts[2] = {"attic.yaml", "nas", std::nullopt, compression.parts[1].rows, ""};
    const std::string text = write_compression(compression);
    const Compression again = read_compression(util::FileView::from_bytes(text, "c.yaml"));
    CHECK(again == compression);
    CHECK(again.parts[1].cluster.empty());
    CHECK(again.parts[2].cluster == "attic.yaml");
}

TEST_CASE("cost: each bad compression of the catalogue gets its message", "[cost]") {
    test::check_catalogue("compression", [](const util::FileView& file) { (void)read_compression(file); });
}

#include "wire/codec.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "util/error.hpp"
#include "util/random.hpp"

using namespace convoy;

namespace {

graph::Tensor tensor_of(const std::vector<float>& values) {
    graph::Tensor tensor({graph::make_box(1, static_cast<graph::Index>(values.size()), 1, 1)});
    std::copy(values.begin(), values.end(), tensor.floats());
    return tensor;
}

std::vector<float> round_trip(wire::Codec codec, const std::vector<float>& values) {
    const util::AlignedBytes payload = wire::encode(codec, tensor_of(values).view());
    graph::Tensor back = tensor_of(std::vector<float>(values.size()));
    wire::decode(codec, payload.span(), back.view());
    return {back.floats(), back.floats() + values.size()};
}

}  // namespace

TEST_CASE("wire: names and numbers of codecs read back", "[wire]") {
    for (const std::string& name : wire::codec_names()) {
        const auto codec = wire::codec_from_string(name);
        REQUIRE(codec);
        CHECK(wire::to_string(*codec) == name);
        CHECK(wire::codec_from_number(static_cast<std::uint8_t>(*codec)) == codec);
    }
    CHECK_FALSE(wire::codec_from_string("fp8"));
    CHECK_FALSE(wire::codec_from_number(200));
}

TEST_CASE("wire: fp32 gives back every bit", "[wire]") {
    const std::vector<float> values{0, -0.0F, 1e-40F, 3.5F, std::numeric_limits<float>::infinity()};
    CHECK(round_trip(wire::Codec::fp32, values) == values);
}

TEST_CASE("wire: fp16 rounds to the nearest half, ties to even", "[wire]") {
    CHECK(round_trip(wire::Codec::fp16, {1, -2.5F, 65504, 1e9F, -1e9F, 0x1p-24F, 0x1p-26F}) ==
          std::vector<float>{1, -2.5F, 65504, 65504, -65504, 0x1p-24F, 0});
    CHECK(round_trip(wire::Codec::fp16, {1 + 0x1p-11F, 1 + 0x1.8p-10F, 0x1.FFFp-15F}) ==
          std::vector<float>{1, 1 + 0x1p-9F, 0x1p-14F});
    CHECK(std::isnan(round_trip(wire::Codec::fp16, {std::nanf("")})[0]));
}

TEST_CASE("wire: every codec keeps its error bound on random messages", "[wire]") {
    util::Random random(1);
    for (const wire::Codec codec : {wire::Codec::fp32, wire::Codec::fp16, wire::Codec::int8}) {
        for (int round = 0; round < 50; ++round) {
            std::vector<float> values(200);
            const double size = std::exp(random.normal() * 3);
            double largest = 0;
            for (float& value : values) {
                value = static_cast<float>(random.normal() * size);
                largest = std::max(largest, std::fabs(static_cast<double>(value)));
            }
            const std::vector<float> back = round_trip(codec, values);
            for (std::size_t i = 0; i < values.size(); ++i)
                REQUIRE(std::fabs(back[i] - values[i]) <=
                        wire::error_bound(codec) * largest * (1 + 1e-5) + 1e-7 * size);
        }
    }
}

TEST_CASE("wire: uint8 is exact for pixels and clamps the rest", "[wire]") {
    CHECK(round_trip(wire::Codec::uint8, {0, 1, 254, 255, 300, -4, 7.4F}) ==
          std::vector<float>{0, 1, 254, 255, 255, 0, 7});
}

TEST_CASE("wire: a payload of the wrong size or with a mad scale is refused", "[wire]") {
    graph::Tensor tensor({graph::make_box(1, 4, 1, 1)});
    for (const wire::Codec codec : {wire::Codec::fp32, wire::Codec::fp16, wire::Codec::int8, wire::Codec::uint8})
        CHECK_THROWS_AS(wire::decode(codec, std::vector<std::byte>(3), tensor.view()), util::Error);
    const std::vector<std::byte> zeros(12);
    CHECK_THROWS_AS(wire::decode(wire::Codec::int8, zeros, tensor.view()), util::Error);
}

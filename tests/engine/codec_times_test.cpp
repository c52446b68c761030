#include "engine/codec_times.hpp"

#include <catch2/catch.hpp>

#include "wire/codec.hpp"

using namespace convoy;

TEST_CASE("engine: every codec is timed for several sizes, and nothing is invented without time", "[engine]") {
    const std::vector<samples::CodecSample> times = engine::time_codecs({0.5, 1}, util::Seconds(20));
    for (const std::string& name : wire::codec_names()) {
        const auto count = std::ranges::count_if(
            times, [&](const samples::CodecSample& sample) { return sample.codec == name && sample.encode.n == 1; });
        CHECK(count >= 3);
    }
    for (const samples::CodecSample& sample : times) {
        CHECK(sample.encode.median > util::Seconds(0));
        CHECK(sample.decode.median > util::Seconds(0));
    }
    CHECK(engine::time_codecs({0.5, 1}, util::Seconds(0)).empty());
}

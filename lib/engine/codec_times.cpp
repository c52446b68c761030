#include "engine/codec_times.hpp"

#include <algorithm>
#include <array>

#include "engine/random_values.hpp"
#include "util/clock.hpp"
#include "util/statistics.hpp"
#include "wire/codec.hpp"

namespace convoy::engine {

namespace {

struct Coded {
    wire::Codec codec{};
    graph::Tensor tensor;
    std::vector<double> encode;
    std::vector<double> decode;

    void run() {
        const graph::TensorView view = tensor.view();
        const std::span<float> values(view.floats(), static_cast<std::size_t>(view.volume()));
        fill_randomly(values, 1);
        const util::Seconds begin = util::now();
        const util::AlignedBytes payload = wire::encode(codec, view);
        const util::Seconds encoded = util::now();
        wire::decode(codec, payload.span(), view);
        const util::Seconds decoded = util::now();
        encode.push_back((encoded - begin).count());
        decode.push_back((decoded - encoded).count());
    }
};

bool stable(const std::vector<double>& times, double error) {
    const auto found = util::median_error(times);
    return found && *found <= error * util::median(times);
}

bool done(const Coded& coded, const Enough& enough) {
    return coded.encode.size() >= enough.max_runs ||
           (stable(coded.encode, enough.stable) && stable(coded.decode, enough.stable));
}

}  // namespace

std::vector<samples::CodecSample> time_codecs(const Enough& enough, util::Seconds most) {
    constexpr std::array<graph::Index, 5> kElements{4096, 16384, 65536, 262144, 1048576};
    std::vector<Coded> all;
    for (const std::string& name : wire::codec_names()) {
        for (const graph::Index elements : kElements) {
            all.push_back(
                {*wire::codec_from_string(name), graph::Tensor({graph::make_box(1, elements, 1, 1)}), {}, {}});
        }
    }
    const util::Deadline deadline(most);
    while (!deadline.passed() && !std::ranges::all_of(all, [&](const Coded& coded) { return done(coded, enough); })) {
        for (Coded& coded : all) {
            if (!deadline.passed()) coded.run();
        }
    }
    std::vector<samples::CodecSample> found;
    for (const Coded& coded : all) {
        if (coded.encode.empty()) continue;
        found.push_back({wire::to_string(coded.codec), coded.tensor.view().bytes(), samples::summarize(coded.encode),
                         samples::summarize(coded.decode)});
    }
    return found;
}

}  // namespace convoy::engine

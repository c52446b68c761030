#include "util/statistics.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "util/random.hpp"

using namespace convoy;

TEST_CASE("util: fewer than six values do not tell how well their median is known", "[util]") {
    std::vector<double> values{1, 2, 3, 4, 5};
    CHECK_FALSE(util::median_error(values));
    values.push_back(6);
    CHECK(util::median_error(values) == 2.5);
    CHECK(util::median_error(std::vector<double>(20, 7)) == 0);
}

TEST_CASE("util: the interval around the median of a sample encloses the true median 19 times of 20", "[util]") {
    for (const int count : {8, 20, 100}) {
        util::Random random(static_cast<std::uint64_t>(count));
        int enclosed = 0;
        constexpr int kTrials = 2000;
        for (int trial = 0; trial < kTrials; ++trial) {
            std::vector<double> values;
            for (int i = 0; i < count; ++i) values.push_back(random.normal());
            // Of a symmetric distribution: the interval around the sample's median, as wide as the error says.
            enclosed += std::abs(util::median(values)) <= *util::median_error(values) ? 1 : 0;
        }
        CAPTURE(count, enclosed);
        CHECK(enclosed > 0.93 * kTrials);
        CHECK(enclosed < kTrials);
    }
}

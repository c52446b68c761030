#include "compress_split/price.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace convoy;
using namespace convoy::compress_split;

namespace {

Score score_of(double squared_error, double drop, double error = 0.01) {
    Score score;
    score.images = 100;
    score.squared_error = squared_error;
    score.loss = {drop, error};
    return score;
}

}  // namespace

TEST_CASE("price: accuracy drops with the squared error", "[compress_split]") {
    Price price(Metric::accuracy);
    CHECK(price.error_for(0.01) == Approx(0.01));
    price.learn(score_of(0.02, 0.01));
    price.learn(score_of(0.08, 0.04));
    CHECK(price.error_for(0.01) == Approx(0.02));
    CHECK(price.error_for(0.02) == Approx(0.04));
}

TEST_CASE("price: disagreement and the mean error grow with the root", "[compress_split]") {
    for (const Metric metric : {Metric::agreement, Metric::relative_error}) {
        Price price(metric);
        price.learn(score_of(0.04, 0.1));
        price.learn(score_of(0.16, 0.2));
        CHECK(price.error_for(0.01) == Approx(0.0004));
    }
}

TEST_CASE("price: what is sure counts more", "[compress_split]") {
    Price price(Metric::accuracy);
    price.learn(score_of(0.1, 0.1, 0.01));
    price.learn(score_of(0.1, 0.0, 0.1));
    CHECK(price.error_for(0.01) == Approx(0.0101).epsilon(1e-3));
}

TEST_CASE("price: gains do not make errors free, and outputs that are not finite teach nothing", "[compress_split]") {
    Price price(Metric::accuracy);
    price.learn(score_of(0.02, -0.03));
    CHECK(price.error_for(0.01) == Approx(0.1));
    CHECK(price.error_for(1) == Price::kMostError);
    Price other(Metric::accuracy);
    other.learn(score_of(std::numeric_limits<double>::infinity(), 0.9));
    CHECK(other.error_for(0.01) == Approx(0.01));
}

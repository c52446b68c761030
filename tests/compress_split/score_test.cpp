#include "compress_split/score.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "compress_split/images.hpp"
#include "support/small_models.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::compress_split;

namespace {

const std::vector<float> kFirst{3, 1, 0};
const std::vector<float> kSecond{0, 4, 0};

}  // namespace

TEST_CASE("score: agreement needs no label", "[compress_split]") {
    const std::vector<Verdict> verdicts{judge(kFirst, kFirst, 3, {}), judge(kFirst, kFirst, 3, {}),
                                        judge(kSecond, kFirst, 3, {}), judge(kFirst, kFirst, 3, {})};
    const Score score = compress_split::score(verdicts, Metric::agreement);
    CHECK(score.images == 4);
    CHECK(score.agreement == Approx(0.75));
    CHECK_FALSE(score.accuracy);
    CHECK(score.loss.drop == Approx(0.25));
    CHECK(score.loss.error == Approx(0.25));  // one image differs: sqrt(1) / 4
}

TEST_CASE("score: what a model gains counts against what it loses", "[compress_split]") {
    const std::vector<Verdict> verdicts{
        judge(kSecond, kFirst, 3, 0),  // lost
        judge(kSecond, kFirst, 3, 1),  // gained
        judge(kSecond, kFirst, 3, 2),  // both wrong
        judge(kFirst, kFirst, 3, 0),   // both right
    };
    const Score score = compress_split::score(verdicts, Metric::accuracy);
    CHECK(score.accuracy == Approx(0.5));
    CHECK(score.original_accuracy == Approx(0.5));
    CHECK(score.agreement == Approx(0.25));
    CHECK(score.loss.drop == Approx(0));
    CHECK(score.loss.error == Approx(std::sqrt(2.0) / 4));
}

TEST_CASE("score: relative errors are averaged", "[compress_split]") {
    const std::vector<float> doubled{6, 2, 0};
    const std::vector<Verdict> verdicts{judge(doubled, kFirst, 0, {}), judge(kFirst, kFirst, 0, {})};
    const Score score = compress_split::score(verdicts, Metric::relative_error);
    CHECK(score.relative_error == Approx(0.5));
    CHECK(score.loss.drop == Approx(0.5));
    CHECK(score.loss.error == Approx(std::sqrt(0.5) / 2));
    CHECK_FALSE(score.agreement);
}

TEST_CASE("score: outputs that are not finite are never right", "[compress_split]") {
    const std::vector<float> broken{3, NAN, 0};
    const Verdict verdict = judge(broken, kFirst, 3, 0);
    CHECK_FALSE(verdict.agrees);
    CHECK_FALSE(verdict.right);
    CHECK(verdict.original_right);
    const Score score = compress_split::score(std::vector<Verdict>{verdict}, Metric::relative_error);
    CHECK(score.loss.at_most(1) > 1e9);
}

TEST_CASE("score: a vector has classes, a map has none", "[compress_split]") {
    test::Model vector;
    const graph::Graph classifier = vector.finish({vector.gemm("fc", vector.input("x", {1, 3, 4, 4}), 7)});
    CHECK(classes_of(classifier) == 7);
    test::Model map;
    const graph::Graph dense = map.finish({map.conv("c", map.input("x", {1, 3, 4, 4}), 7)});
    CHECK(classes_of(dense) == 0);
}

TEST_CASE("images: every image has one use, the same for one seed", "[compress_split]") {
    const Split split = split_of(100, 7);
    CHECK(split.calibration.size() == 40);
    CHECK(split.selection.size() == 30);
    CHECK(split.check.size() == 30);
    std::vector<int> uses(100, 0);
    for (const auto* part : {&split.calibration, &split.selection, &split.check})
        for (const std::size_t image : *part) ++uses[image];
    CHECK(uses == std::vector<int>(100, 1));
    CHECK(split_of(100, 7).check == split.check);
    CHECK(split_of(100, 8).check != split.check);
    CHECK_THROWS_AS(split_of(9, 1), util::Error);
    CHECK(split_of(10, 1).check.size() == 3);
}

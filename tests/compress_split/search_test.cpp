#include "compress_split/search.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace convoy;
using namespace convoy::compress_split;
using util::Seconds;

namespace {

/// Each level of each place saves a fixed time and loses a fixed part; what is lost adds up.
class Additive : public Subject {
  public:
    Additive(std::vector<std::vector<double>> saved, std::vector<std::vector<double>> lost)
        : saved_(std::move(saved)), lost_(std::move(lost)) {
        for (std::size_t i = 0; i < lost_.size(); ++i) places_.push_back({"p" + std::to_string(i), lost_[i]});
    }
    [[nodiscard]] std::span<Place> places() override { return places_; }
    [[nodiscard]] Seconds latency(const Levels& levels) override {
        double time = 100;
        for (std::size_t i = 0; i < levels.size(); ++i) time -= saved_[i][levels[i]];
        return Seconds(time);
    }
    [[nodiscard]] double measure(const Levels& levels) override {
        asked.push_back(levels);
        double loss = 0;
        for (std::size_t i = 0; i < levels.size(); ++i) loss += factors.at(i) * lost_[i][levels[i]];
        return loss;
    }

    std::vector<Levels> asked;
    std::vector<double> factors = std::vector<double>(16, 1);  ///< by place, measured over estimated

  private:
    std::vector<std::vector<double>> saved_;
    std::vector<std::vector<double>> lost_;
    std::vector<Place> places_;
};

const std::function<bool()> kNever = [] { return false; };

/// Twelve places of four levels, alike.
Additive twelve() {
    const std::vector<std::vector<double>> saved(12, {0, 2, 4, 5});
    const std::vector<std::vector<double>> lost(12, {0, 0.001, 0.003, 0.008});
    return {saved, lost};
}

}  // namespace

TEST_CASE("search: the change with the least loss per time saved comes first", "[compress_split]") {
    // 0.01 / 10, 0.01 / 20 and 0.05 / 25 per second
    Additive subject({{0, 10}, {0, 20, 25}}, {{0, 0.01}, {0, 0.01, 0.05}});
    const auto move = detail::best_move(subject, {0, 0});
    REQUIRE(move);
    CHECK(move->place == 1);
    CHECK(move->level == 1);
    CHECK(move->saved == Seconds(20));
    CHECK(move->loss == Approx(0.01));
    const auto next = detail::best_move(subject, {0, 1});  // 0.01 / 10 against 0.04 / 5
    REQUIRE(next);
    CHECK(next->place == 0);
}

TEST_CASE("search: a change that saves nothing is no change", "[compress_split]") {
    Additive subject({{0, 0, -3}}, {{0, 0, 0.001}});
    CHECK_FALSE(detail::best_move(subject, {0}));
    CHECK(estimate(subject, 1).levels == Levels{0});
    CHECK_FALSE(aim(subject, 1, kNever));
    CHECK(subject.asked.empty());
}

TEST_CASE("search: an estimate stays within a loss, but for its first change", "[compress_split]") {
    Additive subject({{0, 10}, {0, 20}, {0, 30}}, {{0, 0.01}, {0, 0.01}, {0, 0.06}});
    const Step step = estimate(subject, 0.05);
    CHECK(step.levels == Levels{1, 1, 0});
    CHECK(step.latency == Seconds(70));
    CHECK(step.loss == Approx(0.02));
    CHECK(estimate(subject, 0.001).levels == Levels{0, 1, 0});
    CHECK(subject.asked.empty());
}

TEST_CASE("search: estimates that are far off cost measurements, not the aim", "[compress_split]") {
    for (const double factor : {0.1, 0.5, 1.0, 3.0, 10.0}) {
        CAPTURE(factor);
        Additive subject = twelve();
        subject.factors.assign(12, factor);
        const auto step = aim(subject, 0.03, kNever);
        REQUIRE(step);
        CHECK(step->loss <= 0.036 * std::max(1.0, factor / 3));
        CHECK(step->loss >= 0.02 * std::min(1.0, factor * 4));
        CHECK(subject.asked.size() <= 4);
        CHECK(step->levels == subject.asked.back());
    }
}

TEST_CASE("search: what turns out to be dear is left alone", "[compress_split]") {
    Additive subject({{0, 10}, {0, 20}, {0, 10}}, {{0, 0.01}, {0, 0.01}, {0, 0.02}});
    subject.factors = {1, 8, 1};
    const auto step = aim(subject, 0.035, kNever);
    REQUIRE(step);
    CHECK(step->levels[1] == 0);
    CHECK(step->levels[2] == 1);
}

TEST_CASE("search: time that is up ends it with what there is", "[compress_split]") {
    Additive subject = twelve();
    subject.factors.assign(12, 10);
    int left = 1;
    const auto step = aim(subject, 0.03, [&] { return left-- == 0; });
    REQUIRE(step);
    CHECK(subject.asked.size() == 1);
    CHECK_FALSE(aim(subject, 0.03, [] { return true; }));
}

TEST_CASE("search: learning brings estimates to what was measured", "[compress_split]") {
    std::vector<Place> places{{"a", {0, 0.01, 0.02, 0.04}}, {"b", {0, 0.01, 0.02, 0.04}}, {"c", {0, 0.01}}};
    SECTION("places with equal parts alike, others not") {
        learn(places, {2, 2, 0}, 0.08);
        CHECK(places[0].loss[2] == Approx(0.04));
        CHECK(places[1].loss[2] == Approx(0.04));
        CHECK(places[2].loss[1] == Approx(0.01));
        CHECK(places[0].loss[0] == 0);
    }
    SECTION("neighbouring levels in part, larger changes still losing more") {
        learn(places, {2, 0, 0}, 0.002);
        CHECK(places[0].loss[2] == Approx(0.002));
        for (std::size_t level = 1; level < 4; ++level) CHECK(places[0].loss[level] >= places[0].loss[level - 1]);
        CHECK(places[0].loss[1] <= 0.002);
        CHECK(places[0].loss[3] == Approx(0.04 * std::sqrt(0.1)));
    }
    SECTION("the place with the larger part more") {
        learn(places, {3, 1, 0}, 0.1);
        CHECK(places[0].loss[3] == Approx(0.08));
        CHECK(places[1].loss[1] == Approx(0.01 * std::pow(2, 0.25)));
    }
    SECTION("nothing from nothing") {
        const std::vector<double> before = places[0].loss;
        learn(places, {0, 0, 0}, 0.1);
        learn(places, {1, 0, 0}, 0);
        CHECK(places[0].loss == before);
    }
}

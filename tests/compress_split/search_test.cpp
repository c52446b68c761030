#include "compress_split/search.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "util/random.hpp"

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
    [[nodiscard]] std::span<const Place> places() const override { return places_; }
    [[nodiscard]] Seconds latency(const Levels& levels) override {
        double time = 100;
        for (std::size_t i = 0; i < levels.size(); ++i) time -= saved_[i][levels[i]];
        return Seconds(time);
    }
    [[nodiscard]] Loss measure(const Levels& levels) override {
        asked.push_back(levels);
        double drop = 0;
        for (std::size_t i = 0; i < levels.size(); ++i) drop += true_factor * lost_[i][levels[i]];
        return {drop, error};
    }

    std::vector<Levels> asked;
    double true_factor = 1;  ///< measured over estimated
    double error = 0;

  private:
    std::vector<std::vector<double>> saved_;
    std::vector<std::vector<double>> lost_;
    std::vector<Place> places_;
};

SearchRules budget(double drop) {
    SearchRules rules;
    rules.max_drop = drop;
    return rules;
}

}  // namespace

TEST_CASE("search: the change with the least loss per time saved comes first", "[compress_split]") {
    // 0.01 / 10, 0.01 / 20 and 0.05 / 25 per second
    Additive subject({{0, 10}, {0, 20, 25}}, {{0, 0.01}, {0, 0.01, 0.05}});
    const auto move = detail::best_move(subject, {0, 0}, {1, 2});
    REQUIRE(move);
    CHECK(move->place == 1);
    CHECK(move->level == 1);
    CHECK(move->saved == Seconds(20));
    CHECK(move->loss == Approx(0.01));
    const auto next = detail::best_move(subject, {0, 1}, {1, 2});  // 0.01 / 10 against 0.04 / 5
    REQUIRE(next);
    CHECK(next->place == 0);
}

TEST_CASE("search: a change that saves nothing is no change", "[compress_split]") {
    Additive subject({{0, 0, -3}}, {{0, 0, 0.001}});
    CHECK_FALSE(detail::best_move(subject, {0}, {2}));
    const Outcome outcome = search(subject, budget(1));
    CHECK(outcome.steps.size() == 1);
    CHECK(outcome.measurements == 0);
}

TEST_CASE("search: what fits the budget is taken, what does not is given up", "[compress_split]") {
    // By loss per second: p1 (0.0005), p0 (0.001), p2 (0.002). 0.02 is room for p1 and p0.
    Additive subject({{0, 10}, {0, 20}, {0, 30}}, {{0, 0.01}, {0, 0.01}, {0, 0.06}});
    const Outcome outcome = search(subject, budget(0.02));
    CHECK(outcome.steps.back().levels == Levels{1, 1, 0});
    CHECK(outcome.steps.back().latency == Seconds(70));
    CHECK(outcome.steps.back().loss.drop == Approx(0.02));
    REQUIRE(outcome.refused);
    CHECK(outcome.refused->loss.drop > 0.02);
}

TEST_CASE("search: a place that is given up does not keep the others from their turn", "[compress_split]") {
    // p0 is first by its ratio, but does not fit; p1 does.
    Additive subject({{0, 50}, {0, 1}}, {{0, 0.05}, {0, 0.01}});
    const Outcome outcome = search(subject, budget(0.02));
    CHECK(outcome.steps.back().levels == Levels{0, 1});
}

TEST_CASE("search: a smaller change of a place is left when a larger one is given up", "[compress_split]") {
    Additive subject({{0, 5, 50}}, {{0, 0.01, 0.05}});
    const Outcome outcome = search(subject, budget(0.02));
    CHECK(outcome.steps.back().levels == Levels{1});
}

TEST_CASE("search: estimates that are far off cost measurements, not the budget", "[compress_split]") {
    for (const double factor : {1e-3, 0.1, 1.0, 30.0}) {
        CAPTURE(factor);
        std::vector<std::vector<double>> saved(12, {0, 2, 4});
        std::vector<std::vector<double>> lost;
        for (int i = 0; i < 12; ++i) lost.push_back({0, 0.001 * (i + 1), 0.004 * (i + 1)});
        Additive subject(saved, lost);
        subject.true_factor = factor;
        const Outcome outcome = search(subject, budget(0.02));
        CHECK(outcome.steps.back().loss.drop <= 0.02);
        CHECK(outcome.measurements <= 40);
        for (std::size_t i = 1; i < outcome.steps.size(); ++i) {
            CHECK(outcome.steps[i].latency < outcome.steps[i - 1].latency);
        }
        if (factor < 0.05) CHECK(outcome.steps.back().levels == Levels(12, 2));
    }
}

TEST_CASE("search: standard errors count against the budget", "[compress_split]") {
    Additive subject({{0, 10}}, {{0, 0.01}});
    subject.error = 0.008;
    SearchRules rules = budget(0.015);
    CHECK(search(subject, rules).steps.size() == 1);
    rules.errors = 0.5;
    CHECK(search(subject, rules).steps.size() == 2);
}

TEST_CASE("search: time that is up ends it with what there is", "[compress_split]") {
    Additive subject({{0, 10}, {0, 20}}, {{0, 0.01}, {0, 0.01}});
    SearchRules rules = budget(0.01);
    int left = 1;
    rules.stop = [&] { return left-- == 0; };
    const Outcome outcome = search(subject, rules);
    CHECK(outcome.cut_short);
    CHECK(outcome.measurements == 1);
    CHECK(outcome.steps.back().levels == Levels{0, 1});
}

TEST_CASE("search: it goes on from where another one ended", "[compress_split]") {
    Additive subject({{0, 10}, {0, 20}}, {{0, 0.01}, {0, 0.01}});
    const Outcome outcome = search(subject, budget(1), {0, 1}, {0.01, 0});
    CHECK(outcome.steps.front().levels == Levels{0, 1});
    CHECK(outcome.steps.back().levels == Levels{1, 1});
    CHECK(outcome.measurements == 1);
}

TEST_CASE("search: an estimate stays within its allowance", "[compress_split]") {
    Additive subject({{0, 10}, {0, 20}, {0, 30}}, {{0, 0.01}, {0, 0.01}, {0, 0.06}});
    const Step step = estimate(subject, 0.05);
    CHECK(step.levels == Levels{1, 1, 0});
    CHECK(step.latency == Seconds(70));
    CHECK(subject.asked.empty());
}

TEST_CASE("search: random subjects, never over budget and never slower", "[compress_split]") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        util::Random random(seed);
        std::vector<std::vector<double>> saved;
        std::vector<std::vector<double>> lost;
        for (int place = 0; place < 6; ++place) {
            saved.push_back({0});
            lost.push_back({0});
            for (int level = 0; level < 4; ++level) {
                saved.back().push_back(saved.back().back() + 4 * random.uniform() - 1);
                lost.back().push_back(lost.back().back() + 0.01 * random.uniform());
            }
        }
        Additive subject(saved, lost);
        subject.true_factor = 0.1 + 2 * random.uniform();
        const Outcome outcome = search(subject, budget(0.03));
        CHECK(outcome.steps.back().latency <= subject.latency(Levels(6, 0)));
        CHECK(outcome.steps.back().loss.drop <= 0.03);
    }
}

#include "yaml/value.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "util/error.hpp"
#include "yaml/random_value.hpp"

namespace test = convoy::test;
using namespace convoy::yaml;

TEST_CASE("yaml: a document is written in block, small maps on request on one line", "[yaml]") {
    const auto document =
        Value::map()
            .set("schema", "convoy.plan/1")
            .set("devices", std::vector<std::string>{"a", "b"})
            .set("stages",
                 Value::sequence({Value::map(
                     {{"layers", Value::sequence({"conv1..pool1"})},
                      {"shares", Value::map({{"a", Value::map({{"h", Value::sequence({0, 40})}})}}).flow()}})}))
            .set("predicted", Value::map({{"latency_ms", 212.4}, {"worth_it", true}, {"none", Value()}}));
    CHECK(to_yaml(document) == R"(schema: convoy.plan/1
devices: [a, b]
stages:
  - layers: [conv1..pool1]
    shares: {a: {h: [0, 40]}}
predicted:
  latency_ms: 212.4
  worth_it: true
  none: null
)");
    CHECK(to_json(document) == R"({
  "schema": "convoy.plan/1",
  "devices": ["a", "b"],
  "stages": [
    {
      "layers": ["conv1..pool1"],
      "shares": {"a": {"h": [0, 40]}}
    }
  ],
  "predicted": {
    "latency_ms": 212.4,
    "worth_it": true,
    "none": null
  }
}
)");
}

TEST_CASE("yaml: what is written reads back, in YAML and in JSON", "[yaml]") {
    convoy::util::Random random(20260101);
    for (int i = 0; i < 3000; ++i) {
        const Value value = test::random_value(random, 4);
        const std::string yaml = to_yaml(value);
        INFO(i << "\n" << yaml);
        REQUIRE(test::says(convoy::yaml::parse(yaml, "random.yaml"), value));
        const std::string json = to_json(value);
        INFO(json);
        REQUIRE(test::says(convoy::yaml::parse(json, "random.json"), value));
    }
}

TEST_CASE("yaml: texts that a reader takes for something else are quoted, others are not", "[yaml]") {
    const auto written = [](const char* text) { return to_yaml(Value(text)); };
    for (const char* text : {"no", "Off", "null", "~",    "010",  "1e3", "0x10",      ".5",  "12:30", "2001-01-01",
                             "",   " a",  "-",    "a: b", "a #b", "nan", "tcp://a:1", "[a]", "<<",    "a,b"})
        CHECK(written(text) == "\"" + std::string(text) + "\"\n");
    for (const char* text : {"a", "by hand", "convoy.plan/1", "conv1_1..pool1", "/model/Conv_3", "vgg16.onnx", "x-y"})
        CHECK(written(text) == std::string(text) + "\n");
    CHECK(written("a\x01\n\xff\"") == "\"a\\u0001\\n\xef\xbf\xbd\\\"\"\n");
}

TEST_CASE("yaml: numbers are the shortest that read back, with a point before an exponent", "[yaml]") {
    CHECK(to_yaml(0.1) == "0.1\n");
    CHECK(to_yaml(3.0) == "3\n");
    CHECK(to_yaml(1e-5) == "1.0e-05\n");
    CHECK(to_yaml(1.5e300) == "1.5e+300\n");
    CHECK(to_yaml(std::numeric_limits<double>::quiet_NaN()) == ".nan\n");
    CHECK(to_json(std::numeric_limits<double>::infinity()) == "null\n");
    CHECK(to_yaml(std::int64_t{-7}) == "-7\n");
    CHECK_THROWS_AS(Value(~std::uint64_t{0}), convoy::util::Error);
}

TEST_CASE("yaml: a long line in flow is wrapped between its items", "[yaml]") {
    Value names = Value::sequence();
    for (int i = 0; i < 40; ++i) names.push("layer_" + std::to_string(i));
    const std::string text = to_yaml(Value::map().set("layers", names));
    CHECK(text.substr(0, text.find('\n')).size() <= 120);
    CHECK(convoy::yaml::parse(text, "f").find("layers")->items().size() == 40);
}

TEST_CASE("yaml: set() replaces a key in place", "[yaml]") {
    const Value value = Value::map({{"a", 1}, {"b", 2}}).set("a", "x");
    CHECK(to_yaml(value) == "a: x\nb: 2\n");
    CHECK(value == Value::map({{"a", "x"}, {"b", 2}}));
}

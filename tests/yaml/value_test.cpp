#include "yaml/value.hpp"

#include <catch2/catch.hpp>

using convoy::yaml::Value;

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

#include "yaml/document.hpp"

#include <catch2/catch.hpp>

#include "support/catalogue.hpp"
#include "yaml/demo_document.hpp"

using namespace convoy;
using yaml::Reader;
using yaml::Value;

namespace {

yaml::Document demo(const std::string& text) {
    return open_document(test::demo_kind(), util::FileView::from_bytes(text, "demo.yaml"));
}

}  // namespace

TEST_CASE("yaml: a document is read by key, with its defaults", "[yaml]") {
    const yaml::Document document = demo(R"(schema: convoy.demo/3
source: 010
rate_mbit_per_s: 1e2
offset: -5
in_flight: 010
stages:
  - layers: [a..b, c]
    shares: {x: {h: [0, 40]}, y: [{h: [40, 42]}, {w: [0, 9]}]}
  - {layers: [d], on: x}
extra: {anything: [goes]}
note: ~
)");
    CHECK(document.version() == 3);
    CHECK(document.file() == "demo.yaml");
    CHECK(document["source"].string() == "010");
    CHECK(document["rate_mbit_per_s"].number() == 100);
    CHECK(document["in_flight"].integer() == 10);
    CHECK(document["offset"].number() == -5);
    CHECK(document["medium"].string() == "switched");
    CHECK(document["load"].number() == 0);
    CHECK_FALSE(document.root().has("load"));
    CHECK_FALSE(document.root().has("note"));
    CHECK_FALSE(document.root().optional("verify"));
    CHECK(document.root().string_or("note", "none") == "none");
    CHECK(document["extra"]["anything"].items()[0].string() == "goes");

    const std::vector<Reader> stages = document["stages"].items();
    CHECK(stages.at(0)["layers"].strings() == std::vector<std::string>{"a..b", "c"});
    const auto shares = stages.at(0)["shares"].entries();
    CHECK(shares.at(1).name == "y");
    CHECK(shares.at(1).where.where.column == 31);
    CHECK(shares.at(0).value.items().size() == 1);
    CHECK(shares.at(1).value.items().at(1)["w"].integers() == std::vector<std::int64_t>{0, 9});
    CHECK(stages.at(1)["on"].strings() == std::vector<std::string>{"x"});
}

TEST_CASE("yaml: a check after reading still points to place and key", "[yaml]") {
    const yaml::Document document = demo("schema: convoy.demo/2\nsource: a\nstages:\n  - {layers: [d], on: [x, z]}\n");
    const Reader device = document["stages"].items()[0]["on"].items()[1];
    CHECK(test::describe(device.error("unknown device 'z'", "did you mean 'x'?")) ==
          "4:27: stages[0].on[1]: unknown device 'z'\nhint: did you mean 'x'?");
    const yaml::Place later = document["stages"].place();
    CHECK(test::describe(later.error("no plan")) == "4:3: stages: no plan");
    CHECK_THROWS_WITH(document["verify"], "the key 'verify' is missing");
}

TEST_CASE("yaml: asking for a key that no schema has is a bug, not a data error", "[yaml]") {
    const yaml::Document document = demo("schema: convoy.demo/2\nsource: a\n");
    try {
        (void)document["sourze"];
        FAIL("no error");
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::internal);
    }
}

TEST_CASE("yaml: at most ten problems are reported at once", "[yaml]") {
    std::string text = "schema: convoy.demo/2\nsource: a\n";
    for (char c = 'a'; c <= 'z'; ++c) text += std::string("unknown_") + c + ": 1\n";
    try {
        (void)demo(text);
        FAIL("no error");
    } catch (const util::Error& error) {
        CHECK(error.further().size() == 9);
    }
}

TEST_CASE("yaml: each file of the catalogue of bad ones gets its message", "[yaml]") {
    test::check_catalogue("yaml",
                          [](const util::FileView& file) { (void)yaml::open_document(test::demo_kind(), file); });
}

TEST_CASE("yaml: a document is written with its schema first and keys in the order of the table", "[yaml]") {
    const Value box = Value::map({{"w", Value::sequence({0, 1})}, {"h", Value::sequence({2, 3})}}).flow();
    const Value stage =
        Value::map({{"shares", Value::map({{"y", box}, {"x", box}})}, {"layers", Value::sequence({"a"})}});
    const Value content =
        Value::map({{"stages", Value::sequence({stage})}, {"source", "a"}, {"load", Value()}, {"verify", true}});
    const std::string text = write_document(test::demo_kind(), content);
    CHECK(text == R"(schema: convoy.demo/3
source: a
verify: true
stages:
  - layers: [a]
    shares:
      y: {h: [2, 3], w: [0, 1]}
      x: {h: [2, 3], w: [0, 1]}
)");
    CHECK(demo(text)["verify"].boolean());
    const std::string json = write_document(test::demo_kind(), content, yaml::Format::json);
    CHECK(demo(json)["stages"].items().size() == 1);
    CHECK_THROWS_AS(write_document(test::demo_kind(), Value::map({{"sourze", 1}})), util::Error);
}

TEST_CASE("yaml: documents of a stream are written one by one and read one by one", "[yaml]") {
    for (const yaml::Format format : {yaml::Format::yaml, yaml::Format::json}) {
        std::string text;
        for (const char* name : {"a", "b"})
            text += write_stream_document(test::demo_kind(), Value::map({{"source", name}}), format);
        yaml::NodeStream stream(util::FileView::from_bytes(text, "stream"));
        CHECK(as_document(*stream.next(), test::demo_kind())["source"].string() == "a");
        CHECK(as_document(*stream.next(), test::demo_kind())["source"].string() == "b");
        CHECK_FALSE(stream.next());
    }
}

TEST_CASE("yaml: a file says of which kind it is", "[yaml]") {
    CHECK(yaml::kind_of(yaml::parse("schema: convoy.trace/7", "f")) == "trace");
    CHECK_THROWS_WITH(yaml::kind_of(yaml::parse("a: 1", "f")), "not a file of convoy: the key 'schema' is missing");
}

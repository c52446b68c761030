#include "yaml/node.hpp"

#include <catch2/catch.hpp>

#include "support/catalogue.hpp"

using namespace convoy;
using yaml::Node;

namespace {

std::string refusal(std::string_view text, const yaml::Limits& limits = {}) {
    try {
        (void)yaml::parse(text, "f.yaml", limits);
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::data);
        return test::describe(error);
    }
    return "accepted";
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}

}  // namespace

TEST_CASE("yaml: values keep their text, whether they were quoted, and their place", "[yaml]") {
    const Node node = yaml::parse("# plan\nname: '010'\nlist: [1, x y]\nnothing:\nmap: {a: true}\n", "f.yaml");
    REQUIRE(node.entries().size() == 4);
    CHECK(node.entries()[1].key == "list");
    CHECK(node.entries()[1].line == 3);
    CHECK(node.entries()[1].column == 1);
    CHECK(node.find("name")->text() == "010");
    CHECK(node.find("name")->quoted());
    CHECK(node.find("list")->items()[1].text() == "x y");
    CHECK_FALSE(node.find("list")->items()[1].quoted());
    CHECK(node.find("nothing")->is_null());
    const util::SourcePos where = node.find("map")->find("a")->where();
    CHECK(where.file == "f.yaml");
    CHECK(where.line == 5);
    CHECK(where.column == 10);
    CHECK(node.find("absent") == nullptr);
}

TEST_CASE("yaml: JSON is read as well", "[yaml]") {
    const Node node = yaml::parse("{\"a\":[1,2.5e-3,null,true],\n\t\"b\":{\"c\":\"x\\/y\\u00e9\\n\"}}", "f.json");
    CHECK(node.find("a")->items()[1].text() == "2.5e-3");
    CHECK(node.find("a")->items()[2].is_null());
    CHECK(node.find("b")->find("c")->text() == "x/y\xc3\xa9\n");
}

TEST_CASE("yaml: an empty text is a null", "[yaml]") {
    CHECK(yaml::parse("", "f.yaml").is_null());
    CHECK(yaml::parse("# nothing\n", "f.yaml").is_null());
    CHECK(yaml::parse("", "f.yaml").where().line == 1);
}

TEST_CASE("yaml: an alias is a copy of what it names", "[yaml]") {
    const Node node = yaml::parse("a: &x {h: [0, 4]}\nb: *x\n", "f.yaml");
    CHECK(node.find("b")->find("h")->items()[1].text() == "4");
    CHECK(refusal("&x [*x]") == "1:5: an alias stands inside what it refers to");
}

TEST_CASE("yaml: a billion laughs are refused by the number of values, quickly", "[yaml]") {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 25; ++i) {
        const std::string alias = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(alias + ", ", 8) + alias + "]\n";
    }
    const std::string message = refusal(text, {.nodes = 100'000});
    CHECK(message.substr(message.find(' ') + 1) == "the document has more than 100000 values");
}

TEST_CASE("yaml: deep nesting is refused, in flow and block, by brackets and by aliases", "[yaml]") {
    CHECK(refusal(repeated("[", 64) + repeated("]", 64)) == "accepted");
    CHECK(refusal(repeated("[", 65) + repeated("]", 65)) == "1:65: values are nested more than 64 deep");
    CHECK(refusal(repeated("- ", 100'000)) == "1:129: values are nested more than 64 deep");
    CHECK(refusal(repeated("[", 100'000)) != "accepted");
    CHECK(refusal(repeated("{a: ", 10'000)) != "accepted");
    const std::string half = repeated("[", 40);
    CHECK(refusal("a: &a " + half + repeated("]", 40) + "\nb: " + half + "*a" + repeated("]", 40)) ==
          "2:44: values are nested more than 64 deep");
}

TEST_CASE("yaml: a text larger than allowed is refused before it is read", "[yaml]") {
    CHECK(refusal("abcdef", {.bytes = 5}) == "'f.yaml' has 6 bytes; at most 5 are read");
}

TEST_CASE("yaml: what is no text is refused at its first wrong byte", "[yaml]") {
    using namespace std::string_literals;
    const std::string hint = "\nhint: a YAML or JSON file in UTF-8 is needed";
    CHECK(refusal("a: b\nc: \x04 hidden: rest") == "2:4: not a text file: byte 0x04" + hint);
    CHECK(refusal("\x08\x07\x12"s) == "1:1: not a text file: byte 0x08" + hint);
    CHECK(refusal("a: \xff") == "1:4: not a text file: byte 0xff" + hint);
    CHECK(refusal("a\0"s) == "1:2: not a text file: byte 0x00" + hint);
    CHECK(refusal("a: \xc3") == "1:4: not a text file: byte 0xc3" + hint);
    CHECK(refusal("a: \xed\xa0\x80") == "1:4: not a text file: byte 0xed" + hint);
}

TEST_CASE("yaml: truncating a document anywhere never crashes", "[yaml]") {
    const std::string text =
        "schema: convoy.plan/1\nstages:\n  - {layers: [a..b, \"c\\u00e9\"], shares: {a: {h: [0, 40]}}}\n  - hold: &x "
        "'y'\n"
        "    on: *x\nnote: |\n  several\n  lines\n";
    for (std::size_t length = 0; length < text.size(); ++length) {
        INFO(length);
        CHECK_NOTHROW(refusal(text.substr(0, length)));
    }
}

TEST_CASE("yaml: a stream is read one document at a time, with places of the whole file", "[yaml]") {
    yaml::NodeStream stream(util::FileView::from_bytes("a: 1\n---\nb: 2\n---\nc: [\n", "trace.yaml"));
    CHECK(stream.next()->find("a")->text() == "1");
    const auto second = stream.next();
    CHECK(second->find("b")->where().line == 3);
    CHECK_THROWS_AS(stream.next(), util::Error);
    CHECK_FALSE(stream.next());
    CHECK(yaml::parse_stream("{\"a\": 1}\n{\"a\": 2}\n", "lines.json").size() == 2);
    CHECK(yaml::parse_stream("", "empty.yaml").empty());
    CHECK(refusal("a: 1\n---\nb: 2\n") == "3:1: one document is expected, here a second begins");
}

#include "yaml/random_value.hpp"

#include <bit>
#include <charconv>
#include <cmath>

namespace convoy::test {
namespace {

using yaml::Node;
using yaml::Value;

const std::vector<std::string> kNasty{"",
                                      " ",
                                      " a",
                                      "a ",
                                      "no",
                                      "Yes",
                                      "on",
                                      "null",
                                      "~",
                                      "Null",
                                      "true",
                                      "FALSE",
                                      "010",
                                      "1e3",
                                      "0x1f",
                                      "1_000",
                                      "12:30",
                                      "-1",
                                      "+1",
                                      ".5",
                                      ".inf",
                                      ".nan",
                                      "nan",
                                      "-",
                                      "- a",
                                      "?",
                                      ": ",
                                      "a: b",
                                      "a:",
                                      "#",
                                      "a #b",
                                      "a#b",
                                      "[",
                                      "]a",
                                      "{a: 1}",
                                      ",",
                                      "a, b",
                                      "&x",
                                      "*x",
                                      "!t",
                                      "|",
                                      ">",
                                      "'",
                                      "\"",
                                      "\\",
                                      "\\n",
                                      "a\nb",
                                      "\n",
                                      "\t",
                                      "a\tb",
                                      "%x",
                                      "@x",
                                      "`x`",
                                      "---",
                                      "...",
                                      "<<",
                                      "=",
                                      "a..b",
                                      "a'b",
                                      "a\"b",
                                      "\x01",
                                      "\x7f",
                                      "\r\n",
                                      "2001-01-01",
                                      "\xc3\xa9",
                                      "\xe2\x80\xa8",
                                      "\xef\xbb\xbf",
                                      "\xf0\x9f\x98\x80",
                                      "\xc2\x85",
                                      "tcp://10.0.0.2:5555",
                                      "/model/Conv_3",
                                      "conv1_1..pool1",
                                      "x=y",
                                      "a;b",
                                      "100%",
                                      "y",
                                      "N",
                                      "\x1b[2J"};

std::string random_text(util::Random& random) {
    const auto pick = [&] { return kNasty[static_cast<std::size_t>(random.integer(0, std::ssize(kNasty) - 1))]; };
    std::string text = pick();
    while (random.chance(0.3)) text += pick();
    while (random.chance(0.3)) text += static_cast<char>(random.integer(1, 126));
    return text;
}

double random_double(util::Random& random) {
    const double number = std::bit_cast<double>(random.bits());
    return std::isfinite(number) ? number : random.normal();
}

Value random_scalar(util::Random& random) {
    switch (random.integer(0, 5)) {
        case 0:
            return Value();
        case 1:
            return Value(random.chance(0.5));
        case 2:
            return Value(static_cast<std::int64_t>(random.bits()));
        case 3:
            return Value(random_double(random));
        default:
            return Value(random_text(random));
    }
}

bool plain(const Node& node, std::string_view text) { return !node.quoted() && node.text() == text; }

bool reads_as(const Node& node, double wanted) {
    double number{};
    const std::string& text = node.text();
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return !node.quoted() && failure == std::errc{} && end == text.data() + text.size() && number == wanted;
}

bool scalar_says(const Node& node, const Value& value) {
    if (value.is_null()) return node.is_null();
    if (node.kind() != Node::Kind::scalar) return false;
    if (const auto* boolean = value.as<bool>()) return plain(node, *boolean ? "true" : "false");
    if (const auto* number = value.as<std::int64_t>()) return plain(node, std::to_string(*number));
    if (const auto* number = value.as<double>()) return reads_as(node, *number);
    return node.text() == *value.as<std::string>();
}

}  // namespace

Value random_value(util::Random& random, int depth) {
    if (depth == 0 || random.chance(0.3)) return random_scalar(random);
    const bool is_map = random.chance(0.5);
    Value value = is_map ? Value::map() : Value::sequence();
    for (std::int64_t i = random.integer(0, 6); i > 0; --i) {
        Value item = random_value(random, depth - 1);
        if (is_map) {
            value.set(random_text(random), std::move(item));
        } else {
            value.push(std::move(item));
        }
    }
    if (random.chance(0.2)) value.flow();
    if (random.chance(0.2)) value.block();
    return value;
}

bool says(const Node& node, const Value& value) {
    if (value.is_scalar()) return scalar_says(node, value);
    if (node.is_map() != value.is_map() || node.is_sequence() != value.is_sequence()) return false;
    if (node.items().size() != value.items().size() || node.entries().size() != value.entries().size()) return false;
    for (std::size_t i = 0; i < node.items().size(); ++i)
        if (!says(node.items()[i], value.items()[i])) return false;
    for (std::size_t i = 0; i < node.entries().size(); ++i) {
        const auto& [key, item] = value.entries()[i];
        if (node.entries()[i].key != key || !says(node.entries()[i].value, item)) return false;
    }
    return true;
}

}  // namespace convoy::test

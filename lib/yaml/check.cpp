#include "yaml/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "yaml/reader.hpp"
#include "yaml/scalar.hpp"

namespace convoy::yaml {
namespace {

constexpr std::size_t kMostProblems = 10;
constexpr double kLargestInteger = 0x1p53;  // the default bound of integer()

std::string_view description(const Node& node) {
    switch (node.kind()) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::scalar:
            return node.quoted() ? "a quoted text" : "a text";
        case Node::Kind::sequence:
            return "a sequence";
        case Node::Kind::map:
            return "a map";
    }
    return "";
}

std::string shown(const Node& node) {
    constexpr std::size_t kLongestShown = 40;
    if (node.kind() != Node::Kind::scalar || node.quoted()) return std::string(description(node));
    const bool is_long = node.text().size() > kLongestShown;
    return fmt::format("'{}'", is_long ? node.text().substr(0, kLongestShown) + "..." : node.text());
}

std::string range_text(const Type& type) {
    if (type.kind == Type::Kind::integer && type.high == kLargestInteger) return fmt::format("at least {}", type.low);
    if (std::isfinite(type.low) && std::isfinite(type.high)) return fmt::format("from {} to {}", type.low, type.high);
    if (std::isfinite(type.high)) return fmt::format("at most {}", type.high);
    return fmt::format("{} {}", type.above_low ? "above" : "at least", type.low);
}

bool in_range(double number, const Type& type) {
    return number <= type.high && (type.above_low ? number > type.low : number >= type.low);
}

std::string count_text(const Type& type) {
    if (type.low == type.high) return fmt::format("{} items are", type.low);
    if (type.high >= static_cast<double>(SIZE_MAX))
        return fmt::format("at least {} {}", type.low, type.low == 1 ? "item is" : "items are");
    return fmt::format("{} to {} items are", type.low, type.high);
}

class Checker {
  public:
    Checker(int version, std::string_view beside) : version_(version), beside_(beside) {}

    void record(const Node& node, const Schema& schema, const std::string& key, bool top = false) {
        if (!node.is_map()) return mismatch(node, key, "a map");
        for (const Node::Entry& entry : node.entries()) {
            const Field* field = schema.find(entry.key);
            if (field && field->since <= version_) {
                field_value(entry.value, *field, detail::join_key(key, field->key));
            } else if (!top || entry.key != beside_) {
                unknown_key(entry, schema, key);
            }
            if (full()) return;
        }
        for (const Field& field : schema.fields)
            if (field.required && field.since <= version_ && !node.find(field.key))
                problem(node, key, fmt::format("the key '{}' is missing", field.key));
    }

    void throw_problems() const {
        if (problems_.empty()) return;
        util::Error error = problems_.front();
        for (std::size_t i = 1; i < problems_.size(); ++i) error.also(problems_[i]);
        throw error;
    }

  private:
    [[nodiscard]] bool full() const { return problems_.size() >= kMostProblems; }

    void problem(const Node& node, const std::string& key, std::string message, std::string hint = "") {
        if (!full()) problems_.push_back(Place{node.where(), key}.error(std::move(message), std::move(hint)));
    }

    void mismatch(const Node& node, const std::string& key, std::string_view expected, std::string hint = "") {
        const std::string found = node.is_null() ? "" : fmt::format(", not {}", shown(node));
        problem(node, key, fmt::format("{} is expected{}", expected, found), std::move(hint));
    }

    void unknown_key(const Node::Entry& entry, const Schema& schema, const std::string& key) {
        std::vector<std::string> known;
        for (const Field& field : schema.fields)
            if (field.since <= version_) known.push_back(field.key);
        std::string hint = util::suggestion(entry.key, known);
        if (entry.value.is_null() && entry.key.find(':') != std::string::npos) hint = "write a space after the colon";
        if (hint.empty()) hint = fmt::format("known here: {}", fmt::join(known, ", "));
        util::SourcePos where = entry.value.where();
        where.line = entry.line;
        where.column = entry.column;
        if (!full())
            problems_.push_back(Place{where, key}.error(fmt::format("unknown key '{}'", entry.key), std::move(hint)));
    }

    void field_value(const Node& node, const Field& field, const std::string& key) {
        if (!node.is_null()) return value(node, field.type, key);
        if (field.required && field.type.kind != Type::Kind::any) problem(node, key, "the value is missing");
    }

    void value(const Node& node, const Type& type, const std::string& key) {
        switch (type.kind) {
            case Type::Kind::any:
                return;
            case Type::Kind::boolean:
                return boolean(node, key);
            case Type::Kind::integer:
            case Type::Kind::number:
                return number(node, type, key);
            case Type::Kind::text:
                return text(node, type, key);
            case Type::Kind::choice:
                return choice(node, type, key);
            case Type::Kind::sequence:
                return sequence(node, type, key);
            case Type::Kind::map:
                return map(node, type, key);
            case Type::Kind::record:
                return record(node, *type.schema, key);
            case Type::Kind::one_or_more:
                return one_or_more(node, type, key);
        }
    }

    void boolean(const Node& node, const std::string& key) {
        if (node.quoted() || (node.text() != "true" && node.text() != "false")) mismatch(node, key, "true or false");
    }

    void number(const Node& node, const Type& type, const std::string& key) {
        const bool whole = type.kind == Type::Kind::integer;
        std::optional<double> number;
        if (node.kind() == Node::Kind::scalar && !node.quoted()) {
            number = detail::read_number(node.text());
            if (whole && !detail::read_integer(node.text()) && !(number && std::fabs(*number) >= 0x1p63))
                number.reset();
        }
        if (!number) return mismatch(node, key, whole ? "an integer" : "a number");
        if (!std::isfinite(*number)) return problem(node, key, fmt::format("the number {} is not finite", shown(node)));
        if (whole && *number > kLargestInteger)
            return problem(node, key, fmt::format("the number {} is too large", shown(node)));
        if (!in_range(*number, type))
            problem(node, key, fmt::format("must be {}, not {}", range_text(type), node.text()));
    }

    void text(const Node& node, const Type& type, const std::string& key) {
        if (node.kind() != Node::Kind::scalar) return mismatch(node, key, "a text");
        if (type.low > 0 && node.text().empty()) problem(node, key, "the text must not be empty");
    }

    void choice(const Node& node, const Type& type, const std::string& key) {
        if (node.kind() == Node::Kind::scalar &&
            std::find(type.choices.begin(), type.choices.end(), node.text()) != type.choices.end())
            return;
        mismatch(node, key, fmt::format("one of {}", fmt::join(type.choices, ", ")),
                 util::suggestion(node.text(), type.choices));
    }

    void sequence(const Node& node, const Type& type, const std::string& key) {
        if (!node.is_sequence()) return mismatch(node, key, "a sequence");
        const auto count = static_cast<double>(node.items().size());
        if (!in_range(count, type))
            problem(node, key, fmt::format("{} expected, not {}", count_text(type), node.items().size()));
        items(node, *type.element, key);
    }

    void items(const Node& node, const Type& element, const std::string& key) {
        for (std::size_t i = 0; i < node.items().size() && !full(); ++i)
            value(node.items()[i], element, detail::join_key(key, i));
    }

    void map(const Node& node, const Type& type, const std::string& key) {
        if (!node.is_map()) return mismatch(node, key, "a map");
        for (const Node::Entry& entry : node.entries()) {
            if (full()) return;
            value(entry.value, *type.element, detail::join_key(key, entry.key));
        }
    }

    void one_or_more(const Node& node, const Type& type, const std::string& key) {
        if (!node.is_sequence()) return value(node, *type.element, key);
        if (node.items().empty()) return problem(node, key, "at least one item is expected");
        items(node, *type.element, key);
    }

    int version_;
    std::string_view beside_;
    std::vector<util::Error> problems_;
};

}  // namespace

void detail::check_node(const Node& node, const Schema& schema, int version, std::string_view beside) {
    Checker checker(version, beside);
    checker.record(node, schema, "", true);
    checker.throw_problems();
}

std::string detail::join_key(std::string_view key, std::string_view name) {
    return key.empty() ? std::string(name) : fmt::format("{}.{}", key, name);
}

std::string detail::join_key(std::string_view key, std::size_t index) { return fmt::format("{}[{}]", key, index); }

}  // namespace convoy::yaml

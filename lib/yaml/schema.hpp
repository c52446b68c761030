#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace convoy::yaml {

struct Schema;

/// What a value may be. Made by the functions below, so that a field table reads like a table.
struct Type {
    enum class Kind { any, boolean, integer, number, text, choice, sequence, map, record, one_or_more };

    Kind kind = Kind::any;
    double low = -std::numeric_limits<double>::infinity();  ///< smallest number, or smallest count of items
    double high = std::numeric_limits<double>::infinity();  ///< largest number, or largest count of items
    bool above_low = false;                                 ///< the number must be larger than low
    std::vector<std::string> choices;
    std::shared_ptr<const Type> element;  ///< of a sequence, a map, or one_or_more
    const Schema* schema = nullptr;       ///< of a record
};

[[nodiscard]] Type any();
[[nodiscard]] Type boolean();
[[nodiscard]] Type text();      ///< any scalar, as it is written; not empty
[[nodiscard]] Type any_text();  ///< may be empty
[[nodiscard]] Type choice(std::vector<std::string> choices);
[[nodiscard]] Type integer(std::int64_t low = 0, std::int64_t high = std::int64_t{1} << 53);
[[nodiscard]] Type number(double low = 0, double high = std::numeric_limits<double>::infinity());
[[nodiscard]] Type any_number();  ///< finite, negative ones too
[[nodiscard]] Type positive();    ///< a number above 0
[[nodiscard]] Type ratio();       ///< a number from 0 to 1
[[nodiscard]] Type sequence_of(Type element, std::size_t least = 0, std::size_t most = SIZE_MAX);
[[nodiscard]] Type map_of(Type element);          ///< keys are names that the file chooses
[[nodiscard]] Type record(const Schema& schema);  ///< the schema must outlive the type: a static table
[[nodiscard]] Type one_or_more(Type element);     ///< X, or a sequence of X

/// One line of a field table.
struct Field {
    std::string key;
    Type type;
    std::string unit = "";
    bool required = false;
    std::string default_text = "";  ///< YAML of the value that a reader gets when the key is missing
    int since = 1;                  ///< the first version of the format that has it
    std::string doc = "";
};

/// The keys of one kind of map. It drives validation, the writer's key order, and the format's reference page.
///
///     const Schema& link_schema() {
///         static const Schema schema{"link", {
///             {.key = "rate_mbit_per_s", .type = positive(), .unit = "Mbit/s", .required = true, .doc = "..."},
///             {.key = "delay_ms", .type = number(), .unit = "ms", .default_text = "0", .doc = "one way"},
///         }};
///         return schema;
///     }
struct Schema {
    std::string name;
    std::vector<Field> fields;
    std::string doc = "";

    [[nodiscard]] const Field* find(std::string_view key) const noexcept;
    [[nodiscard]] std::vector<std::string> keys() const;
};

}  // namespace convoy::yaml

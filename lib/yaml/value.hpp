#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace convoy::yaml {

/// How a sequence or map is laid out in YAML. Automatic: a sequence of scalars on one line, everything else in block.
enum class Style { automatic, flow, block };

/// A document tree for writing: null, bool, integer, double, text, sequence, or map with keys in the order of set().
///
///     auto device = Value::map({{"name", "b"}, {"speed", 0.5}}).flow();   // {name: b, speed: 0.5}
///     auto document = Value::map().set("devices", Value::sequence({device}));
class Value {
  public:
    using Entry = std::pair<std::string, Value>;
    using Sequence = std::vector<Value>;
    using Map = std::vector<Entry>;

    Value() = default;  ///< null
    Value(std::same_as<bool> auto value) : data_(value) {}
    Value(std::string value) : data_(std::move(value)) {}
    Value(std::string_view value) : data_(std::string(value)) {}
    Value(const char* value) : data_(std::string(value)) {}
    /// @throws Error internal, for an unsigned number above the largest std::int64_t
    template <std::integral Number>
    requires(!std::same_as<Number, bool>) Value(Number value) : data_(to_integer(value)) {}
    template <std::floating_point Number>
    Value(Number value) : data_(static_cast<double>(value)) {}
    template <class Item>
    Value(const std::vector<Item>& items) : data_(Sequence(items.begin(), items.end())) {}

    [[nodiscard]] static Value map() { return Value(Data(Map{})); }
    [[nodiscard]] static Value map(std::initializer_list<Entry> entries);
    [[nodiscard]] static Value sequence() { return Value(Data(Sequence{})); }
    [[nodiscard]] static Value sequence(std::initializer_list<Value> items) { return Value(Data(Sequence(items))); }

    /// Adds a key at the end of a map, or replaces its value. Linear in the number of keys. Needs a map.
    Value& set(std::string key, Value value) &;
    Value&& set(std::string key, Value value) && { return std::move(set(std::move(key), std::move(value))); }
    /// Adds an item at the end. Needs a sequence.
    Value& push(Value item) &;
    Value&& push(Value item) && { return std::move(push(std::move(item))); }
    /// Writes this sequence or map, and all below, on one line: `{h: [0, 40]}`; wrapped when it is long.
    Value& flow() & { return style_ = Style::flow, *this; }
    Value&& flow() && { return std::move(flow()); }
    /// One line for each item, also for a sequence of scalars.
    Value& block() & { return style_ = Style::block, *this; }
    Value&& block() && { return std::move(block()); }

    [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(data_); }
    [[nodiscard]] bool is_map() const noexcept { return std::holds_alternative<Map>(data_); }
    [[nodiscard]] bool is_sequence() const noexcept { return std::holds_alternative<Sequence>(data_); }
    [[nodiscard]] bool is_scalar() const noexcept { return !is_map() && !is_sequence(); }
    /// The alternative, or nullptr when this is another one: `value.as<double>()`, `as<Value::Map>()`.
    template <class T>
    [[nodiscard]] const T* as() const noexcept {
        return std::get_if<T>(&data_);
    }
    /// The value of a key of a map, or nullptr.
    [[nodiscard]] const Value* find(std::string_view key) const noexcept;
    [[nodiscard]] std::span<const Value> items() const noexcept;    ///< empty unless a sequence
    [[nodiscard]] std::span<const Entry> entries() const noexcept;  ///< empty unless a map
    [[nodiscard]] Style style() const noexcept { return style_; }

    /// Equal content; style does not count, and a whole double is not an integer.
    friend bool operator==(const Value& a, const Value& b) { return a.data_ == b.data_; }

  private:
    using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string, Sequence, Map>;
    explicit Value(Data data) : data_(std::move(data)) {}
    template <std::integral Number>
    static std::int64_t to_integer(Number value) {
        if (!std::in_range<std::int64_t>(value)) too_large();
        return static_cast<std::int64_t>(value);
    }
    [[noreturn]] static void too_large();

    Data data_;
    Style style_ = Style::automatic;
};

/// YAML text of a value, ending in a newline: UTF-8, two columns of indentation, shortest numbers that read back
/// exactly.
///
/// Texts that YAML 1.1 or 1.2 would read as something else are quoted. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_yaml(const Value& value);

/// JSON text of a value, indented, ending in a newline. NaN and infinity, which JSON lacks, become null.
[[nodiscard]] std::string to_json(const Value& value);

}  // namespace convoy::yaml

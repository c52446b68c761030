#include "yaml/schema.hpp"

#include <algorithm>

namespace convoy::yaml {
namespace {

Type number_type(Type::Kind kind, double low, double high) {
    Type type;
    type.kind = kind;
    type.low = low;
    type.high = high;
    return type;
}

Type container(Type::Kind kind, Type element) {
    Type type;
    type.kind = kind;
    type.element = std::make_shared<const Type>(std::move(element));
    return type;
}

}  // namespace

Type any() { return {}; }
Type boolean() { return number_type(Type::Kind::boolean, 0, 1); }
Type text() { return number_type(Type::Kind::text, 1, std::numeric_limits<double>::infinity()); }
Type any_text() { return number_type(Type::Kind::text, 0, std::numeric_limits<double>::infinity()); }
Type integer(std::int64_t low, std::int64_t high) {
    return number_type(Type::Kind::integer, static_cast<double>(low), static_cast<double>(high));
}
Type number(double low, double high) { return number_type(Type::Kind::number, low, high); }
Type any_number() { return number(-std::numeric_limits<double>::infinity()); }
Type ratio() { return number(0, 1); }

Type positive() {
    Type type = number(0);
    type.above_low = true;
    return type;
}

Type choice(std::vector<std::string> choices) {
    Type type;
    type.kind = Type::Kind::choice;
    type.choices = std::move(choices);
    return type;
}

Type sequence_of(Type element, std::size_t least, std::size_t most) {
    Type type = container(Type::Kind::sequence, std::move(element));
    type.low = static_cast<double>(least);
    type.high = static_cast<double>(most);
    return type;
}

Type map_of(Type element) { return container(Type::Kind::map, std::move(element)); }
Type one_or_more(Type element) { return container(Type::Kind::one_or_more, std::move(element)); }

Type record(const Schema& schema) {
    Type type;
    type.kind = Type::Kind::record;
    type.schema = &schema;
    return type;
}

const Field* Schema::find(std::string_view key) const noexcept {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.key == key; });
    return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> Schema::keys() const {
    std::vector<std::string> keys;
    for (const Field& field : fields) keys.push_back(field.key);
    return keys;
}

}  // namespace convoy::yaml

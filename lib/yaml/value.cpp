#include "yaml/value.hpp"

#include <algorithm>
#include <cassert>

#include "util/error.hpp"

namespace convoy::yaml {

Value Value::map(std::initializer_list<Entry> entries) {
    Value value = map();
    for (const auto& [key, content] : entries) value.set(key, content);
    return value;
}

Value& Value::set(std::string key, Value value) & {
    auto* entries = std::get_if<Map>(&data_);
    assert(entries);
    const auto old =
        std::find_if(entries->begin(), entries->end(), [&](const Entry& entry) { return entry.first == key; });
    if (old == entries->end()) {
        entries->emplace_back(std::move(key), std::move(value));
    } else {
        old->second = std::move(value);
    }
    return *this;
}

Value& Value::push(Value item) & {
    auto* items = std::get_if<Sequence>(&data_);
    assert(items);
    items->push_back(std::move(item));
    return *this;
}

const Value* Value::find(std::string_view key) const noexcept {
    for (const auto& [name, value] : entries())
        if (name == key) return &value;
    return nullptr;
}

std::span<const Value> Value::items() const noexcept {
    const auto* items = as<Sequence>();
    return items ? std::span(*items) : std::span<const Value>();
}

std::span<const Value::Entry> Value::entries() const noexcept {
    const auto* entries = as<Map>();
    return entries ? std::span(*entries) : std::span<const Entry>();
}

void Value::too_large() { throw util::Error(util::Errc::internal, "a number to be written does not fit into 64 bits"); }

}  // namespace convoy::yaml

#include "yaml/reader.hpp"

#include <fmt/format.h>

#include <cmath>

#include "yaml/check.hpp"
#include "yaml/scalar.hpp"

namespace convoy::yaml {
namespace {

const Type& any_type() {
    static const Type type = any();
    return type;
}

bool present(const Node* node) { return node && !node->is_null(); }

}  // namespace

Reader::Reader(const Node& node, const Type& type, std::string key)
    : node_(&node), type_(&type), key_(std::move(key)) {}

Reader make_root(const Node& node, const Schema& schema) {
    auto type = std::make_shared<const Type>(record(schema));
    Reader root(node, *type);
    root.owned_ = std::move(type);
    return root;
}

const Field* Reader::field_of(std::string_view name) const {
    if (type_->kind != Type::Kind::record) return nullptr;
    const Field* field = type_->schema->find(name);
    if (!field)
        throw util::Error(util::Errc::internal,
                          fmt::format("the schema '{}' has no key '{}'", type_->schema->name, name));
    return field;
}

const Type& Reader::type_of(const Field* field) const {
    if (field) return field->type;
    return type_->element ? *type_->element : any_type();
}

std::string Reader::key_of(std::string_view name) const { return detail::join_key(key_, name); }

Reader Reader::default_of(const Field& field) const {
    auto node = std::make_shared<Node>(parse(field.default_text, node_->where().file));
    node->line_ = node_->line_;
    node->column_ = node_->column_;
    Reader reader(*node, field.type, key_of(field.key));
    reader.owned_ = std::move(node);
    return reader;
}

Reader Reader::operator[](std::string_view key) const {
    if (std::optional<Reader> found = optional(key)) return std::move(*found);
    throw error(fmt::format("the key '{}' is missing", key));
}

std::optional<Reader> Reader::optional(std::string_view key) const {
    const Field* field = field_of(key);
    if (const Node* found = node_->find(key); present(found)) {
        Reader reader(*found, type_of(field), key_of(key));
        reader.owned_ = owned_;
        return reader;
    }
    if (field && !field->default_text.empty()) return default_of(*field);
    return std::nullopt;
}

bool Reader::has(std::string_view key) const {
    (void)field_of(key);
    return present(node_->find(key));
}

double Reader::number_or(std::string_view key, double otherwise) const {
    const std::optional<Reader> found = optional(key);
    return found ? found->number() : otherwise;
}

std::int64_t Reader::integer_or(std::string_view key, std::int64_t otherwise) const {
    const std::optional<Reader> found = optional(key);
    return found ? found->integer() : otherwise;
}

std::string Reader::string_or(std::string_view key, std::string otherwise) const {
    const std::optional<Reader> found = optional(key);
    return found ? found->string() : otherwise;
}

bool Reader::boolean() const {
    if (node_->quoted() || (node_->text() != "true" && node_->text() != "false")) fail("true or false is expected");
    return node_->text() == "true";
}

std::int64_t Reader::integer() const {
    const auto number = node_->quoted() ? std::nullopt : detail::read_integer(node_->text());
    if (!number) fail("an integer is expected");
    return *number;
}

double Reader::number() const {
    const auto number = node_->quoted() ? std::nullopt : detail::read_number(node_->text());
    if (!number || !std::isfinite(*number)) fail("a finite number is expected");
    return *number;
}

std::string Reader::string() const {
    if (node_->kind() != Node::Kind::scalar) fail("a text is expected");
    return node_->text();
}

std::vector<Reader> Reader::items() const {
    const bool single = type_->kind == Type::Kind::one_or_more && !node_->is_sequence();
    if (!single && !node_->is_sequence()) fail("a sequence is expected");
    std::vector<Reader> readers;
    if (single) readers.push_back(Reader(*node_, type_of(nullptr), key_));
    for (std::size_t i = 0; i < node_->items().size(); ++i)
        readers.push_back(Reader(node_->items()[i], type_of(nullptr), detail::join_key(key_, i)));
    for (Reader& reader : readers) reader.owned_ = owned_;
    return readers;
}

std::vector<Reader::Entry> Reader::entries() const {
    if (!node_->is_map()) fail("a map is expected");
    std::vector<Entry> entries;
    for (const Node::Entry& entry : node_->entries()) {
        const Field* field = type_->kind == Type::Kind::record ? type_->schema->find(entry.key) : nullptr;
        Reader value(entry.value, type_of(field), key_of(entry.key));
        value.owned_ = owned_;
        entries.push_back(
            {entry.key, std::move(value), {{*node_->file_, entry.line, entry.column}, key_of(entry.key)}});
    }
    return entries;
}

std::vector<double> Reader::numbers() const {
    std::vector<double> values;
    for (const Reader& item : items()) values.push_back(item.number());
    return values;
}

std::vector<std::int64_t> Reader::integers() const {
    std::vector<std::int64_t> values;
    for (const Reader& item : items()) values.push_back(item.integer());
    return values;
}

std::vector<std::string> Reader::strings() const {
    std::vector<std::string> values;
    for (const Reader& item : items()) values.push_back(item.string());
    return values;
}

Place Reader::place() const { return {node_->where(), key_}; }

util::Error Reader::error(std::string message, std::string hint) const {
    return place().error(std::move(message), std::move(hint));
}

Reader check(const Node& node, const Schema& schema, int version) {
    detail::check_node(node, schema, version);
    return make_root(node, schema);
}

}  // namespace convoy::yaml

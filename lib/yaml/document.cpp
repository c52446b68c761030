#include "yaml/document.hpp"

#include <fmt/format.h>

#include "yaml/check.hpp"
#include "yaml/scalar.hpp"

namespace convoy::yaml {

Reader make_root(const Node& node, const Schema& schema);

namespace {

constexpr std::string_view kSchemaKey = "schema";
constexpr std::string_view kPrefix = "convoy.";

struct Declared {
    std::string kind;
    std::int64_t version{};
};

/// The place of a document's `schema`, or of the document when it has none.
Place schema_place(const Node& node) {
    const Node* schema = node.find(kSchemaKey);
    return schema ? Place{schema->where(), std::string(kSchemaKey)} : Place{node.where(), ""};
}

Declared declared(const Node& node, const std::string& expected) {
    const Node* schema = node.find(kSchemaKey);
    const Place place = schema_place(node);
    const std::string hint = fmt::format("its first line must be 'schema: convoy.{}'", expected);
    if (!schema) throw place.error("not a file of convoy: the key 'schema' is missing", hint);
    const std::string& text = schema->text();
    if (text.empty()) throw place.error("the name of a format of convoy is expected", hint);
    const std::size_t slash = text.find('/');
    const std::int64_t version =
        slash == std::string::npos ? 0 : detail::read_integer(text.substr(slash + 1)).value_or(0);
    if (!text.starts_with(kPrefix) || slash <= kPrefix.size() || version < 1)
        throw place.error(fmt::format("'{}' is not the name of a format of convoy", text), hint);
    return {text.substr(kPrefix.size(), slash - kPrefix.size()), version};
}

void check_version(const Declared& found, const DocumentKind& kind, const Place& place) {
    if (found.kind != kind.name)
        throw place.error(fmt::format("this is a {} file, a {} file is needed", found.kind, kind.name));
    if (found.version > kind.current)
        throw place.error(fmt::format("version {} of the {} format is too new", found.version, kind.name),
                          fmt::format("this convoy reads up to version {}: update it", kind.current));
    if (found.version < kind.oldest)
        throw place.error(fmt::format("version {} of the {} format is too old", found.version, kind.name),
                          fmt::format("this convoy reads from version {} on: make the file again", kind.oldest));
}

Value ordered(Value value, const Type& type);

Value keep_style(Value result, const Value& from) {
    if (from.style() == Style::flow) result.flow();
    if (from.style() == Style::block) result.block();
    return result;
}

Value ordered_record(const Value& value, const Schema& schema) {
    for (const auto& [key, item] : value.entries())
        if (!schema.find(key))
            throw util::Error(util::Errc::internal, fmt::format("the schema '{}' has no key '{}'", schema.name, key));
    Value result = Value::map();
    for (const Field& field : schema.fields) {
        const Value* item = value.find(field.key);
        if (item && (field.required || !item->is_null())) result.set(field.key, ordered(*item, field.type));
    }
    return keep_style(std::move(result), value);
}

Value ordered_children(const Value& value, const Type& element) {
    Value result = value.is_map() ? Value::map() : Value::sequence();
    for (const Value& item : value.items()) result.push(ordered(item, element));
    for (const auto& [key, item] : value.entries()) result.set(key, ordered(item, element));
    return keep_style(std::move(result), value);
}

/// The value with its keys in the order of the schema, on all levels.
Value ordered(Value value, const Type& type) {
    if (value.is_scalar()) return value;
    if (type.kind == Type::Kind::record && value.is_map()) return ordered_record(value, *type.schema);
    if (type.kind == Type::Kind::one_or_more && value.is_map()) return ordered(std::move(value), *type.element);
    return type.element ? ordered_children(value, *type.element) : value;
}

Value versioned(const DocumentKind& kind, const Value& content) {
    Value document = Value::map();
    document.set(std::string(kSchemaKey), fmt::format("{}{}/{}", kPrefix, kind.name, kind.current));
    const Value body = ordered_record(content, kind.schema);
    for (const auto& [key, item] : body.entries()) document.set(key, item);
    return document;
}

}  // namespace

Reader Document::root() const { return make_root(*node_, *schema_); }

Document as_document(Node node, const DocumentKind& kind) {
    if (!node.is_map())
        throw schema_place(node).error(
            fmt::format("not a {} file: {}", kind.name, node.is_null() ? "it is empty" : "a map is expected"),
            fmt::format("its first line must be 'schema: convoy.{}/{}'", kind.name, kind.current));
    const Declared found = declared(node, fmt::format("{}/{}", kind.name, kind.current));
    check_version(found, kind, schema_place(node));
    const auto version = static_cast<int>(found.version);
    detail::check_node(node, kind.schema, version, kSchemaKey);
    Document document;
    document.file_ = node.where().file;
    document.node_ = std::make_shared<const Node>(std::move(node));
    document.schema_ = &kind.schema;
    document.version_ = version;
    return document;
}

Document open_document(const DocumentKind& kind, const util::FileView& file, const Limits& limits) {
    return as_document(parse(file.text(), file.name(), limits), kind);
}

std::string kind_of(const Node& node) { return declared(node, "<kind>/<version>").kind; }

std::string write_document(const DocumentKind& kind, const Value& content, Format format) {
    const Value document = versioned(kind, content);
    return format == Format::yaml ? to_yaml(document) : to_json(document);
}

std::string write_stream_document(const DocumentKind& kind, const Value& content, Format format) {
    if (format == Format::json) return to_json(versioned(kind, content).flow());
    return "---\n" + to_yaml(versioned(kind, content));
}

}  // namespace convoy::yaml

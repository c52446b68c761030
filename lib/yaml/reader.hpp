#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/error.hpp"
#include "yaml/node.hpp"
#include "yaml/schema.hpp"

namespace convoy::yaml {

/// Typed access to a validated node. Cheap to copy; the node and the schema must outlive it.
///
///     const double rate = reader["links"]["rate_mbit_per_s"].number();
///     if (const auto speed = device.optional("speed")) use(speed->number());
///     for (const Reader& stage : reader["stages"].items()) ...
///     for (const auto& [name, share] : stage["shares"].entries()) ...
///     stage["on"].fail("unknown device 'x'", util::suggestion("x", names));
class Reader {
  public:
    struct Entry;

    /// A view of `node` as `type`, without checking it: see check().
    Reader(const Node& node, const Type& type, std::string key = "");

    /// A key of a record, map or any. When it is missing: its default_text.
    /// @throws Error data, when it is missing and has no default; internal, when the schema does not have it
    [[nodiscard]] Reader operator[](std::string_view key) const;
    /// A key, its default, or nothing. A null counts as missing.
    [[nodiscard]] std::optional<Reader> optional(std::string_view key) const;
    /// Whether the file itself has the key, other than as a null.
    [[nodiscard]] bool has(std::string_view key) const;

    /// A key's value, or what stands in for it when the file does not say and the schema has no default.
    [[nodiscard]] double number_or(std::string_view key, double otherwise) const;
    [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t otherwise) const;
    [[nodiscard]] std::string string_or(std::string_view key, std::string otherwise) const;

    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::int64_t integer() const;  ///< decimal; 010 is ten
    [[nodiscard]] double number() const;         ///< finite
    [[nodiscard]] std::string string() const;    ///< text or choice
    /// Items of a sequence; of one_or_more also the single value.
    [[nodiscard]] std::vector<Reader> items() const;
    /// Entries of a map in the order of the file.
    [[nodiscard]] std::vector<Entry> entries() const;
    [[nodiscard]] std::vector<double> numbers() const;
    [[nodiscard]] std::vector<std::int64_t> integers() const;
    [[nodiscard]] std::vector<std::string> strings() const;

    [[nodiscard]] const Node& node() const noexcept { return *node_; }
    [[nodiscard]] Place place() const;
    /// An error of code data that points here.
    [[nodiscard]] util::Error error(std::string message, std::string hint = "") const;
    [[noreturn]] void fail(std::string message, std::string hint = "") const { throw error(message, hint); }

  private:
    friend Reader make_root(const Node& node, const Schema& schema);
    [[nodiscard]] std::string key_of(std::string_view name) const;
    [[nodiscard]] Reader default_of(const Field& field) const;
    [[nodiscard]] const Field* field_of(std::string_view name) const;
    [[nodiscard]] const Type& type_of(const Field* field) const;

    const Node* node_;
    const Type* type_;
    std::string key_;
    std::shared_ptr<const void> owned_;  ///< a default value or a root type, which nobody else holds
};

/// One entry of a map; `where` is the place of the key.
struct Reader::Entry {
    std::string name;
    Reader value;
    Place where;
};

/// Checks a node against a schema and returns its reader.
///
/// @param version  of the format: fields that are newer are unknown
/// @throws Error data: the first problem, with up to nine further ones (Error::further), each with place and key
[[nodiscard]] Reader check(const Node& node, const Schema& schema, int version = 1 << 30);

}  // namespace convoy::yaml

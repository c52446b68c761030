#pragma once

#include <string>
#include <string_view>

#include "yaml/node.hpp"
#include "yaml/schema.hpp"

namespace convoy::yaml::detail {

/// Checks a node against a schema. A key that equals `beside` is accepted at the top beside the schema's own.
/// @throws Error data with up to ten problems
void check_node(const Node& node, const Schema& schema, int version, std::string_view beside = "");

/// The key path of what is called `name` within `key`: "links" and "pairs" give "links.pairs".
[[nodiscard]] std::string join_key(std::string_view key, std::string_view name);
[[nodiscard]] std::string join_key(std::string_view key, std::size_t index);

}  // namespace convoy::yaml::detail

#pragma once

#include "util/random.hpp"
#include "yaml/node.hpp"
#include "yaml/value.hpp"

namespace convoy::test {

/// A document with texts that YAML readers are known to stumble over.
[[nodiscard]] yaml::Value random_value(util::Random& random, int depth);

/// Whether a document that was read says what the value said.
[[nodiscard]] bool says(const yaml::Node& node, const yaml::Value& value);

}  // namespace convoy::test

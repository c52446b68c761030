#pragma once

#include "yaml/document.hpp"

namespace convoy::test {

/// A format that uses every type of field, for the tests of the reader and the catalogue of bad files.
[[nodiscard]] const yaml::DocumentKind& demo_kind();

}  // namespace convoy::test

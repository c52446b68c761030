#pragma once

#include "yaml/document.hpp"

// The three shapes of the documents of a trace; the key `part` says which one a document has.
namespace convoy::samples::detail {

[[nodiscard]] const yaml::DocumentKind& header_kind();
[[nodiscard]] const yaml::DocumentKind& frame_kind();
[[nodiscard]] const yaml::DocumentKind& summary_kind();

}  // namespace convoy::samples::detail

#pragma once

#include <cstdint>

namespace convoy::runtime {

/// Part of a file.
struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool operator==(const ByteRange&) const = default;
};

}  // namespace convoy::runtime

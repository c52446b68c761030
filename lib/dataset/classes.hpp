#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace convoy::dataset {

struct RankedClass {
    std::size_t index = 0;
    float score = 0;
};
/// The `count` best classes, best first; of equal scores the lower index first. NaN ranks last.
[[nodiscard]] std::vector<RankedClass> top_k(std::span<const float> scores, std::size_t count);

/// The true class of each image: a CSV file with the header `file,label`, labels as numbers.
///
/// Keyed by file name without folders. @throws Error no_input, data with line
[[nodiscard]] std::map<std::string, std::int64_t> read_truth(const std::string& path);

}  // namespace convoy::dataset

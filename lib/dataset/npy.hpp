#pragma once

#include <string>
#include <vector>

#include "graph/region.hpp"
#include "util/file.hpp"

namespace convoy::dataset {

/// An array of a .npy file, as float32 in C order.
struct Array {
    std::vector<graph::Index> dims;
    std::vector<float> values;
};

/// Reads a NumPy file (format 1 to 3): little-endian float16/32/64, signed and unsigned integers of 1 to 8 bytes, or
/// booleans, in C order.
///
/// @throws Error data: foreign or truncated file, other types, Fortran order, sizes that do not fit
[[nodiscard]] Array read_npy(const util::FileView& file);

/// The text of a .npy file of float32 in C order.
[[nodiscard]] std::string write_npy(const std::vector<graph::Index>& dims, const float* values);

}  // namespace convoy::dataset

#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace convoy::graph {

struct OnnxOptions {
    /// Fixes dynamic dimensions: input name -> dims. An input without an entry keeps its dims; a dynamic batch is 1.
    std::map<std::string, std::vector<Index>> input_shapes;
    bool operator==(const OnnxOptions&) const = default;
};

/// Reads an ONNX model (opset 7 to 17): a wire-format scan that leaves large weights in the mapped file, checker and
/// shape inference on the skeleton, dynamic dimensions fixed, constants and shape arithmetic folded, batch norms,
/// tails, identities and dropouts folded. Deterministic (kFoldingVersion).
///
/// Sizes are checked against dims before any weight is read; external data outside the model's folder is refused.
/// With external data, Graph::sha256() is of the lines "hash of the model", "location hash" (sorted).
///
/// Wherever a tensor is removed by folding its name goes on as an alias. Besides the kinds' own ONNX types: Sub and Div
/// by a constant and Sum of two count as Add and Mul, ReduceMean over h and w as a global average pool, Reshape,
/// Squeeze and Unsqueeze between a map and a vector as flatten. Tails are not attached to operators of kind whole.
///
/// @throws Error data (truncated, foreign, unsupported opset, inconsistent sizes, a dynamic dimension that is not
///         fixed: the hint is --input-shape), no_input, permission
/// @param known_sha256  of the file, where the caller has just made sure of it: the file is not hashed again, and may
///                      lack weights that nothing here looks at
[[nodiscard]] Graph read_onnx(const util::FileView& file, const OnnxOptions& options = {},
                              const std::string& known_sha256 = {});

}  // namespace convoy::graph

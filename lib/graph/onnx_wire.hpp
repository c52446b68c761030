#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace convoy::graph::detail {

/// Where a tensor's raw_data lies in the model file.
struct RawRange {
    std::size_t offset = 0;
    std::size_t size = 0;
};

/// A serialized ModelProto in which every raw_data over 1 KB is one dummy byte (the checker refuses an empty one), and
/// where those bytes lie. Tensors are known by position: names may be missing or repeated at this stage.
struct Skeleton {
    std::string bytes;
    std::map<std::size_t, RawRange> initializers;                        ///< index in graph.initializer
    std::map<std::pair<std::size_t, std::size_t>, RawRange> attributes;  ///< (index in graph.node, in node.attribute)
};

/// Walks the protobuf wire format of an ONNX file without parsing its weights. O(file without weights); the depth is
/// fixed (model, graph, node, attribute, tensor), subgraphs are copied as they are.
///
/// @throws Error data, naming the offset: a length beyond what is left, an overlong varint, an unknown wire type, a
///         field that must not repeat (protobuf would merge it), no graph, or more besides raw weights than a
///         real model has (512 MiB of values, 16 MiB of structure)
[[nodiscard]] Skeleton scan_onnx(std::span<const std::byte> file);

}  // namespace convoy::graph::detail

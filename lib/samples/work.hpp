#pragma once

#include <string>
#include <vector>

#include "graph/calculus.hpp"

namespace convoy::samples {

/// What a piece of work of one operator looks like to a clock: all that a latency model may know about it.
///
/// Read from a graph by describe(), or from a profile; the model that it came from is not needed any more.
struct WorkShape {
    graph::Kind kind = graph::Kind::whole;
    std::string onnx_type;                     ///< "Conv"
    graph::Box output;                         ///< hull of what is computed of output 0
    graph::Box whole_output;                   ///< extent of output 0
    std::vector<graph::Box> inputs;            ///< hull of what is read of each input
    std::array<graph::Index, 2> kernel{1, 1};  ///< h, w
    std::array<graph::Index, 2> stride{1, 1};  ///< h, w
    graph::Index group = 1;
    graph::Index channels = 0;  ///< channels of the first input that each output element sums over
    bool addend = false;        ///< a part of the sums, without tail
    util::Flops flops;
    util::Bytes input_bytes;
    util::Bytes output_bytes;
    util::Bytes weight_bytes;

    bool operator==(const WorkShape&) const = default;
};

/// Looks at a piece of work. O(inputs + outputs); thread-safe.
[[nodiscard]] WorkShape describe(const graph::Graph& graph, const graph::Work& work);

/// The operator type that one latency model covers: the kind, with depthwise convolutions apart, and unknown
/// operators by their ONNX type ("whole:Resize").
[[nodiscard]] std::string operator_type(const WorkShape& work);

}  // namespace convoy::samples

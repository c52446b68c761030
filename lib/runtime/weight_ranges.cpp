#include "runtime/weight_ranges.hpp"

#include "util/mapped_memory.hpp"

namespace convoy::runtime {
namespace {

using graph::Axis;
using graph::Box;
using graph::Index;
using graph::Interval;
using graph::Operator;

/// Which of a row's elements are needed.
using TakeElements = std::function<void(Interval)>;

/// A row of a convolution: the input channels of its group inside the box, kernel by kernel.
void for_row_of_convolution(const Operator& op, Index row, const Box& in, const TakeElements& take) {
    const std::vector<Index>& dims = op.weights->dims;
    const Index group = row / (dims[0] / op.group);
    const Interval channels = intersection({group * dims[1], (group + 1) * dims[1]}, in[Axis::c]);
    const Index area = dims[2] * dims[3];
    take({(channels.begin - group * dims[1]) * area, (channels.end - group * dims[1]) * area});
}

/// A row of a Gemm: its features are the elements of the map that it reads.
void for_row_of_gemm(const Box& full, const Box& in, const TakeElements& take) {
    const Index height = full[Axis::h].size();
    const Index width = full[Axis::w].size();
    for (Index c = in [Axis::c].begin; c < in[Axis::c].end; ++c)
        for (Index h = in [Axis::h].begin; h < in[Axis::h].end; ++h)
            take({(c * height + h) * width + in[Axis::w].begin, (c * height + h) * width + in[Axis::w].end});
}

}  // namespace

bool deferrable(const Operator& op) {
    return op.weights && (op.kind == graph::Kind::convolution || op.kind == graph::Kind::gemm);
}

ByteRange weights_in_file(const Operator& op) {
    if (!op.weights) return {};
    const std::span<const std::byte> file = util::mapped_file_of(op.weights->data);
    if (file.empty()) return {};
    const auto begin = static_cast<std::uint64_t>(op.weights->data.data() - file.data());
    return {begin, begin + op.weights->data.size()};
}

void for_weights_in_file(const graph::Graph& graph, const graph::Work& work,
                         const std::function<void(const ByteRange&)>& take) {
    const Operator& op = graph.op(work.op);
    if (!deferrable(op)) return;
    const ByteRange all = weights_in_file(op);
    if (all.begin == all.end) return;
    const Box& full = graph.tensor(op.inputs[0]).full;
    const Box in = work.in.value_or(full);
    const auto row_bytes = (all.end - all.begin) / static_cast<std::uint64_t>(op.weights->dims[0]);
    for (const Interval& rows : work.outputs.front().c) {
        const auto begin = all.begin + static_cast<std::uint64_t>(rows.begin) * row_bytes;
        if (in == full) {
            take({begin, begin + static_cast<std::uint64_t>(rows.size()) * row_bytes});
            continue;
        }
        for (Index row = rows.begin; row < rows.end; ++row) {
            const std::uint64_t at = all.begin + static_cast<std::uint64_t>(row) * row_bytes;
            const TakeElements take_elements = [&](Interval part) {
                take({at + static_cast<std::uint64_t>(part.begin) * sizeof(float),
                      at + static_cast<std::uint64_t>(part.end) * sizeof(float)});
            };
            if (op.kind == graph::Kind::gemm) {
                for_row_of_gemm(full, in, take_elements);
            } else {
                for_row_of_convolution(op, row, in, take_elements);
            }
        }
    }
}

}  // namespace convoy::runtime

#include "cost/least_rate.hpp"

#include <algorithm>
#include <array>
#include <queue>

namespace convoy::cost::detail {

namespace {

using graph::Axis;
using graph::Index;
using graph::Interval;

/// Sizes of a piece: summed channels, other summed elements (of a map before Flatten), output channels, rows, columns.
enum Side : std::size_t { kSummed, kSummedMap, kChannels, kRows, kColumns, kSides };
using Sizes = std::array<Index, kSides>;

double product(const Sizes& sizes) {
    double all = 1;
    for (const Index size : sizes) all *= static_cast<double>(size);
    return all;
}

util::Bytes scaled(util::Bytes bytes, double share) {
    return util::Bytes(static_cast<Index>(static_cast<double>(bytes.value) * share));
}

/// One operator's pieces: what they look like to a clock, by their sizes.
class Pieces {
  public:
    Pieces(const graph::Graph& graph, graph::OperatorId id) : graph_(graph), op_(graph.op(id)) {
        graph::Work work = graph::whole_work(graph, id);
        whole_ = samples::describe(graph, work);
        sums_ = op_.kind == graph::Kind::gemm || (op_.kind == graph::Kind::convolution && op_.group == 1);
        const auto summed = graph::cuts(graph, id).contraction;
        if (std::find(summed.begin(), summed.end(), true) != summed.end()) work.in = graph.tensor(op_.inputs[0]).full;
        bare_ = samples::describe(graph, work);
        const graph::Box& output = graph.tensor(op_.outputs[0]).full;
        const graph::Box& input = graph.tensor(op_.inputs[0]).full;
        full_ = {1, 1, output[Axis::c].size(), output[Axis::h].size(), output[Axis::w].size()};
        if (sums_) full_[kSummed] = input[Axis::c].size();
        if (op_.kind == graph::Kind::gemm) full_[kSummedMap] = input[Axis::h].size() * input[Axis::w].size();
    }

    /// Whether the sizes tell all about a piece.
    [[nodiscard]] static bool known(const graph::Graph& graph, graph::OperatorId id) {
        using graph::Kind;
        const graph::Operator& op = graph.op(id);
        if (op.inputs.empty() || op.outputs.size() != 1) return false;
        const auto odd = [&](graph::TensorId tensor) {
            return graph.tensor(tensor).whole_only || graph.tensor(tensor).full[Axis::n].size() != 1;
        };
        if (odd(op.outputs[0]) || std::any_of(op.inputs.begin(), op.inputs.end(), odd)) return false;
        switch (op.kind) {
            case Kind::convolution:
                return op.group == 1 || (op.weights && op.weights->dims[1] == 1 && op.weights->dims[0] == op.group);
            case Kind::gemm:
            case Kind::max_pool:
            case Kind::average_pool:
            case Kind::relu:
            case Kind::leaky_relu:
            case Kind::clip:
            case Kind::sigmoid:
            case Kind::add:
            case Kind::mul:
                return true;
            default:
                return false;
        }
    }

    [[nodiscard]] const Sizes& full() const noexcept { return full_; }

    /// Operations without tail.
    [[nodiscard]] double operations(const Sizes& sizes) const {
        return bare_.flops.value * product(sizes) / product(full_);
    }

    /// The least numbers of any piece of at least these sizes: an addend, or without padding to read.
    [[nodiscard]] samples::WorkShape least(const Sizes& sizes) const { return shape(sizes, bare_, false); }
    /// The largest numbers of any piece of at most these sizes. Channels that do not follow each other lie apart: they
    /// look to the clock like all in between.
    [[nodiscard]] samples::WorkShape most(const Sizes& sizes) const {
        samples::WorkShape piece = shape(sizes, whole_, true);
        piece.output[Axis::c] = {0, full_[kChannels]};
        return piece;
    }

  private:
    [[nodiscard]] samples::WorkShape shape(const Sizes& sizes, const samples::WorkShape& of, bool most) const {
        samples::WorkShape piece = of;
        const auto part = [&](Side side) {
            return static_cast<double>(sizes[side]) / static_cast<double>(full_[side]);
        };
        const double elements = part(kChannels) * part(kRows) * part(kColumns);
        const double summed = part(kSummed) * part(kSummedMap);
        const double tail = of.flops.value - bare_.flops.value;
        constexpr double kRounding = 1e-9;
        piece.flops =
            util::Flops((bare_.flops.value * summed + tail) * elements * (most ? 1 + kRounding : 1 - kRounding));
        piece.output_bytes = scaled(of.output_bytes, elements);
        const util::Bytes vectors = of.weight_bytes - bare_.weight_bytes;
        if (op_.weights) {
            piece.weight_bytes =
                scaled(bare_.weight_bytes, part(kChannels) * summed) + scaled(vectors, part(kChannels));
        } else if (!most) {
            piece.weight_bytes = util::Bytes(0);  // constants of any shape
        }
        piece.output[Axis::c] = {0, sizes[kChannels]};
        piece.output[Axis::h] = {0, sizes[kRows]};
        piece.output[Axis::w] = {0, sizes[kColumns]};
        if (sums_) piece.channels = sizes[kSummed];
        piece.input_bytes = input_bytes(sizes, most);
        if (most) {
            constexpr util::Bytes kRoundedOff(2);
            for (util::Bytes* bytes : {&piece.output_bytes, &piece.weight_bytes}) *bytes += kRoundedOff;
        }
        return piece;
    }

    /// What a piece reads: of windows as much as they span, without what can lie in padding, or with all that does not.
    [[nodiscard]] util::Bytes input_bytes(const Sizes& sizes, bool most) const {
        const graph::TensorInfo& input = graph_.tensor(op_.inputs[0]);
        if (op_.kind == graph::Kind::gemm) {
            return util::Bytes(sizes[kSummed] * sizes[kSummedMap] * input.element_bytes);
        }
        const Index channels = sums_ ? sizes[kSummed] : sizes[kChannels];
        const bool windows = op_.kind == graph::Kind::convolution || op_.kind == graph::Kind::max_pool ||
                             op_.kind == graph::Kind::average_pool;
        if (windows) {
            const Index rows = span(0, sizes[kRows], input.full[Axis::h].size(), most);
            const Index columns = span(1, sizes[kColumns], input.full[Axis::w].size(), most);
            return util::Bytes(channels * rows * columns * input.element_bytes);
        }
        util::Bytes bytes;
        for (const graph::TensorId id : op_.inputs) {
            const graph::TensorInfo& read = graph_.tensor(id);
            const bool alike = read.full == graph_.tensor(op_.outputs[0]).full;
            if (alike) {
                bytes += util::Bytes(sizes[kChannels] * sizes[kRows] * sizes[kColumns] * read.element_bytes);
            } else if (most) {
                bytes += read.bytes();  // broadcast
            }
        }
        return bytes;
    }

    /// Of `size` windows along one axis. What can lie outside of the tensor: as much as the outermost windows of all
    /// stick out, and what lies between taps, or windows, in front of the first element.
    [[nodiscard]] Index span(std::size_t axis, Index size, Index extent, bool most) const {
        const graph::Window& window = op_.window;
        const Index taps = (size - 1) * window.stride[axis] + (window.kernel[axis] - 1) * window.dilation[axis] + 1;
        if (most) return std::min(taps, extent);
        const Axis of = axis == 0 ? Axis::h : Axis::w;
        const Interval reach = graph::window_reach(window, of, {0, full_[axis == 0 ? kRows : kColumns]});
        const Index outside = std::max<Index>(-reach.begin, 0) + std::max<Index>(reach.end - extent, 0) +
                              2 * (window.dilation[axis] + window.stride[axis] - 2);
        return std::clamp<Index>(taps - outside, 0, extent);
    }

    const graph::Graph& graph_;
    const graph::Operator& op_;
    samples::WorkShape whole_;
    samples::WorkShape bare_;  ///< all of it as an addend, where it can be one
    bool sums_ = false;
    Sizes full_{};
};

/// Pieces whose sizes are from `low` to `high`.
struct Branch {
    Sizes low;
    Sizes high;
    double rate = 0;  ///< that none of them stays below
    bool operator>(const Branch& other) const { return rate > other.rate; }
};

/// The side that varies most; kSides when none varies by more than a tenth.
std::size_t widest(const Branch& branch) {
    constexpr double kNarrow = 1.1;
    std::size_t found = kSides;
    double most = kNarrow;
    for (std::size_t side = 0; side < kSides; ++side) {
        const double ratio = static_cast<double>(branch.high[side]) / static_cast<double>(branch.low[side]);
        if (ratio <= most) continue;
        most = ratio;
        found = side;
    }
    return found;
}

}  // namespace

std::optional<double> least_rate(const graph::Graph& graph, graph::OperatorId op, const latency::Bed& bed,
                                 std::size_t device) {
    constexpr int kMostBranches = 300;
    if (!Pieces::known(graph, op)) return std::nullopt;
    const Pieces pieces(graph, op);
    if (pieces.operations(pieces.full()) <= 0) return std::nullopt;
    std::priority_queue<Branch, std::vector<Branch>, std::greater<>> open;
    const auto add = [&](const Sizes& low, const Sizes& high) {
        const latency::WorkRange range{pieces.least(low), pieces.most(high)};
        // The form grows with operations and bytes: for each operation it is least with most operations, least bytes.
        samples::WorkShape work = range.least;
        const double operations = pieces.operations(high);
        work.flops = util::Flops(operations);
        open.push({low, high, bed.least_time(device, work, &range).count() / operations});
    };
    Sizes least{};
    least.fill(1);
    add(least, pieces.full());
    for (int branches = 0; branches < kMostBranches; ++branches) {
        const Branch branch = open.top();
        const std::size_t side = widest(branch);
        if (side == kSides) break;
        open.pop();
        // Halfway between the logarithms.
        const Index square = branch.low[side] * branch.high[side];
        Index middle = branch.low[side];
        while ((middle + 1) * (middle + 1) <= square) ++middle;
        middle = std::min(middle, branch.high[side] - 1);
        Branch lower = branch;
        Branch upper = branch;
        lower.high[side] = middle;
        upper.low[side] = middle + 1;
        add(lower.low, lower.high);
        add(upper.low, upper.high);
    }
    return open.top().rate;
}

}  // namespace convoy::cost::detail

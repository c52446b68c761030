#include "engine/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core/utility.hpp>

#include "util/error.hpp"
#include "util/mapped_memory.hpp"

namespace convoy::engine {

using graph::Axis;
using graph::Box;
using graph::Index;
using graph::Interval;
using graph::Operator;

namespace {

Index rows_in(const std::vector<Interval>& rows) {
    Index sum = 0;
    for (const Interval& interval : rows) sum += interval.size();
    return sum;
}

/// Whether OpenCV's Gemm may read weights at this address: its x86 kernels without AVX load 16-byte-aligned vectors.
bool readable_in_place(const std::byte* address) {
    if (reinterpret_cast<std::uintptr_t>(address) % 16 == 0) return true;
#if defined(__x86_64__)
    return cv::checkHardwareSupport(CV_CPU_AVX);
#else
    return true;
#endif
}

std::shared_ptr<WeightSlice> allocated(const std::vector<int>& dims) {
    auto slice = std::make_shared<WeightSlice>();
    std::size_t elements = 1;
    for (const int dim : dims) elements *= static_cast<std::size_t>(dim);
    slice->memory = util::AlignedBytes(elements * sizeof(float));
    slice->values = cv::Mat(dims, CV_32F, slice->memory.data());
    return slice;
}

/// Follows a reader through a constant's bytes and gives back the mapped memory behind it, so that weights are never
/// held twice: in the model file and in the copy.
class ReleaseBehind {
  public:
    ReleaseBehind(const graph::Constant& constant, Index begin) : constant_(constant), begin_(begin) {}
    ~ReleaseBehind() { release(); }
    ReleaseBehind(const ReleaseBehind&) = delete;
    ReleaseBehind& operator=(const ReleaseBehind&) = delete;

    /// Elements before `end` have been read.
    void passed(Index end) {
        end_ = end;
        if ((end_ - begin_) * Index{sizeof(float)} >= kStep) release();
    }

  private:
    static constexpr Index kStep = Index{1} << 20;
    /// Linux maps up to 64 KiB around a page that is read: what was given back in front of it comes again.
    static constexpr Index kAround = 65536 / sizeof(float);
    void release() {
        if (end_ <= begin_) return;
        const Index from = std::max(begin_ - kAround, Index{0});
        const auto size = static_cast<std::size_t>(end_ - from) * sizeof(float);
        util::release_mapped(constant_.data.subspan(static_cast<std::size_t>(from) * sizeof(float), size));
        begin_ = end_;
    }

    const graph::Constant& constant_;
    Index begin_;
    Index end_ = 0;
};

void scale_row(const Operator& op, Index row, float* values, Index count) {
    if (op.weight_scale.empty()) return;
    const float scale = op.weight_scale[static_cast<std::size_t>(row)];
    for (Index i = 0; i < count; ++i) values[i] *= scale;
}

std::shared_ptr<WeightSlice> read_convolution(const graph::Graph& graph, const WeightKey& key) {
    const Operator& op = graph.op(key.op);
    const std::vector<Index>& dims = op.weights->dims;
    const Index area = dims[2] * dims[3];
    const Index rows_per_group = dims[0] / op.group;
    const Index columns = group_inputs(graph, key.op, key.rows.front().begin / rows_per_group, key.in).size();
    auto slice = allocated({static_cast<int>(rows_in(key.rows)), static_cast<int>(columns + key.extra_columns),
                            static_cast<int>(dims[2]), static_cast<int>(dims[3])});
    auto* to = slice->values.ptr<float>();
    for (const Interval& rows : key.rows) {
        ReleaseBehind reader(*op.weights, rows.begin * dims[1] * area);
        for (Index row = rows.begin; row < rows.end; ++row) {
            const Index group = row / rows_per_group;
            const Index first = group_inputs(graph, key.op, group, key.in).begin - group * dims[1];
            graph::copy_floats(*op.weights, (row * dims[1] + first) * area, columns * area, to);
            scale_row(op, row, to, columns * area);
            to = std::fill_n(to + columns * area, key.extra_columns * area, 0.0F);
            reader.passed((row + 1) * dims[1] * area);
        }
    }
    return slice;
}

/// The features of one row inside `in`, which is a box of the map that the Gemm reads.
void copy_features(const graph::Constant& weights, Index row, const Box& full, const Box& in, float* to) {
    const Index height = full[Axis::h].size();
    const Index width = full[Axis::w].size();
    const Index features = full[Axis::c].size() * height * width;
    for (Index c = in [Axis::c].begin; c < in[Axis::c].end; ++c) {
        for (Index h = in [Axis::h].begin; h < in[Axis::h].end; ++h, to += in[Axis::w].size()) {
            const Index begin = row * features + (c * height + h) * width + in[Axis::w].begin;
            graph::copy_floats(weights, begin, in[Axis::w].size(), to);
        }
    }
}

/// A row of the slice is padded with zeros to kRowAlignment floats: OpenCV would else make a padded copy of its own,
/// and all weights would be held twice.
std::shared_ptr<WeightSlice> read_gemm(const graph::Graph& graph, const WeightKey& key) {
    const Operator& op = graph.op(key.op);
    const Box& full = graph.tensor(op.inputs[0]).full;
    const Box in = key.in.value_or(full);
    const Index features = in[Axis::c].size() * in[Axis::h].size() * in[Axis::w].size();
    const Index columns = (features + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
    const std::byte* mapped = op.weights->data.data() + key.rows.front().begin * features * Index{sizeof(float)};
    const bool as_in_file = features == op.weights->dims[1] && columns == features;
    if (as_in_file && op.weight_scale.empty() && key.rows.size() == 1 && readable_in_place(mapped)) {
        auto slice = std::make_shared<WeightSlice>();
        slice->values = cv::Mat(static_cast<int>(rows_in(key.rows)), static_cast<int>(features), CV_32F,
                                const_cast<std::byte*>(mapped));
        return slice;
    }
    auto slice = allocated({static_cast<int>(rows_in(key.rows)), static_cast<int>(columns)});
    auto* to = slice->values.ptr<float>();
    const Index all_features = op.weights->dims[1];
    for (const Interval& rows : key.rows) {
        ReleaseBehind reader(*op.weights, rows.begin * all_features);
        for (Index row = rows.begin; row < rows.end; ++row, to += columns) {
            copy_features(*op.weights, row, full, in, to);
            std::fill(to + features, to + columns, 0.0F);
            scale_row(op, row, to, features);
            reader.passed((row + 1) * all_features);
        }
    }
    return slice;
}

}  // namespace

Weights::Weights(const graph::Graph& graph) : store_(std::make_unique<Store>(graph)) {}
Weights::~Weights() = default;
const graph::Graph& Weights::graph() const noexcept { return store_->graph; }

std::shared_ptr<const WeightSlice> Weights::Store::slice(const WeightKey& key) {
    const std::scoped_lock lock(mutex);
    std::weak_ptr<const WeightSlice>& known = slices[key];
    if (std::shared_ptr<const WeightSlice> slice = known.lock()) return slice;
    const bool gemm = graph.op(key.op).kind == graph::Kind::gemm;
    std::shared_ptr<const WeightSlice> slice = gemm ? read_gemm(graph, key) : read_convolution(graph, key);
    known = slice;
    return slice;
}

cv::Mat bias_of(const Operator& op, const std::vector<Interval>& channels) {
    if (!op.tail.bias) return {};
    cv::Mat bias(1, static_cast<int>(rows_in(channels)), CV_32F);
    auto* to = bias.ptr<float>();
    for (const Interval& interval : channels) {
        graph::copy_floats(*op.tail.bias, interval.begin, interval.size(), to);
        to += interval.size();
    }
    return bias;
}

Interval group_inputs(const graph::Graph& graph, graph::OperatorId id, Index group, const std::optional<Box>& in) {
    const Operator& op = graph.op(id);
    const Index channels = op.weights->dims[1];
    const Interval all{group * channels, (group + 1) * channels};
    return in ? intersection(all, (*in)[Axis::c]) : all;
}

}  // namespace convoy::engine

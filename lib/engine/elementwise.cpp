#include "engine/elementwise.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <opencv2/core/utility.hpp>

#include "engine/functions.hpp"

namespace convoy::engine {

using graph::Index;

namespace {

/// The offset of element number `number` of a tensor of these dims, in the order of the last axis first.
Index offset_of(Index number, const std::vector<int>& dims, const Strides& strides) {
    Index offset = strides.offset;
    for (std::size_t axis = dims.size(); axis-- > 0;) {
        offset += number % dims[axis] * strides.steps[axis];
        number /= dims[axis];
    }
    return offset;
}

Index product(const std::vector<int>& dims) {
    return std::accumulate(dims.begin(), dims.end(), Index{1}, std::multiplies<>());
}

/// Calls body(first, last) for ranges of [0, count) on several threads when all of it costs `work` or more.
void in_ranges(Index count, Index work, const std::function<void(Index, Index)>& body) {
    constexpr Index kParallelWork = 32768;
    if (work < kParallelWork || count == 1) return body(0, count);
    cv::parallel_for_(cv::Range(0, static_cast<int>(count)),
                      [&](const cv::Range& range) { body(range.start, range.end); });
}

/// The rows of a tensor: all axes but the last.
struct Rows {
    explicit Rows(const std::vector<int>& dims) : outer(dims.begin(), dims.end() - 1), width(dims.back()) {}
    std::vector<int> outer;
    Index width;
};

Strides outer_of(const Strides& strides) { return {strides.offset, {strides.steps.begin(), strides.steps.end() - 1}}; }

}  // namespace

std::vector<Index> dense_steps(const std::vector<int>& dims) {
    std::vector<Index> steps(dims.size(), 1);
    for (std::size_t axis = dims.size(); axis-- > 1;) steps[axis - 1] = steps[axis] * dims[axis];
    return steps;
}

Strides broadcast(const std::vector<int>& dims, const std::vector<int>& to) {
    Strides strides;
    strides.steps.assign(to.size(), 0);
    Index step = 1;
    for (std::size_t back = 1; back <= dims.size(); ++back) {
        const int extent = dims[dims.size() - back];
        if (extent != 1) strides.steps[to.size() - back] = step;
        step *= extent;
    }
    return strides;
}

void Gather::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    const Rows rows(shape());
    const Strides outer = outer_of(from_);
    in_ranges(product(rows.outer), product(shape()), [&](Index first, Index last) {
        for (Index row = first; row < last; ++row) {
            spread(from + offset_of(row, rows.outer, outer), from_.steps.back(), to + row * rows.width, rows.width);
        }
    });
}

void Fold::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    auto* to = output.ptr<float>();
    const Rows rows(shape());
    std::vector<Strides> outer;
    for (const Strides& strides : operands_) outer.push_back(outer_of(strides));
    in_ranges(product(rows.outer), product(shape()), [&](Index first, Index last) {
        for (Index row = first; row < last; ++row) {
            float* values = to + row * rows.width;
            for (std::size_t i = 0; i < operands_.size(); ++i) {
                const float* from = inputs[i].ptr<float>() + offset_of(row, rows.outer, outer[i]);
                const Index step = operands_[i].steps.back();
                if (i == 0) {
                    spread(from, step, values, rows.width);
                } else {
                    combine(arithmetic_, from, step, values, rows.width);
                }
            }
        }
    });
}

namespace {

using What = Reduction::What;

/// In double precision, so that a mean of thousands is as good as float allows.
struct Accumulator {
    explicit Accumulator(What kind) : what(kind) {
        if (what == What::max || what == What::log_sum_exp) value = -std::numeric_limits<double>::infinity();
        if (what == What::min) value = std::numeric_limits<double>::infinity();
        if (what == What::product) value = 1;
    }

    void add(double x) {
        switch (what) {
            case What::max:
                value = x <= value ? value : x;
                break;
            case What::min:
                value = x >= value ? value : x;
                break;
            case What::product:
                value *= x;
                break;
            case What::sum_square:
            case What::l2:
                value += x * x;
                break;
            case What::l1:
                value += std::abs(x);
                break;
            case What::log_sum_exp:
                value = std::max(value, x) + std::log1p(std::exp(-std::abs(value - x)));
                break;
            default:
                value += x;
        }
    }

    [[nodiscard]] double result(Index count) const {
        if (what == What::mean) return value / static_cast<double>(count);
        if (what == What::l2) return std::sqrt(value);
        return what == What::log_sum ? std::log(value) : value;
    }

    What what;
    double value = 0;
};

}  // namespace

void Reduction::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    const Rows rows(reduced_.dims);
    const Strides outer = outer_of(reduced_.steps);
    const Index lines = product(rows.outer);
    const Index step = reduced_.steps.steps.back();
    in_ranges(product(kept_.dims), product(kept_.dims) * product(reduced_.dims), [&](Index first, Index last) {
        for (Index i = first; i < last; ++i) {
            const float* begin = from + offset_of(i, kept_.dims, kept_.steps);
            Accumulator all(what_);
            for (Index line = 0; line < lines; ++line) {
                const float* values = begin + offset_of(line, rows.outer, outer);
                if (what_ == What::sum || what_ == What::mean) {  // the usual ones, without a choice per element
                    for (Index k = 0; k < rows.width; ++k) all.value += static_cast<double>(values[k * step]);
                    continue;
                }
                for (Index k = 0; k < rows.width; ++k) all.add(static_cast<double>(values[k * step]));
            }
            to[i] = static_cast<float>(all.result(lines * rows.width));
        }
    });
}

void MatrixProduct::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const Geometry& g = geometry_;
    const auto* left = inputs[0].ptr<float>();
    const auto* right = inputs[1].ptr<float>();
    auto* to = output.ptr<float>();
    constexpr Index kInner = 128;  // rows of the right matrix that stay in the cache while a block is made
    constexpr Index kRows = 8;
    const Index blocks = (g.rows + kRows - 1) / kRows;
    const Index batches = product(g.batch);
    in_ranges(batches * blocks, batches * g.rows * g.inner * g.columns, [&](Index first, Index last) {
        for (Index number = first; number < last; ++number) {
            const Index batch = number / blocks;
            const float* a = left + offset_of(batch, g.batch, g.left);
            const float* b = right + offset_of(batch, g.batch, g.right);
            float* c = to + batch * g.rows * g.columns;
            const Index begin = number % blocks * kRows;
            const Index end = std::min(g.rows, begin + kRows);
            std::fill(c + begin * g.columns, c + end * g.columns, 0.0F);
            for (Index k0 = 0; k0 < g.inner; k0 += kInner) {
                for (Index row = begin; row < end; ++row) {
                    for (Index k = k0; k < std::min(g.inner, k0 + kInner); ++k) {
                        add_scaled(b + k * g.columns, a[row * g.inner + k], c + row * g.columns, g.columns);
                    }
                }
            }
        }
    });
}

void LayerNorm::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    const Index total = product(shape());
    in_ranges(total / size_, total, [&](Index first, Index last) {
        for (Index row = first; row < last; ++row) {
            const float* x = from + row * size_;
            float* y = to + row * size_;
            const double mean = std::accumulate(x, x + size_, 0.0) / static_cast<double>(size_);
            double squares = 0;
            for (Index i = 0; i < size_; ++i) squares += (x[i] - mean) * (x[i] - mean);
            const double factor = 1 / std::sqrt(squares / static_cast<double>(size_) + static_cast<double>(epsilon_));
            for (Index i = 0; i < size_; ++i) {
                const auto at = static_cast<std::size_t>(i);
                const auto normal = static_cast<float>((x[i] - mean) * factor);
                y[i] = normal * scale_[at] + (shift_.empty() ? 0.0F : shift_[at]);
            }
        }
    });
}

void Cast::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    cast(type_, inputs[0].ptr<float>(), output.ptr<float>(), static_cast<Index>(output.total()));
}

void Joined::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    auto* to = output.ptr<float>();
    const float* const end = to + output.total();
    for (Index row = 0; to < end; ++row) {
        for (std::size_t i = 0; i < inputs.size(); ++i)
            to = std::copy_n(inputs[i].ptr<float>() + row * blocks_[i], blocks_[i], to);
    }
}

void Known::run(std::span<const cv::Mat>, cv::Mat& output) { output = cv::Mat(shape(), CV_32F, values_.data()); }

}  // namespace convoy::engine

#include "runtime/compare.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace convoy::runtime {

using graph::Index;
using graph::Tensor;

namespace {

/// The largest difference so far, relative to the largest magnitude expected.
class Errors {
  public:
    void add(double actual, double expected) {
        if (std::isfinite(expected)) largest_ = std::max(largest_, std::fabs(expected));
        if (actual == expected || (std::isnan(actual) && std::isnan(expected))) return;
        const bool comparable = std::isfinite(actual) && std::isfinite(expected);
        difference_ = std::max(difference_, comparable ? std::fabs(actual - expected) : INFINITY);
    }
    [[nodiscard]] double relative() const {
        if (difference_ == 0) return 0;
        return largest_ > 0 ? difference_ / largest_ : INFINITY;
    }

  private:
    double largest_ = 0;
    double difference_ = 0;
};

/// Elements of a dense tensor along one axis: `first`, `first + stride`, ...
struct Lane {
    Index first;
    Index stride;
    Index size;
    [[nodiscard]] Index at(Index i) const { return first + i * stride; }
};

double log_sum_exp(const float* values, const Lane& lane) {
    double largest = -INFINITY;
    for (Index i = 0; i < lane.size; ++i) largest = std::max<double>(largest, values[lane.at(i)]);
    if (!std::isfinite(largest)) return largest;
    double sum = 0;
    for (Index i = 0; i < lane.size; ++i) sum += std::exp(values[lane.at(i)] - largest);
    return largest + std::log(sum);
}

/// The logit of a probability, as near to `expected` as the probability's own rounding allows.
double logit(float probability, double normalisation, double expected) {
    using Float = std::numeric_limits<float>;
    if (probability >= 0 && probability < Float::min())
        return std::min(expected, std::log(double{Float::min()}) + normalisation);
    const double value = std::log(double{probability}) + normalisation;
    return std::fabs(value - expected) <= 4 * Float::epsilon() ? expected : value;
}

/// What a sigmoid was applied to; NaN for what is no probability.
double before_sigmoid(float probability) {
    using Float = std::numeric_limits<float>;
    if (!(probability >= 0 && probability <= 1)) return NAN;
    const double p = std::clamp<double>(probability, Float::min(), 1 - Float::epsilon() / 2);
    return std::log(p) - std::log1p(-p);
}

}  // namespace

bool equal_bytes(const Tensor& a, const Tensor& b) {
    const util::Bytes size = a.view().bytes();
    return size == b.view().bytes() &&
           std::memcmp(a.view().data(), b.view().data(), static_cast<std::size_t>(size.value)) == 0;
}

double relative_error(const Tensor& actual, const Tensor& expected) {
    Errors errors;
    for (Index i = 0; i < expected.view().volume(); ++i) errors.add(actual.floats()[i], expected.floats()[i]);
    return errors.relative();
}

double relative_error_of_logits(const Tensor& probabilities, const Tensor& expected_logits, graph::Axis axis) {
    Errors errors;
    const graph::Box& box = expected_logits.boxes().at(0);
    Index stride = 1;
    for (std::size_t inner = graph::kAxes; inner-- > static_cast<std::size_t>(axis) + 1;)
        stride *= box[graph::kAllAxes[inner]].size();
    const Index size = box[axis].size();
    for (Index first = 0; first < expected_logits.view().volume(); ++first) {
        if (first / stride % size != 0) continue;
        const Lane lane{first, stride, size};
        const double normalisation = log_sum_exp(expected_logits.floats(), lane);
        for (Index i = 0; i < size; ++i) {
            const double expected = expected_logits.floats()[lane.at(i)];
            errors.add(logit(probabilities.floats()[lane.at(i)], normalisation, expected), expected);
        }
    }
    return errors.relative();
}

double relative_error_before_sigmoid(const Tensor& actual, const Tensor& expected) {
    using Float = std::numeric_limits<float>;
    Errors errors;
    for (Index i = 0; i < expected.view().volume(); ++i) {
        const float is = actual.floats()[i];
        const float asked = expected.floats()[i];
        const double logit = before_sigmoid(asked);
        const double rounding = 4.0 * Float::epsilon() / std::max<double>(1 - asked, Float::epsilon() / 2);
        const double found = before_sigmoid(is);
        errors.add(std::fabs(found - logit) <= rounding ? logit : found, logit);
    }
    return errors.relative();
}

}  // namespace convoy::runtime

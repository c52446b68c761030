#include "report/reservoir.hpp"

#include <algorithm>
#include <cassert>

#include "util/statistics.hpp"

namespace convoy::report::detail {

void Reservoir::add(double value) {
    smallest_ = empty() ? value : std::min(smallest_, value);
    largest_ = empty() ? value : std::max(largest_, value);
    ++count_;
    if (values_.size() < kSize) {
        values_.push_back(value);
        return;
    }
    const auto place = static_cast<std::uint64_t>(random_.integer(0, static_cast<std::int64_t>(count_) - 1));
    if (place < kSize) values_[place] = value;
}

double Reservoir::quantile(double p) const {
    assert(!empty());
    if (p <= 0) return smallest_;
    if (p >= 1) return largest_;
    return util::quantile(values_, p);
}

}  // namespace convoy::report::detail

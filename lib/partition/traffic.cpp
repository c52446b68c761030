#include "partition/traffic.hpp"

#include <algorithm>

namespace convoy::partition::detail {

using util::Seconds;

Seconds message_time(const latency::Bed& bed, std::size_t from, std::size_t to, util::Bytes bytes) {
    return from == to ? Seconds{} : bed.occupancy(from, to, bytes) + bed.delay(from, to);
}

Traffic::Traffic(const latency::Bed& bed)
    : bed_(bed), out_(bed.cluster().devices.size()), in_(bed.cluster().devices.size()) {}

void Traffic::carry(std::size_t from, std::size_t to, util::Bytes bytes) {
    if (from == to || bytes.value <= 0) return;
    const Seconds time = bed_.occupancy(from, to, bytes);
    out_[from] += time;
    in_[to] += time;
    all_ += time;
    longest_delay_ = std::max(longest_delay_, bed_.delay(from, to));
}

Seconds Traffic::duration() const {
    Seconds busiest = all_;
    if (bed_.cluster().medium == cluster::Medium::switched) {
        busiest = std::max(*std::max_element(out_.begin(), out_.end()), *std::max_element(in_.begin(), in_.end()));
    }
    return busiest + longest_delay_;
}

}  // namespace convoy::partition::detail

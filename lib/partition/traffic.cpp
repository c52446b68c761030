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
    ++messages_;
    for (const std::size_t device : {from, to}) {
        if (out_[device].count() <= 0 && in_[device].count() <= 0) busy_.push_back(device);
    }
    out_[from] += time;
    in_[to] += time;
    all_ += time;
    longest_delay_ = std::max(longest_delay_, bed_.delay(from, to));
}

Seconds Traffic::duration() const {
    Seconds busiest = all_;
    if (bed_.cluster().medium == cluster::Medium::switched) {
        busiest = Seconds{};
        for (const std::size_t device : busy_) busiest = std::max({busiest, out_[device], in_[device]});
    }
    return busiest + longest_delay_;
}

void Traffic::clear() {
    for (const std::size_t device : busy_) out_[device] = in_[device] = Seconds{};
    busy_.clear();
    messages_ = 0;
    longest_delay_ = all_ = Seconds{};
}

}  // namespace convoy::partition::detail

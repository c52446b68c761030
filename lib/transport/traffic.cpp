#include "transport/traffic.hpp"

namespace convoy::transport {

Traffic& Traffic::operator+=(const Traffic& other) {
    messages += other.messages;
    payload_bytes += other.payload_bytes;
    header_bytes += other.header_bytes;
    return *this;
}

Traffic TrafficByKind::total() const {
    Traffic total;
    for (const auto& kind : kinds) total += kind;
    return total;
}

void Meter::add(Kind kind, std::uint64_t header_bytes, std::uint64_t payload_bytes) {
    const std::lock_guard lock(mutex_);
    traffic_.kinds.at(static_cast<std::size_t>(kind)) += {1, payload_bytes, header_bytes};
}

TrafficByKind Meter::read() const {
    const std::lock_guard lock(mutex_);
    return traffic_;
}

}  // namespace convoy::transport

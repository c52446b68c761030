#include "cost/network.hpp"

#include <algorithm>

namespace convoy::cost::detail {

Network::Network(std::size_t devices, bool shared_medium)
    : shared_(shared_medium),
      sending_(devices, false),
      taken_(shared_medium ? 1 : devices, false),
      senders_{{}, std::vector<bool>(devices, false)},
      ways_{{}, std::vector<bool>(taken_.size(), false)},
      queues_(devices * taken_.size()),
      ways_of_(devices),
      senders_to_(taken_.size()) {}

void Network::Changed::add(std::size_t number) {
    if (known[number]) return;
    known[number] = true;
    numbers.push_back(number);
}

void Network::Changed::clear() {
    for (const std::size_t number : numbers) known[number] = false;
    numbers.clear();
}

void Network::post(const Parcel& parcel) {
    const std::size_t sender = parcel.leg->sender;
    const std::size_t to = way(parcel.leg->receiver);
    if (queue(sender, to).empty()) {
        ways_of_[sender].push_back(to);
        senders_to_[to].push_back(sender);
    }
    queue(sender, to).push_back(parcel);
    senders_.add(sender);
}

void Network::consider(std::size_t sender, std::size_t way, Best& best) {
    if (sending_[sender]) return;
    ParcelQueue& candidates = queue(sender, way);
    const Parcel& parcel = candidates.front();
    const bool waits = taken_[way];
    if (waits && parcel.leg->start_up == 0) return;
    const bool better = best.queue == nullptr || waits < best.waits ||
                        (waits == best.waits && parcel.order < best.queue->front().order);
    if (better) best = {&candidates, waits};
}

bool Network::start(Parcel& parcel) {
    // Only what has changed since the last call came back empty can be startable.
    Best best;
    for (const std::size_t sender : senders_.numbers) {
        if (sending_[sender]) continue;
        for (const std::size_t way : ways_of_[sender]) consider(sender, way, best);
    }
    for (const std::size_t way : ways_.numbers) {
        if (taken_[way]) continue;
        for (const std::size_t sender : senders_to_[way]) consider(sender, way, best);
    }
    if (best.queue == nullptr) {
        senders_.clear();
        ways_.clear();
        return false;
    }
    parcel = best.queue->front();
    best.queue->pop_front();
    if (best.queue->empty()) {
        std::erase(ways_of_[parcel.leg->sender], way(parcel.leg->receiver));
        std::erase(senders_to_[way(parcel.leg->receiver)], parcel.leg->sender);
    }
    sending_[parcel.leg->sender] = true;
    if (parcel.leg->start_up == 0) taken_[way(parcel.leg->receiver)] = true;
    return true;
}

void Network::opened(const Parcel& parcel) { opened_.push_back(parcel); }

bool Network::transfer(Parcel& parcel) {
    const auto next = std::ranges::find_if(opened_, [&](const Parcel& p) { return !taken_[way(p.leg->receiver)]; });
    if (next == opened_.end()) return false;
    parcel = *next;
    opened_.erase(next);
    taken_[way(parcel.leg->receiver)] = true;
    return true;
}

void Network::release(const Leg& leg) {
    sending_[leg.sender] = false;
    taken_[way(leg.receiver)] = false;
    senders_.add(leg.sender);
    ways_.add(way(leg.receiver));
}

}  // namespace convoy::cost::detail

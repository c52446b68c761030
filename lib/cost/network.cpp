#include "cost/network.hpp"

namespace convoy::cost::detail {

Network::Network(std::size_t devices, bool shared_medium)
    : shared_(shared_medium),
      sending_(devices, false),
      receiving_(devices, false),
      senders_{{}, std::vector<bool>(devices, false)},
      receivers_{{}, std::vector<bool>(devices, false)},
      queues_(shared_medium ? 0 : devices * devices) {}

void Network::Changed::add(std::size_t device) {
    if (known[device]) return;
    known[device] = true;
    devices.push_back(device);
}

void Network::Changed::clear() {
    for (const std::size_t device : devices) known[device] = false;
    devices.clear();
}

void Network::post(const Parcel& parcel) {
    if (shared_) {
        waiting_.push_back(parcel);
        return;
    }
    queue(parcel.leg->sender, parcel.leg->receiver).push_back(parcel);
    senders_.add(parcel.leg->sender);
}

void Network::release(const Leg& leg) {
    medium_ = false;
    sending_[leg.sender] = false;
    receiving_[leg.receiver] = false;
    senders_.add(leg.sender);
    receivers_.add(leg.receiver);
}

bool Network::start_shared(Parcel& parcel) {
    if (medium_ || waiting_.empty()) return false;
    parcel = waiting_.front();
    waiting_.pop_front();
    return medium_ = true;
}

void Network::consider(std::size_t sender, std::size_t receiver, std::deque<Parcel>*& best) {
    if (sending_[sender] || receiving_[receiver]) return;
    std::deque<Parcel>& candidates = queue(sender, receiver);
    if (candidates.empty()) return;
    if (best == nullptr || candidates.front().order < best->front().order) best = &candidates;
}

bool Network::start(Parcel& parcel) {
    if (shared_) return start_shared(parcel);
    // Only what has changed since the last call came back empty can be startable.
    std::deque<Parcel>* best = nullptr;
    for (const std::size_t sender : senders_.devices) {
        if (sending_[sender]) continue;
        for (std::size_t receiver = 0; receiver < receiving_.size(); ++receiver) consider(sender, receiver, best);
    }
    for (const std::size_t receiver : receivers_.devices) {
        if (receiving_[receiver]) continue;
        for (std::size_t sender = 0; sender < sending_.size(); ++sender) consider(sender, receiver, best);
    }
    if (best == nullptr) {
        senders_.clear();
        receivers_.clear();
        return false;
    }
    parcel = best->front();
    best->pop_front();
    sending_[parcel.leg->sender] = true;
    receiving_[parcel.leg->receiver] = true;
    return true;
}

}  // namespace convoy::cost::detail

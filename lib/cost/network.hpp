#pragma once

#include <deque>
#include <vector>

#include "cost/schedule.hpp"

namespace convoy::cost::detail {

/// A message of one frame.
struct Parcel {
    std::size_t order = 0;  ///< in which it was handed over
    std::size_t frame = 0;
    std::size_t message = 0;
    const Leg* leg = nullptr;
};

/// First in, first out; takes no memory before the first parcel: a thousand devices have a million of them.
class ParcelQueue {
  public:
    [[nodiscard]] bool empty() const noexcept { return head_ == parcels_.size(); }
    [[nodiscard]] const Parcel& front() const { return parcels_[head_]; }
    void push_back(const Parcel& parcel) { parcels_.push_back(parcel); }
    void pop_front() {
        if (++head_ < parcels_.size()) return;
        parcels_.clear();
        head_ = 0;
    }

  private:
    std::vector<Parcel> parcels_;
    std::size_t head_ = 0;
};

/// The interfaces of all devices, and the messages that wait for them.
///
/// A message takes its sender's interface, and keeps it until its last byte has left: first for its start-up, then,
/// together with the receiver's interface or the one medium, for its bytes.
class Network {
  public:
    Network(std::size_t devices, bool shared_medium);

    void post(const Parcel& parcel);
    /// Takes the next message whose sender's interface is free, and occupies it for the start-up. Of several one whose
    /// receiver is free, too; of those the one handed over first. A message without start-up waits for both.
    [[nodiscard]] bool start(Parcel& parcel);
    /// The start-up of a message is over: it waits for the receiver.
    void opened(const Parcel& parcel);
    /// Takes the next message whose start-up is over and whose receiver's interface is free, and occupies that for the
    /// bytes.
    [[nodiscard]] bool transfer(Parcel& parcel);
    /// The last byte has left.
    void release(const Leg& leg);

  private:
    /// What a message needs for its bytes: the receiver's interface, or the medium.
    [[nodiscard]] std::size_t way(std::size_t receiver) const { return shared_ ? 0 : receiver; }
    [[nodiscard]] ParcelQueue& queue(std::size_t sender, std::size_t way) {
        return queues_[sender * taken_.size() + way];
    }
    struct Changed {
        std::vector<std::size_t> numbers;
        std::vector<bool> known;
        void add(std::size_t number);
        void clear();
    };
    struct Best {
        ParcelQueue* queue = nullptr;
        bool waits = false;  ///< its way is not free
    };
    void consider(std::size_t sender, std::size_t way, Best& best);

    bool shared_;
    std::vector<bool> sending_;        ///< by device
    std::vector<bool> taken_;          ///< by way
    Changed senders_;                  ///< whose interface, or queue, has changed since start() found nothing
    Changed ways_;                     ///< that have become free since
    std::vector<ParcelQueue> queues_;  ///< by sender and way
    /// The queues that are not empty: by sender their ways, by way their senders, in any order.
    std::vector<std::vector<std::size_t>> ways_of_;
    std::vector<std::vector<std::size_t>> senders_to_;
    std::deque<Parcel> opened_;  ///< in the order in which their start-ups ended
};

}  // namespace convoy::cost::detail

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

/// The interfaces of all devices, or the one medium, and the messages that wait for them.
class Network {
  public:
    Network(std::size_t devices, bool shared_medium);

    void post(const Parcel& parcel);
    /// Takes the next message whose interfaces are free, and occupies them. Of several the one handed over first.
    [[nodiscard]] bool start(Parcel& parcel);
    void release(const Leg& leg);

  private:
    [[nodiscard]] std::deque<Parcel>& queue(std::size_t sender, std::size_t receiver) {
        return queues_[sender * sending_.size() + receiver];
    }
    bool start_shared(Parcel& parcel);
    struct Changed {
        std::vector<std::size_t> devices;
        std::vector<bool> known;  ///< by device
        void add(std::size_t device);
        void clear();
    };
    void consider(std::size_t sender, std::size_t receiver, std::deque<Parcel>*& best);

    bool shared_;
    bool medium_ = false;
    std::deque<Parcel> waiting_;              ///< shared: for the medium
    std::vector<bool> sending_;               ///< by device
    std::vector<bool> receiving_;             ///< by device
    Changed senders_;                         ///< whose interface, or queue, has changed since start() found nothing
    Changed receivers_;                       ///< whose interface has become free since
    std::vector<std::deque<Parcel>> queues_;  ///< by sender and receiver
};

}  // namespace convoy::cost::detail

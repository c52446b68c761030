#include "runtime/interface.hpp"

#include <algorithm>

#include "util/clock.hpp"

namespace convoy::runtime {

using util::Seconds;

Seconds InterfaceClock::departure(const EmulatedLink& link, util::Bytes bytes, Seconds now) {
    const Seconds departs = std::max(now, free_at_) + link.start_up;
    free_at_ = departs + bytes / link.rate;
    return departs;
}

Interface::Interface(std::function<void(const util::Error&)> failed)
    : failed_(std::move(failed)), thread_([this] { run(); }) {}

Interface::~Interface() { stop(); }

void Interface::post(const EmulatedLink& link, util::Bytes bytes, std::function<void()> send) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        const Seconds departure = clock_.departure(link, bytes, util::now());
        if (link.start_up > Seconds{0}) {
            queue_.push_back({departure, std::move(send)});
            changed_.notify_all();
            return;
        }
    }
    send();
}

bool Interface::flush(Seconds patience) {
    std::unique_lock lock(mutex_);
    const auto idle = [this] { return stopped_ || (queue_.empty() && !sending_); };
    return changed_.wait_for(lock, patience, idle) && !stopped_;
}

void Interface::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        queue_.clear();
    }
    timer_.interrupt();
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

std::function<void()> Interface::next() {
    std::unique_lock lock(mutex_);
    sending_ = false;
    changed_.notify_all();
    changed_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (stopped_) return {};
    Waiting first = std::move(queue_.front());
    queue_.pop_front();
    sending_ = true;
    lock.unlock();
    return timer_.wait_until(first.departure) ? std::move(first.send) : std::function<void()>{};
}

void Interface::run() {
    try {
        while (const auto send = next()) send();
        return;
    } catch (const util::Error& error) {
        failed_(error);
    }
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    queue_.clear();
    changed_.notify_all();
}

}  // namespace convoy::runtime

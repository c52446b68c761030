#include "support/in_process.hpp"

#include <chrono>

namespace convoy::test {

using plan::DeviceId;

InProcessCluster::InProcessCluster(const plan::Plan& plan, const plan::Compiled& compiled, engine::Weights& weights,
                                   std::uint64_t seed)
    : plan_(plan), compiled_(compiled), random_(seed) {
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        const auto device = DeviceId(i);
        runtime::Executor::Hooks hooks;
        hooks.send = [this](std::uint64_t frame, const plan::Message& message, util::SharedBytes payload) {
            const std::lock_guard lock(mutex_);
            carried_ += util::Bytes(static_cast<std::int64_t>(payload.bytes.size()));
            letters_.push_back({message.receiver,
                                {frame, message.stage, message.piece, message.tensor, message.sender},
                                std::move(payload)});
            changed_.notify_all();
        };
        hooks.done = [this, device](runtime::FinishedFrame frame) { finish(device, std::move(frame)); };
        hooks.failed = [this](const util::Error& error) { fail(error); };
        executors_.push_back(
            std::make_unique<runtime::Executor>(runtime::Executor::Part{plan, compiled, device, weights}, hooks));
    }
    mailman_ = std::thread([this] { deliver_letters(); });
}

InProcessCluster::~InProcessCluster() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    mailman_.join();
}

std::vector<std::vector<graph::Tensor>> InProcessCluster::run(const std::vector<std::vector<graph::Tensor>>& frames) {
    for (std::uint64_t frame = 0; frame < frames.size(); ++frame) {
        const std::size_t route = plan::route_of(plan_, frame);
        std::unique_lock lock(mutex_);
        const auto admitted = [&] {
            std::size_t open = 0;
            for (const auto& [number, left] : missing_) open += left > 0 && plan::route_of(plan_, number) == route;
            return failure_ || open < static_cast<std::size_t>(plan_.in_flight);
        };
        if (!changed_.wait_for(lock, std::chrono::seconds(20), admitted))
            throw util::Error(util::Errc::timed_out, "a frame hangs");
        if (failure_) throw util::Error(*failure_);
        std::size_t devices = 0;
        for (const auto& executor : executors_) devices += executor->takes_part(route);
        missing_[frame] = devices;
        lock.unlock();
        for (std::size_t i = 0; i < executors_.size(); ++i)
            if (runtime::Executor::needs_announcement(compiled_.program(route, DeviceId(i))))
                executors_[i]->announce(frame);
        executors_[index(plan_.source)]->start(frame, frames[frame]);
    }
    std::unique_lock lock(mutex_);
    const auto finished = [&] {
        if (failure_) return true;
        for (const auto& [number, left] : missing_)
            if (left > 0) return false;
        return true;
    };
    if (!changed_.wait_for(lock, std::chrono::seconds(20), finished))
        throw util::Error(util::Errc::timed_out, "a frame hangs");
    if (failure_) throw util::Error(*failure_);
    std::vector<std::vector<graph::Tensor>> outputs;
    for (auto& [frame, tensors] : outputs_) outputs.push_back(std::move(tensors));
    return outputs;
}

util::Bytes InProcessCluster::carried() const {
    const std::lock_guard lock(mutex_);
    return carried_;
}

util::Bytes InProcessCluster::peak_bytes(DeviceId device) const { return executors_[index(device)]->peak_bytes(); }

void InProcessCluster::deliver_letters() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !letters_.empty(); });
        if (stopping_) return;
        const auto chosen = letters_.begin() + random_.integer(0, static_cast<std::int64_t>(letters_.size()) - 1);
        Letter letter = std::move(*chosen);
        letters_.erase(chosen);
        lock.unlock();
        try {
            executors_[index(letter.receiver)]->deliver(letter.arrival, std::move(letter.payload));
        } catch (const util::Error& error) {
            fail(error);
        }
        lock.lock();
    }
}

void InProcessCluster::finish(DeviceId device, runtime::FinishedFrame frame) {
    const std::lock_guard lock(mutex_);
    --missing_[frame.record.frame];
    if (device == plan_.sink) outputs_[frame.record.frame] = std::move(frame.outputs);
    changed_.notify_all();
}

void InProcessCluster::fail(const util::Error& error) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
    changed_.notify_all();
}

}  // namespace convoy::test

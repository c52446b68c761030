#include "runtime/executor.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "runtime/frame_state.hpp"
#include "runtime/stretch.hpp"
#include "util/clock.hpp"

namespace convoy::runtime {

using plan::index;

class Executor::Implementation {
  public:
    Implementation(const Part& part, Hooks hooks) : part_(part), hooks_(std::move(hooks)), stretch_(part.slowdown) {
        for (std::size_t route = 0; route < part.compiled.routes(); ++route)
            routes_.emplace_back(part.weights, part.plan.routes[route], part.compiled.program(route, part.device));
        thread_ = std::thread([this] { run(); });
    }

    ~Implementation() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        stretch_.interrupt();
        wake_.notify_all();
        thread_.join();
    }

    [[nodiscard]] const std::vector<RoutePart>& routes() const { return routes_; }

    void start(std::uint64_t frame, std::vector<graph::Tensor> inputs) {
        {
            const std::lock_guard lock(mutex_);
            open(frame).take_inputs(std::move(inputs));
        }
        wake_.notify_all();
    }

    void announce(std::uint64_t frame) {
        {
            const std::lock_guard lock(mutex_);
            (void)open(frame);
        }
        wake_.notify_all();
    }

    void deliver(const Arrival& arrival, util::SharedBytes payload) {
        {
            const std::lock_guard lock(mutex_);
            if (failed_) return;
            open(arrival.frame).take_message(arrival, std::move(payload));
        }
        wake_.notify_all();
    }

    [[nodiscard]] util::Bytes peak_bytes() const {
        const std::lock_guard lock(mutex_);
        return memory_.peak();
    }

  private:
    /// The state of a frame, made at its first sign of life. Needs the lock.
    FrameState& open(std::uint64_t frame) {
        const auto found = frames_.find(frame);
        if (found != frames_.end()) return *found->second;
        const std::size_t admitted = routes_.size() * static_cast<std::size_t>(part_.plan.in_flight);
        if (frames_.size() >= admitted)
            throw util::Error(util::Errc::protocol,
                              fmt::format("frame {} comes while {} frames are open already", frame, frames_.size()));
        RoutePart& route = routes_[plan::route_of(part_.plan, frame)];
        return *frames_.emplace(frame, std::make_unique<FrameState>(frame, route, memory_)).first->second;
    }

    /// The oldest frame whose next step is ready. Needs the lock.
    FrameState* next() {
        for (auto& [number, frame] : frames_)
            if (frame->ready()) return frame.get();
        return nullptr;
    }

    void run() {
        try {
            while (FrameState* frame = wait_for_work()) step(*frame);
        } catch (const util::Error& error) {
            fail(error);
        } catch (const std::exception& error) {
            fail(util::Error(util::Errc::internal, error.what()));
        }
    }

    FrameState* wait_for_work() {
        std::unique_lock lock(mutex_);
        FrameState* frame = nullptr;
        wake_.wait(lock, [&] { return stopping_ || (frame = next()) != nullptr; });
        return stopping_ ? nullptr : frame;
    }

    /// Executes one step; only this thread touches what lies behind a frame's next step.
    void step(FrameState& frame) {
        if (!frame.finished()) {
            frame.execute({part_.weights, mutex_, hooks_.send, stretch_});
        }
        if (!frame.finished()) return;
        FinishedFrame finished = frame.finish();
        {
            const std::lock_guard lock(mutex_);
            frames_.erase(finished.record.frame);
        }
        hooks_.done(std::move(finished));
    }

    void fail(const util::Error& error) {
        {
            const std::lock_guard lock(mutex_);
            failed_ = true;
        }
        hooks_.failed(error);
    }

    Part part_;
    Hooks hooks_;
    Stretch stretch_;
    std::vector<RoutePart> routes_;
    mutable std::mutex mutex_;  ///< guards frames_, memory_ and the flags, and each frame's arrivals
    std::condition_variable wake_;
    std::map<std::uint64_t, std::unique_ptr<FrameState>> frames_;
    MemoryMeter memory_;
    bool stopping_ = false;
    bool failed_ = false;
    std::thread thread_;
};

Executor::Executor(const Part& part, Hooks hooks)
    : implementation_(std::make_unique<Implementation>(part, std::move(hooks))) {}
Executor::~Executor() = default;

bool Executor::takes_part(std::size_t route) const { return !implementation_->routes().at(route).idle(); }

void Executor::start(std::uint64_t frame, std::vector<graph::Tensor> inputs) {
    implementation_->start(frame, std::move(inputs));
}

bool Executor::needs_announcement(const plan::Program& program) {
    return program.inputs.empty() && !program.steps.empty() &&
           !std::holds_alternative<plan::Receive>(program.steps.front());
}

void Executor::announce(std::uint64_t frame) { implementation_->announce(frame); }

void Executor::deliver(const Arrival& arrival, util::SharedBytes payload) {
    implementation_->deliver(arrival, std::move(payload));
}

util::Bytes Executor::peak_bytes() const { return implementation_->peak_bytes(); }

}  // namespace convoy::runtime

#include "cost/simulation.hpp"

#include <algorithm>
#include <memory>
#include <queue>

#include "cost/network.hpp"
#include "util/error.hpp"

namespace convoy::cost::detail {

namespace {

struct Frame {
    std::size_t number = 0;
    std::size_t route = 0;
    std::vector<std::size_t> next;  ///< by device: its task
    std::vector<bool> arrived;      ///< by message
    std::size_t unfinished = 0;     ///< devices
};

struct Event {
    enum class Kind : std::uint8_t { computed, opened, freed, arrived };
    double time = 0;
    std::size_t order = 0;
    Kind kind = Kind::computed;
    std::size_t device = 0;  ///< computed
    std::size_t frame = 0;
    std::size_t message = 0;  ///< of the others
    bool operator>(const Event& other) const {
        return time > other.time || (time == other.time && order > other.order);
    }
};

class Simulation {
  public:
    Simulation(std::span<const Schedule> routes, std::span<const std::size_t> frames, const Settings& settings,
               Trace* trace)
        : routes_(routes),
          frame_routes_(frames),
          settings_(settings),
          trace_(trace),
          network_(routes.front().devices.size(), settings.shared_medium),
          busy_(routes.front().devices.size(), false),
          stirred_(busy_),
          waiting_(routes.front().devices.size()),
          room_(routes.size(), settings.in_flight),
          frames_(frames.size()),
          left_(frames.size(), -1) {
        if (trace_ == nullptr) return;
        const Schedule& schedule = routes_[frame_routes_.front()];
        for (const auto& tasks : schedule.devices) trace_->tasks.emplace_back(tasks.size());
        trace_->legs.resize(schedule.legs.size());
    }

    std::vector<double> run() {
        settle();
        while (!events_.empty()) {
            now_ = events_.top().time;
            while (!events_.empty() && events_.top().time == now_) {
                const Event event = events_.top();
                events_.pop();
                apply(event);
            }
            settle();
        }
        if (admitted_ < frames_.size() || active_ > 0) {
            throw util::Error(util::Errc::internal, "the step programs wait for each other");
        }
        return std::move(left_);
    }

  private:
    [[nodiscard]] const Schedule& schedule(const Frame& frame) const { return routes_[frame.route]; }

    void later(double seconds, Event event) {
        event.time = now_ + seconds;
        event.order = order_++;
        events_.push(event);
    }

    void apply(const Event& event) {
        Frame& frame = *frames_[event.frame];
        switch (event.kind) {
            case Event::Kind::computed:
                busy_[event.device] = false;
                stir(event.device);
                finish_task(frame, event.device);
                break;
            case Event::Kind::opened:
                network_.opened({0, event.frame, event.message, &schedule(frame).legs[event.message]});
                break;
            case Event::Kind::freed:
                network_.release(schedule(frame).legs[event.message]);
                break;
            case Event::Kind::arrived:
                frame.arrived[event.message] = true;
                stir(schedule(frame).legs[event.message].receiver);
                if (traced(frame)) trace_->legs[event.message].arrived = now_;
                break;
        }
    }

    void stir(std::size_t device) {
        if (stirred_[device]) return;
        stirred_[device] = true;
        stirred_devices_.push_back(device);
    }

    /// Does all that can be done at this moment.
    void settle() {
        do {
            admit();
            std::sort(stirred_devices_.begin(), stirred_devices_.end());
            for (const std::size_t device : stirred_devices_) {
                dispatch(device);
                stirred_[device] = false;
            }
            stirred_devices_.clear();
        } while (remove_finished());
        Parcel parcel;
        while (network_.transfer(parcel)) transfer(parcel);
        while (network_.start(parcel)) {
            if (traced(*frames_[parcel.frame])) trace_->legs[parcel.message].started = now_;
            if (parcel.leg->start_up == 0) {
                transfer(parcel);
            } else {
                later(parcel.leg->start_up, {0, 0, Event::Kind::opened, 0, parcel.frame, parcel.message});
            }
        }
    }

    void transfer(const Parcel& parcel) {
        const Leg& leg = *parcel.leg;
        if (traced(*frames_[parcel.frame])) trace_->legs[parcel.message].freed = now_ + leg.bytes;
        later(leg.bytes, {0, 0, Event::Kind::freed, 0, parcel.frame, parcel.message});
        later(leg.bytes + leg.delay, {0, 0, Event::Kind::arrived, 0, parcel.frame, parcel.message});
    }

    void admit() {
        while (admitted_ < frames_.size() && room_[frame_routes_[admitted_]] > 0) {
            auto frame = std::make_unique<Frame>();
            frame->number = admitted_;
            frame->route = frame_routes_[admitted_];
            --room_[frame->route];
            frame->next.assign(busy_.size(), 0);
            frame->arrived.assign(schedule(*frame).legs.size(), false);
            for (std::size_t device = 0; device < busy_.size(); ++device) {
                if (schedule(*frame).devices[device].empty()) continue;
                ++frame->unfinished;
                waiting_[device].push_back(admitted_);
                stir(device);
            }
            ++active_;
            if (frame->unfinished == 0) finished_.push_back(admitted_);
            frames_[admitted_++] = std::move(frame);
        }
    }

    bool remove_finished() {
        const bool any = !finished_.empty();
        for (const std::size_t number : finished_) {
            left_[number] = now_;
            ++room_[frames_[number]->route];
            --active_;
            frames_[number].reset();
        }
        finished_.clear();
        return any && admitted_ < frames_.size();
    }

    /// The oldest frame whose next task is ready; tasks that take no time are done on the way.
    void dispatch(std::size_t device) {
        std::vector<std::size_t>& frames = waiting_[device];
        for (std::size_t k = 0; k < frames.size() && !busy_[device];) {
            Frame* frame = frames_[frames[k]].get();  // nothing when it left while an older one kept the device busy
            if (frame != nullptr) advance(*frame, device);
            if (frame != nullptr && frame->next[device] < schedule(*frame).devices[device].size()) {
                ++k;
            } else {
                frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(k));
            }
        }
    }

    void advance(Frame& frame, std::size_t device) {
        const std::vector<Task>& tasks = schedule(frame).devices[device];
        while (frame.next[device] < tasks.size()) {
            const Task& task = tasks[frame.next[device]];
            begin_task(frame, device);
            if (task.kind == Task::Kind::compute) {
                busy_[device] = true;
                later(task.seconds, {0, 0, Event::Kind::computed, device, frame.number, 0});
                return;
            }
            if (task.kind == Task::Kind::receive && !frame.arrived[task.message]) return;
            if (task.kind == Task::Kind::send) post(frame, task.message);
            finish_task(frame, device);
        }
    }

    void post(const Frame& frame, std::size_t message) {
        if (traced(frame)) trace_->legs[message].posted = now_;
        network_.post({posted_++, frame.number, message, &schedule(frame).legs[message]});
    }

    [[nodiscard]] bool traced(const Frame& frame) const { return trace_ != nullptr && frame.number == 0; }

    void begin_task(const Frame& frame, std::size_t device) {
        if (!traced(frame)) return;
        TaskTimes& times = trace_->tasks[device][frame.next[device]];
        if (times.begin < 0) times.begin = now_;
    }

    void finish_task(Frame& frame, std::size_t device) {
        if (traced(frame)) trace_->tasks[device][frame.next[device]].end = now_;
        if (++frame.next[device] < schedule(frame).devices[device].size()) return;
        if (--frame.unfinished == 0) finished_.push_back(frame.number);
    }

    std::span<const Schedule> routes_;
    std::span<const std::size_t> frame_routes_;
    Settings settings_;
    Trace* trace_;
    Network network_;
    std::vector<bool> busy_;     ///< by device
    std::vector<bool> stirred_;  ///< by device: something has changed that it may act upon
    std::vector<std::size_t> stirred_devices_;
    std::vector<std::vector<std::size_t>> waiting_;  ///< by device: frames that it is not done with, oldest first
    std::vector<std::size_t> room_;                  ///< by route: frames that may be admitted
    std::vector<std::unique_ptr<Frame>> frames_;     ///< empty before it is admitted, and when it has left flight
    std::vector<std::size_t> finished_;              ///< that all devices are done with, and that are still in flight
    std::size_t active_ = 0;                         ///< frames in flight
    std::vector<double> left_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    double now_ = 0;
    std::size_t order_ = 0;
    std::size_t posted_ = 0;
    std::size_t admitted_ = 0;
};

}  // namespace

std::vector<double> play(std::span<const Schedule> routes, std::span<const std::size_t> frames,
                         const Settings& settings, Trace* trace) {
    return Simulation(routes, frames, settings, trace).run();
}

}  // namespace convoy::cost::detail

#include <algorithm>
#include <queue>
#include <set>

#include "plan/compile.hpp"
#include "util/error.hpp"

namespace convoy::plan::detail {
namespace {

using util::Bytes;

/// How many steps of each device have been done, as far as somebody can know.
using Clock = std::vector<std::size_t>;

void join(Clock& clock, const Clock& other) {
    for (std::size_t d = 0; d < clock.size(); ++d) clock[d] = std::max(clock[d], other[d]);
}

/// Plays all programs of a frame with vector clocks. A message may lie at its receiver as soon as the receiver's own
/// steps that its send depends on are done; a sent one occupies its sender until the sender can know that it was taken.
class Playback {
  public:
    Playback(const std::vector<Program>& programs, std::size_t messages)
        : programs_(programs), slots_(programs.size(), 0), sent_(messages), taken_at_(messages) {
        for (std::size_t device = 0; device < programs.size(); ++device) {
            if (programs[device].steps.empty()) continue;
            slots_[device] = active_.size();
            active_.push_back(device);
        }
        for (std::size_t d = 0; d < active_.size(); ++d) devices_.emplace_back(program(d), active_.size());
        for (std::size_t d = 0; d < active_.size(); ++d) find_takes(d);
    }

    std::vector<Bytes> run() {
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t d = 0; d < active_.size(); ++d) moved = advance(d) || moved;
        }
        std::vector<Bytes> peaks(programs_.size());
        for (std::size_t d = 0; d < active_.size(); ++d) {
            if (devices_[d].next < program(d).steps.size()) {
                throw util::Error(util::Errc::internal, "the step programs wait for each other");
            }
            peaks[active_[d]] = peak(d);
        }
        return peaks;
    }

  private:
    /// A change of a device's memory before or after one of its steps.
    struct Delta {
        Bytes before;  ///< happens as the step begins
        Bytes after;   ///< happens as it ends
    };
    struct Pending {
        std::size_t taken_at;  ///< step of the receiver
        Bytes payload;
        bool operator>(const Pending& other) const { return taken_at > other.taken_at; }
    };
    using PendingQueue = std::priority_queue<Pending, std::vector<Pending>, std::greater<>>;

    struct Device {
        Device(const Program& program, std::size_t devices)
            : clock(devices, 0), deltas(program.steps.size() + 1), undelivered(devices) {}
        std::size_t next = 0;
        Clock clock;
        std::vector<Delta> deltas;
        std::vector<PendingQueue> undelivered;  ///< by receiver
    };

    /// Of a device that does something, by its slot.
    [[nodiscard]] const Program& program(std::size_t d) const { return programs_[active_[d]]; }
    [[nodiscard]] static std::size_t number(const Program& program, std::size_t message) {
        return program.message_numbers[message];
    }

    void find_takes(std::size_t d) {
        const auto& steps = program(d).steps;
        for (std::size_t s = 0; s < steps.size(); ++s) {
            if (const auto* receive = std::get_if<Receive>(&steps[s]))
                taken_at_[number(program(d), receive->message)] = s;
        }
    }

    /// Goes on until a message is missing.
    bool advance(std::size_t d) {
        Device& device = devices_[d];
        const auto& steps = program(d).steps;
        const std::size_t begin = device.next;
        while (device.next < steps.size()) {
            if (const auto* receive = std::get_if<Receive>(&steps[device.next])) {
                if (!take(d, receive->message)) break;
            }
            ++device.next;
            device.clock[d] = device.next;
            if (const auto* send = std::get_if<Send>(&steps[device.next - 1])) post(d, send->message);
        }
        return device.next > begin;
    }

    bool take(std::size_t d, std::size_t message) {
        Device& device = devices_[d];
        const std::size_t m = number(program(d), message);
        if (sent_[m].empty()) return false;
        const Bytes payload = program(d).messages[message].payload;
        device.deltas[sent_[m][d]].before += payload;  // it may come as soon as our steps that it depends on are done
        device.deltas[device.next].after -= payload;
        join(device.clock, sent_[m]);
        sent_[m] = Clock(1);
        for (std::size_t e = 0; e < device.undelivered.size(); ++e) {
            PendingQueue& queue = device.undelivered[e];
            while (!queue.empty() && queue.top().taken_at < device.clock[e]) {
                device.deltas[device.next].after -= queue.top().payload;
                queue.pop();
            }
        }
        return true;
    }

    void post(std::size_t d, std::size_t message) {
        Device& device = devices_[d];
        const Message& m = program(d).messages[message];
        const std::size_t id = number(program(d), message);
        sent_[id] = device.clock;
        device.deltas[device.next - 1].before += m.payload;
        device.undelivered[slots_[index(m.receiver)]].push({taken_at_[id], m.payload});
    }

    /// Messages and buffers together, over all steps.
    [[nodiscard]] Bytes peak(std::size_t d) const {
        const Program& program = this->program(d);
        std::set<BufferId> inputs;
        Bytes level;
        for (const Program::Source& input : program.inputs) {
            inputs.insert(input.buffer);
            level += program.buffers[index(input.buffer)].bytes;
        }
        Bytes highest = level;
        for (std::size_t s = 0; s <= program.steps.size(); ++s) {
            level += devices_[d].deltas[s].before;
            if (s < program.steps.size()) level += made(program, program.steps[s]);
            highest = std::max(highest, level);
            if (s < program.steps.size()) level -= freed(program, program.steps[s], inputs);
            level += devices_[d].deltas[s].after;
        }
        return highest;
    }

    static Bytes made(const Program& program, const Step& step) {
        const auto bytes = [&](BufferId id) { return program.buffers[index(id)].bytes; };
        Bytes sum;
        if (const auto* receive = std::get_if<Receive>(&step)) sum += bytes(receive->into);
        if (const auto* reduce = std::get_if<Reduce>(&step)) sum += bytes(reduce->into);
        if (const auto* run = std::get_if<Run>(&step)) {
            for (const Run::Output& output : run->outputs) sum += bytes(output.into);
        }
        return sum;
    }

    /// Rule 19: the source keeps a frame's input, for a new epoch, until the frame leaves flight.
    static Bytes freed(const Program& program, const Step& step, const std::set<BufferId>& inputs) {
        const auto* free = std::get_if<Free>(&step);
        return free != nullptr && inputs.count(free->buffer) == 0 ? program.buffers[index(free->buffer)].bytes
                                                                  : Bytes{};
    }

    const std::vector<Program>& programs_;
    std::vector<std::size_t> active_;  ///< devices that do something; the others have no slot: a plan's routes may
                                       ///< have a thousand devices of which each uses two
    std::vector<std::size_t> slots_;   ///< by device
    std::vector<Device> devices_;
    std::vector<Clock> sent_;            ///< by message: the sender's clock; empty until it is sent
    std::vector<std::size_t> taken_at_;  ///< by message: step of the receiver
};

}  // namespace

std::vector<Bytes> frame_peaks(const std::vector<Program>& programs, std::size_t messages) {
    return Playback(programs, messages).run();
}

Bytes weights_of(const graph::Graph& graph, const std::vector<const Program*>& programs) {
    std::vector<graph::Work> slices;
    Bytes sum;
    for (const Program* program : programs) {
        for (const Step& step : program->steps) {
            const auto* run = std::get_if<Run>(&step);
            if (run == nullptr) continue;
            for (const graph::Work& work : run->works) {
                if (!graph.op(work.op).weights) continue;
                const bool known = std::any_of(slices.begin(), slices.end(), [&](const graph::Work& slice) {
                    return slice.op == work.op && slice.outputs[0].c == work.outputs[0].c && slice.in == work.in;
                });
                if (known) continue;
                slices.push_back(work);
                sum += graph::weight_bytes(graph, work);
            }
        }
    }
    return sum;
}

}  // namespace convoy::plan::detail

#include "support/program_executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <set>

namespace convoy::test {
namespace {

using graph::Region;
using graph::TensorId;
using plan::BufferId;
using plan::DeviceId;
using util::Bytes;

using Key = std::tuple<plan::StageId, std::uint32_t, TensorId, DeviceId, DeviceId>;
Key key_of(const plan::Message& m) { return {m.stage, m.piece, m.tensor, m.sender, m.receiver}; }

Region region_of(const std::vector<graph::Box>& boxes) {
    Region region;
    for (const graph::Box& box : boxes) region |= box;
    return region;
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

struct Parcel {
    Key key;
    DeviceId receiver{};
    Values values;
    Bytes payload;
};

/// One frame on one device.
struct Progress {
    std::size_t next = 0;
    std::vector<std::optional<Values>> buffers;
    std::map<Key, Parcel> arrived;
    Bytes undelivered;
    Bytes kept;  ///< the frame's input on the source
};

struct Frame {
    std::uint64_t number = 0;
    std::size_t route = 0;
    std::vector<Values> whole;   ///< every tensor, by the whole model
    std::vector<Values> agreed;  ///< every tensor: what the first device that knew an element had
    std::vector<Progress> devices;
    std::vector<Parcel> travelling;
};

class Executor {
  public:
    Executor(const Deployment& deployment, int frames, util::Random& random)
        : all_(deployment), graph_(deployment.graph), random_(random), left_(frames) {}

    Complaints run() {
        while (complaints_.empty()) {
            admit();
            if (frames_.empty()) break;
            if (!act()) complain("hang: no step is ready and no message is under way");
        }
        return complaints_;
    }

  private:
    void complain(const std::string& text) { complaints_.push_back(text); }

    [[nodiscard]] const plan::Program& program(const Frame& frame, std::size_t device) const {
        return all_.programs[frame.route][device];
    }

    /// Frames start in order, each as soon as its route has room.
    void admit() {
        while (left_ > 0) {
            const std::size_t route = plan::route_of(all_.plan, next_frame_);
            const auto active =
                std::count_if(frames_.begin(), frames_.end(), [&](const Frame& f) { return f.route == route; });
            if (active >= all_.plan.in_flight) return;
            frames_.push_back(start(route));
            --left_;
            ++next_frame_;
        }
    }

    Frame start(std::size_t route) {
        Frame frame;
        frame.number = next_frame_;
        frame.route = route;
        const std::vector<Values> inputs = random_inputs(graph_, random_);
        frame.whole = naive_run(graph_, inputs);
        for (const graph::TensorInfo& tensor : graph_.tensors()) frame.agreed.emplace_back(tensor);
        for (std::size_t d = 0; d < all_.plan.devices.size(); ++d) {
            Progress& progress = frame.devices.emplace_back();
            const plan::Program& program = all_.programs[route][d];
            progress.buffers.resize(program.buffers.size());
            for (const auto& input : program.inputs) {
                progress.buffers[index(input.buffer)] = frame.whole[index(input.tensor)];
                progress.kept += program.buffers[index(input.buffer)].bytes;
            }
        }
        return frame;
    }

    /// One random thing that can happen. False when nothing can.
    bool act() {
        std::vector<std::pair<Frame*, std::size_t>> deliveries;
        for (Frame& frame : frames_) {
            for (std::size_t p = 0; p < frame.travelling.size(); ++p) deliveries.emplace_back(&frame, p);
        }
        std::vector<std::pair<Frame*, std::size_t>> steps;
        for (std::size_t d = 0; d < all_.plan.devices.size(); ++d) {
            for (Frame& frame : frames_) {  // oldest first
                if (!ready(frame, d)) continue;
                steps.emplace_back(&frame, d);
                break;
            }
        }
        const auto choices = static_cast<std::int64_t>(deliveries.size() + steps.size());
        if (choices == 0) return false;
        auto choice = static_cast<std::size_t>(random_.integer(0, choices - 1));
        if (choice < deliveries.size()) {
            deliver(*deliveries[choice].first, deliveries[choice].second);
        } else {
            step(*steps[choice - deliveries.size()].first, steps[choice - deliveries.size()].second);
        }
        retire();
        return true;
    }

    [[nodiscard]] bool done(const Frame& frame, std::size_t d) const {
        return frame.devices[d].next >= program(frame, d).steps.size();
    }

    [[nodiscard]] bool ready(const Frame& frame, std::size_t d) const {
        if (done(frame, d)) return false;
        const auto* receive = std::get_if<plan::Receive>(&program(frame, d).steps[frame.devices[d].next]);
        return receive == nullptr ||
               frame.devices[d].arrived.count(key_of(program(frame, d).messages[receive->message])) > 0;
    }

    void deliver(Frame& frame, std::size_t parcel) {
        Parcel moved = std::move(frame.travelling[parcel]);
        frame.travelling.erase(frame.travelling.begin() + static_cast<std::ptrdiff_t>(parcel));
        const auto sender = index(std::get<3>(moved.key));
        const auto receiver = index(moved.receiver);
        frame.devices[sender].undelivered -= moved.payload;
        if (!frame.devices[receiver].arrived.emplace(moved.key, std::move(moved)).second)
            complain("a message came twice");
        meter(receiver);
    }

    void step(Frame& frame, std::size_t d) {
        const plan::Step& step = program(frame, d).steps[frame.devices[d].next];
        std::visit([&](const auto& each) { perform(frame, d, each); }, step);
        ++frame.devices[d].next;
    }

    void perform(Frame& frame, std::size_t d, const plan::Receive& step) {
        const plan::Message& message = program(frame, d).messages[step.message];
        auto& arrived = frame.devices[d].arrived;
        const auto parcel = arrived.find(key_of(message));
        const plan::Buffer& buffer = program(frame, d).buffers[index(step.into)];
        if (buffer.boxes != message.boxes) complain("a message does not fit its buffer");
        set(frame, d, step.into, parcel->second.values);
        meter(d);
        arrived.erase(parcel);
    }

    void perform(Frame& frame, std::size_t d, const plan::Reduce& step) {
        const plan::Buffer& into = program(frame, d).buffers[index(step.into)];
        const Region region = region_of(into.boxes);
        Values sum(graph_.tensor(into.tensor));
        for (const graph::Box& box : region.boxes()) zero(sum, box);
        for (const BufferId id : step.addends) {
            add(get(frame, d, id), sum, region & region_of(program(frame, d).buffers[index(id)].boxes));
        }
        set(frame, d, step.into, naive_tail(graph_, step.op, sum, region));
        agree(frame, d, into.tensor, *frame.devices[d].buffers[index(step.into)], region);
        meter(d);
    }

    static void zero(Values& values, const graph::Box& box) {
        using graph::Axis;
        for (auto n = box[Axis::n].begin; n < box[Axis::n].end; ++n)
            for (auto c = box[Axis::c].begin; c < box[Axis::c].end; ++c)
                for (auto h = box[Axis::h].begin; h < box[Axis::h].end; ++h)
                    for (auto w = box[Axis::w].begin; w < box[Axis::w].end; ++w)
                        for (graph::Index i = 0; i < values.inner; ++i)
                            values.data[values.offset(n, c, h, w) + static_cast<std::size_t>(i)] = 0;
    }

    void perform(Frame& frame, std::size_t d, const plan::Run& step) {
        std::map<TensorId, Values> local;
        for (const plan::Run::Input& input : step.inputs) {
            local.emplace(input.tensor, gather(frame, d, input.tensor, input.from, input.slab.region()));
        }
        for (const graph::Work& work : step.works) run_work(work, local);
        for (const plan::Run::Output& output : step.outputs) {
            const plan::Buffer& buffer = program(frame, d).buffers[index(output.into)];
            if (buffer.boxes != output.slab.boxes()) complain("an output does not fit its buffer");
            Values values = restricted(local.at(output.tensor), output.slab.region());
            if (!buffer.addend) agree(frame, d, output.tensor, values, output.slab.region());
            if (!known(values, output.slab.region())) {
                complain(fmt::format("device {} computes '{}' from what it does not hold", d,
                                     graph_.tensor(output.tensor).name));
            }
            set(frame, d, output.into, std::move(values));
        }
        meter(d);
    }

    void run_work(const graph::Work& work, std::map<TensorId, Values>& local) {
        const graph::Operator& op = graph_.op(work.op);
        std::vector<Values> inputs;
        for (const TensorId id : op.inputs) {
            const auto at = local.find(id);
            inputs.push_back(at == local.end() ? Values(graph_.tensor(id)) : at->second);
        }
        std::vector<Values> outputs = naive_work(graph_, work, inputs);
        for (std::size_t o = 0; o < outputs.size(); ++o) {
            local.insert_or_assign(op.outputs[o], std::move(outputs[o]));
        }
    }

    void perform(Frame& frame, std::size_t d, const plan::Send& step) {
        const plan::Message& message = program(frame, d).messages[step.message];
        const Region region = region_of(message.boxes);
        Parcel parcel{key_of(message), message.receiver, gather(frame, d, message.tensor, step.from, region),
                      message.payload};
        if (!known(parcel.values, region)) {
            complain(
                fmt::format("device {} sends of '{}' what it does not hold", d, graph_.tensor(message.tensor).name));
        }
        frame.devices[d].undelivered += message.payload;
        frame.travelling.push_back(std::move(parcel));
        meter(d);
    }

    void perform(Frame& frame, std::size_t d, const plan::Free& step) {
        auto& buffer = frame.devices[d].buffers[index(step.buffer)];
        if (!buffer) complain("a buffer is freed that is not in use");
        buffer.reset();
    }

    const Values& get(Frame& frame, std::size_t d, BufferId id) {
        auto& buffer = frame.devices[d].buffers[index(id)];
        if (!buffer) {
            complain(fmt::format("device {} reads a buffer that is not in use", d));
            buffer = Values(graph_.tensor(program(frame, d).buffers[index(id)].tensor));
        }
        return *buffer;
    }

    void set(Frame& frame, std::size_t d, BufferId id, Values values) {
        auto& buffer = frame.devices[d].buffers[index(id)];
        if (buffer) complain("a buffer is written twice");
        buffer = restricted(values, region_of(program(frame, d).buffers[index(id)].boxes));
    }

    Values gather(Frame& frame, std::size_t d, TensorId tensor, const std::vector<BufferId>& from, Region region) {
        Values values(graph_.tensor(tensor));
        for (const BufferId id : from) {
            const Region part = region & region_of(program(frame, d).buffers[index(id)].boxes);
            if (part.empty()) complain("a buffer is listed of which nothing is read");
            copy(get(frame, d, id), values, part);
            region -= part;
        }
        if (!region.empty()) complain(fmt::format("device {} misses a part of '{}'", d, graph_.tensor(tensor).name));
        return values;
    }

    /// Whoever knows an element must know the same bits, and what the whole model has but for rounding.
    void agree(Frame& frame, std::size_t d, TensorId tensor, const Values& values, const Region& region) {
        Values& agreed = frame.agreed[index(tensor)];
        const std::string who = fmt::format("frame {}, device {}, '{}'", frame.number, d, graph_.tensor(tensor).name);
        for (std::size_t i = 0; i < values.data.size(); ++i) {
            if (std::isnan(values.data[i])) continue;
            if (std::isnan(agreed.data[i])) agreed.data[i] = values.data[i];
            if (!same_bits(agreed.data[i], values.data[i])) return complain(who + ": replicas disagree");
        }
        constexpr double kTolerance = 1e-9;
        if (largest_difference(values, frame.whole[index(tensor)], region) > kTolerance) {
            complain(who + ": differs from the whole model");
        }
    }

    /// Frames leave flight when every device has ended its program.
    void retire() {
        for (auto frame = frames_.begin(); frame != frames_.end();) {
            bool all = true;
            for (std::size_t d = 0; d < frame->devices.size(); ++d) all = all && done(*frame, d);
            if (!all) {
                ++frame;
                continue;
            }
            check_results(*frame);
            frame = frames_.erase(frame);
        }
    }

    void check_results(Frame& frame) {
        if (!frame.travelling.empty()) complain("a message was sent that nobody takes");
        for (std::size_t d = 0; d < frame.devices.size(); ++d) {
            std::set<BufferId> results;
            for (const auto& result : program(frame, d).results) {
                const Region full(graph_.tensor(result.tensor).full);
                const Values values = gather(frame, d, result.tensor, result.from, full);
                results.insert(result.from.begin(), result.from.end());
                if (!known(values, full)) complain("a result is not known");
                agree(frame, d, result.tensor, values, full);
            }
            for (std::size_t b = 0; b < frame.devices[d].buffers.size(); ++b) {
                const bool kept = results.count(BufferId{static_cast<std::uint32_t>(b)}) > 0;
                if (frame.devices[d].buffers[b].has_value() != kept) complain("a buffer outlives its program");
            }
            const bool sink = DeviceId{static_cast<std::uint32_t>(d)} == all_.plan.sink;
            if (program(frame, d).results.size() != (sink ? graph_.outputs().size() : 0))
                complain("results are missing");
        }
    }

    /// The inside of pieces is left out: the naive executor has more of it than an engine.
    void meter(std::size_t d) {
        Bytes held;
        for (const Frame& frame : frames_) {
            const Progress& progress = frame.devices[d];
            held += progress.undelivered + progress.kept;
            for (const auto& [key, parcel] : progress.arrived) held += parcel.payload;
            for (std::size_t b = 0; b < progress.buffers.size(); ++b) {
                if (progress.buffers[b] && !is_input(frame, d, b)) held += program(frame, d).buffers[b].bytes;
            }
        }
        const plan::Memory& memory = all_.memory[d];
        const Bytes bound = memory.peak - plan::kProcessMemory - memory.weights - memory.inside;
        if (held > bound)
            complain(fmt::format("device {} holds {} bytes, the bound is {}", d, held.value, bound.value));
    }

    [[nodiscard]] bool is_input(const Frame& frame, std::size_t d, std::size_t buffer) const {
        const auto& inputs = program(frame, d).inputs;
        return std::any_of(inputs.begin(), inputs.end(),
                           [&](const auto& input) { return index(input.buffer) == buffer; });
    }

    const Deployment& all_;
    const graph::Graph& graph_;
    util::Random& random_;
    int left_;
    std::uint64_t next_frame_ = 0;
    std::deque<Frame> frames_;
    Complaints complaints_;
};

}  // namespace

Deployment::Deployment(const plan::Plan& plan_to_run, const graph::Graph& of) : graph(of), plan(plan_to_run) {
    const plan::Compiled compiled(plan, graph);
    for (std::size_t r = 0; r < compiled.routes(); ++r) {
        programs.emplace_back();
        for (std::uint32_t d = 0; d < plan.devices.size(); ++d)
            programs.back().push_back(compiled.program(r, DeviceId{d}));
    }
    for (std::uint32_t d = 0; d < plan.devices.size(); ++d) memory.push_back(compiled.memory(DeviceId{d}));
}

Complaints execute(const Deployment& deployment, int frames, util::Random& random) {
    return Executor(deployment, frames, random).run();
}

}  // namespace convoy::test

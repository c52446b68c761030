#include "cost/schedule.hpp"

#include <algorithm>

namespace convoy::cost::detail {

namespace {

using plan::index;

std::int32_t stage_number(plan::StageId stage) {
    return stage == plan::kInputStage ? -1 : static_cast<std::int32_t>(stage);
}

const graph::Slab* computed_slab(const graph::Work& work) {
    for (const graph::Slab& slab : work.outputs) {
        if (!slab.empty()) return &slab;
    }
    return nullptr;
}

/// The works of one operator over all pieces of a route.
struct Copies {
    std::vector<const graph::Slab*> slabs;
    double flops = 0;
    bool addends = false;
    double redundant = 0;  ///< share of the FLOPs, 0 to 1
};

class Scheduler {
  public:
    Scheduler(const Scene& scene, std::size_t route, WorkTimes& times)
        : scene_(scene),
          route_(route),
          times_(times),
          copies_(scene.graph.operators().size()),
          stage_of_(scene.graph.operators().size(), -1) {}

    Schedule make() {
        number_stages();
        for (std::size_t d = 0; d < scene_.devices.size(); ++d) describe(program(d));
        find_redundancy();
        for (std::size_t d = 0; d < scene_.devices.size(); ++d) add_device(d);
        for (const plan::Message& message : scene_.compiled.messages(route_)) add_leg(message);
        return std::move(schedule_);
    }

  private:
    [[nodiscard]] const plan::Program& program(std::size_t d) const {
        return scene_.compiled.program(route_, plan::DeviceId{static_cast<std::uint32_t>(d)});
    }

    void number_stages() {
        const auto& stages = scene_.plan.routes.at(route_).stages;
        for (std::size_t s = 0; s < stages.size(); ++s) {
            for (const graph::OperatorId op : stages[s].operators) {
                stage_of_[graph::index(op)] = static_cast<std::int32_t>(s);
            }
        }
    }

    void describe(const plan::Program& program) {
        for (const plan::Step& step : program.steps) {
            const auto* run = std::get_if<plan::Run>(&step);
            if (run == nullptr) continue;
            for (const graph::Work& work : run->works) {
                works_.push_back(&times_.find(work));
                Copies& copies = copies_[graph::index(work.op)];
                if (const graph::Slab* slab = computed_slab(work)) copies.slabs.push_back(slab);
                copies.flops += works_.back()->shape.flops.value;
                copies.addends = copies.addends || work.in.has_value();
            }
        }
    }

    /// Every element of a tensor costs the same, so that redundancy is a matter of volumes. Addends are disjoint.
    void find_redundancy() {
        for (Copies& copies : copies_) {
            schedule_.flops += util::Flops(copies.flops);
            if (copies.addends || copies.slabs.size() < 2) continue;
            graph::Index volume = 0;
            for (const graph::Slab* slab : copies.slabs) volume += slab->volume();
            const graph::Index once = union_volume(std::move(copies.slabs));
            copies.redundant = static_cast<double>(volume - once) / static_cast<double>(volume);
            schedule_.redundant += util::Flops(copies.redundant * copies.flops);
        }
    }

    void add_device(std::size_t d) {
        const plan::Program& steps = program(d);
        results_.assign(steps.buffers.size(), false);
        for (const auto& result : steps.results) {
            for (const plan::BufferId id : result.from) results_[index(id)] = true;
        }
        std::vector<Task>& tasks = schedule_.devices.emplace_back();
        for (const plan::Step& step : steps.steps) {
            if (const auto* receive = std::get_if<plan::Receive>(&step)) {
                tasks.push_back(message_task(Task::Kind::receive, receive->message, steps));
                tasks.back().result = results_[index(receive->into)];
            } else if (const auto* send = std::get_if<plan::Send>(&step)) {
                tasks.push_back(message_task(Task::Kind::send, send->message, steps));
            } else if (const auto* run = std::get_if<plan::Run>(&step)) {
                tasks.push_back(run_task(*run, scene_.devices[d]));
            } else if (const auto* reduce = std::get_if<plan::Reduce>(&step)) {
                tasks.push_back(reduce_task(*reduce, steps, scene_.devices[d]));
            }
        }
    }

    [[nodiscard]] Task message_task(Task::Kind kind, std::size_t message, const plan::Program& steps) const {
        Task task;
        task.kind = kind;
        task.message = steps.message_numbers[message];
        task.stage = stage_number(steps.messages[message].stage);
        task.piece = steps.messages[message].piece;
        return task;
    }

    Task run_task(const plan::Run& run, std::size_t device) {
        Task task;
        task.stage = stage_number(run.stage);
        task.piece = run.piece;
        task.seconds = scene_.bed.piece_overhead(device).count();
        for (const graph::Work& work : run.works) {
            const double seconds = times_.seconds(device, *works_[next_work_++]);
            task.seconds += seconds;
            task.redundant += seconds * copies_[graph::index(work.op)].redundant;
        }
        for (const plan::Run::Output& output : run.outputs) task.result = task.result || results_[index(output.into)];
        return task;
    }

    [[nodiscard]] Task reduce_task(const plan::Reduce& reduce, const plan::Program& steps, std::size_t device) const {
        const auto part = [&](plan::BufferId id) {
            const plan::Buffer& buffer = steps.buffers[index(id)];
            graph::Box hull;
            for (const graph::Box& box : buffer.boxes) hull = graph::hull(hull, box);
            return SumPart{hull, buffer.bytes};
        };
        std::vector<SumPart> addends;
        for (const plan::BufferId id : reduce.addends) addends.push_back(part(id));
        const graph::TensorInfo& tensor = scene_.graph.tensor(scene_.graph.op(reduce.op).outputs[0]);
        Task task;
        task.stage = stage_of_[graph::index(reduce.op)];
        task.seconds = scene_.bed.time(device, sum_work(tensor, part(reduce.into), addends)).count();
        task.result = results_[index(reduce.into)];
        return task;
    }

    void add_leg(const plan::Message& message) {
        const std::size_t from = scene_.devices[index(message.sender)];
        const std::size_t to = scene_.devices[index(message.receiver)];
        Leg leg;
        leg.sender = static_cast<std::uint32_t>(message.sender);
        leg.receiver = static_cast<std::uint32_t>(message.receiver);
        leg.start_up = scene_.bed.occupancy(from, to, util::Bytes(0)).count();
        leg.bytes = scene_.bed.occupancy(from, to, message.payload).count() - leg.start_up;
        leg.delay = scene_.bed.delay(from, to).count();
        schedule_.legs.push_back(leg);
    }

    const Scene& scene_;
    std::size_t route_;
    WorkTimes& times_;
    std::vector<Copies> copies_;          ///< by operator
    std::vector<std::int32_t> stage_of_;  ///< by operator
    std::vector<TimedWork*> works_;       ///< of all programs, in their order
    std::size_t next_work_ = 0;
    std::vector<bool> results_;  ///< by buffer of the current device
    Schedule schedule_;
};

/// Volume of parts that differ along one axis only; below 0 when they differ along several.
template <class Get>
graph::Index volume_along(std::vector<const graph::Slab*>& slabs, Get get) {
    const auto area = [&](const graph::Slab& slab) { return slab.volume() / get(slab).size(); };
    std::sort(slabs.begin(), slabs.end(), [&](const auto* a, const auto* b) { return get(*a) < get(*b); });
    graph::Index covered = 0;
    graph::Index end = get(*slabs.front()).begin;
    for (const graph::Slab* slab : slabs) {
        covered += std::max<graph::Index>(0, get(*slab).end - std::max(end, get(*slab).begin));
        end = std::max(end, get(*slab).end);
    }
    return covered * area(*slabs.front());
}

bool alike(const std::vector<const graph::Slab*>& slabs, bool h, bool w) {
    return std::all_of(slabs.begin(), slabs.end(), [&](const graph::Slab* slab) {
        const graph::Slab& first = *slabs.front();
        return slab->n == first.n && slab->c == first.c && (!h || slab->h == first.h) && (!w || slab->w == first.w);
    });
}

}  // namespace

samples::WorkShape sum_work(const graph::TensorInfo& tensor, const SumPart& into, const std::vector<SumPart>& addends) {
    samples::WorkShape shape;
    shape.kind = graph::Kind::add;
    shape.onnx_type = "Add";
    shape.channels = 1;
    shape.output = into.box;
    shape.output_bytes = into.bytes;
    shape.whole_output = tensor.full;
    for (const SumPart& addend : addends) {
        shape.inputs.push_back(addend.box);
        shape.input_bytes += addend.bytes;
    }
    constexpr double kBytesOfAddend = 4;
    shape.flops = util::Flops(static_cast<double>((shape.input_bytes + shape.output_bytes * 2).value) / kBytesOfAddend);
    return shape;
}

graph::Index union_volume(std::vector<const graph::Slab*> slabs) {
    if (slabs.empty()) return 0;
    if (alike(slabs, false, true)) return volume_along(slabs, [](const graph::Slab& slab) { return slab.h; });
    if (alike(slabs, true, false)) return volume_along(slabs, [](const graph::Slab& slab) { return slab.w; });
    graph::Region all;
    for (const graph::Slab* slab : slabs) all |= slab->region();
    return all.volume();
}

Schedule make_schedule(const Scene& scene, std::size_t route, WorkTimes& times) {
    return Scheduler(scene, route, times).make();
}

}  // namespace convoy::cost::detail

#include "partition/step.hpp"

#include <algorithm>

#include "graph/calculus.hpp"
#include "partition/codecs.hpp"

/// Estimates of steps; step_stages.cpp has the steps themselves.
namespace convoy::partition::detail {

using graph::Axis;
using graph::Box;
using graph::Slab;
using graph::TensorId;
using util::Bytes;
using util::Seconds;

namespace {

/// By operator: where elements begin.
std::vector<bool> borders_of(const Problem& problem, const std::vector<Element>& elements) {
    std::vector<bool> borders(problem.graph.operators().size(), false);
    for (const Element& element : elements) borders[element.range.begin] = true;
    return borders;
}

/// Of each element, on average.
double bytes_on_wire(const graph::TensorInfo& tensor, double accuracy_budget) {
    const graph::Index elements = std::max<graph::Index>(tensor.full.volume(), 1);
    const wire::Codec codec = codec_for(tensor, false, accuracy_budget);
    return static_cast<double>(wire::encoded_size(codec, elements, tensor.element_bytes).value) /
           static_cast<double>(elements);
}

/// Elements of a slab inside a box.
graph::Index overlap(const Slab& slab, const Box& box) {
    graph::Index channels = 0;
    for (const graph::Interval& part : slab.c) channels += graph::intersection(part, box[graph::Axis::c]).size();
    return channels * graph::intersection(slab.n, box[graph::Axis::n]).size() *
           graph::intersection(slab.h, box[graph::Axis::h]).size() *
           graph::intersection(slab.w, box[graph::Axis::w]).size();
}

}  // namespace

Menu::Menu(const Problem& problem, Slices& slices, std::vector<Element> elements,
           std::vector<std::vector<std::size_t>> sets, std::vector<std::size_t> singles,
           std::vector<std::vector<double>> deals)
    : problem_(problem),
      slices_(slices),
      elements_(std::move(elements)),
      sets_(std::move(sets)),
      singles_(std::move(singles)),
      deals_(std::move(deals)),
      growths_(problem, borders_of(problem, elements_)),
      traffic_(problem.bed) {
    for (const graph::TensorInfo& tensor : problem.graph.tensors()) {
        element_bytes_.push_back(bytes_on_wire(tensor, problem.accuracy_budget));
    }
}

const Step* Menu::find(const Way& way, std::size_t first, std::size_t end) {
    const auto [entry, added] = known_.try_emplace({way, first, end}, nullptr);
    if (!added) return entry->second;
    Step step;
    step.way = way;
    step.first = first;
    step.end = end;
    step.stages = stages_of(way, first, end);
    if (step.stages.empty()) return nullptr;
    price(step);
    step.number = steps_.size();
    step.exit_number = exits_.try_emplace({end, step.exit}, exits_.size() + 1).first->second;
    steps_.push_back(std::move(step));
    return entry->second = &steps_.back();
}

const std::vector<const Step*>& Menu::steps(std::size_t first, std::size_t end) {
    const auto [entry, added] = all_.try_emplace({first, end});
    if (!added) return entry->second;
    for (const Way& way : ways(first, end)) {
        const Step* step = find(way, first, end);
        if (step == nullptr) continue;
        const bool known = std::any_of(entry->second.begin(), entry->second.end(),
                                       [&](const Step* other) { return other->stages == step->stages; });
        if (!known) entry->second.push_back(step);
    }
    return entry->second;
}

const std::vector<const Step*>& Menu::steps(std::size_t first, std::size_t end, const Tiles& tiles) {
    const auto [entry, added] = tiled_.try_emplace({tiles, first, end});
    if (!added) return entry->second;
    for (const Step* step : steps(first, end)) {
        if (!is_tiled(step->way)) entry->second.push_back(step);
    }
    for (std::size_t set = 0; set < sets_.size(); ++set) {
        if (tiles.set && set != *tiles.set) continue;
        for (const Way::Kind kind : {Way::Kind::tiles, Way::Kind::inner_tiles}) {
            if (kind == Way::Kind::inner_tiles && !is_block(first, end)) continue;
            const Way way{.kind = kind, .set = set, .axes = tiles.axes, .shares = tiles.shares};
            if (const Step* step = find(way, first, end)) entry->second.push_back(step);
        }
    }
    return entry->second;
}

/// What a device reads and does not hold, from those who do; of several who hold all of it from the first.
void Menu::carry(Traffic& traffic, const std::vector<Held>& held, const Step::Need& need) {
    const Box wanted = need.slab.hull();
    const Held* whole = nullptr;
    own_.clear();
    for (const Held& part : held) {
        const bool all = part.box.contains(wanted);
        if (part.device == need.device) {
            if (all) return;
            own_.push_back(&part);
        } else if (all && whole == nullptr) {
            whole = &part;
        }
    }
    const double bytes = element_bytes_[index(need.tensor)];
    const auto send = [&](const Held& part) {
        graph::Index volume = overlap(need.slab, part.box);
        for (const Held* own : own_) {
            if (volume <= 0) return;
            volume -= overlap(need.slab, graph::intersection(part.box, own->box));
        }
        traffic.carry(part.device, need.device, Bytes(static_cast<graph::Index>(bytes * static_cast<double>(volume))));
    };
    if (whole != nullptr) return send(*whole);
    for (const Held& part : held) {
        if (part.device != need.device) send(part);
    }
}

double Menu::weights_of(OperatorRange range) {
    if (weights_.empty()) {
        weights_.push_back(0);
        for (std::uint32_t op = 0; op < problem_.graph.operators().size(); ++op) {
            const graph::Work work = graph::whole_work(problem_.graph, graph::OperatorId{op});
            weights_.push_back(weights_.back() + static_cast<double>(graph::weight_bytes(problem_.graph, work).value));
        }
    }
    return weights_[range.end] - weights_[range.begin];
}

/// All operators of a stage on one device.
Seconds Menu::whole_time(const plan::Stage& stage, std::size_t device) {
    Seconds time = problem_.bed.piece_overhead(device);
    for (const graph::OperatorId op : stage.operators) time += slices_.whole({index(op), index(op) + 1}, device);
    return time;
}

void Menu::price_stage(Step& step, const plan::Stage& stage, Layouts& layouts, Layouts& addends,
                       std::vector<Seconds>& busy) {
    const TensorId result = problem_.graph.op(stage.last).outputs.front();
    std::vector<Held> made;
    bool partial = false;
    for (const plan::Share& share : stage.shares) {
        const std::size_t device = index(share.device);
        std::vector<Step::Need> needs;
        double weights = 0;  // of all pieces alike, but for those of channels, of which a device has one
        for (const plan::Piece& piece : share.pieces) {
            const bool whole = !piece.in && piece.box == problem_.graph.tensor(result).full;
            if (whole) {
                busy[device] += whole_time(stage, device);
                weights = read_whole(stage, device, needs, layouts);
            } else {
                Growth& growth = growths_.of(stage.last, piece);
                const Reach& reach = growth.until(index(stage.operators.front()));
                busy[device] += growth.time(reach, device);
                weights = std::max(weights, reach.weights);
                for (const Reach::Input& input : reach.inputs) add_need(needs, {device, input.tensor, input.slab});
            }
            made.push_back({device, piece.box});
            partial = partial || piece.in.has_value();
        }
        step.weights[device] += weights;
        for (Step::Need& need : needs) {
            if (const auto inside = layouts.find(need.tensor); inside != layouts.end()) {
                carry(traffic_, inside->second, need);
            } else {
                add_need(step.needs, std::move(need));
            }
        }
    }
    (partial ? addends : layouts)[result] = std::move(made);
    step.cost += traffic_.duration();
    traffic_.clear();
}

/// What all operators of a stage read from in front of it, and the tensors beside its last operator's that they leave.
/// @return bytes of their weights
double Menu::read_whole(const plan::Stage& stage, std::size_t device, std::vector<Step::Need>& needs,
                        Layouts& layouts) {
    double weights = 0;
    for (const graph::OperatorId op : stage.operators) {
        weights += weights_of({index(op), index(op) + 1});
        for (const TensorId input : problem_.graph.op(op).inputs) {
            const auto producer = problem_.graph.producer(input);
            const bool own = producer && std::binary_search(stage.operators.begin(), stage.operators.end(), *producer);
            if (!own) add_need(needs, {device, input, graph::make_slab(problem_.graph.tensor(input).full)});
        }
        if (op == stage.last) continue;
        for (const TensorId output : problem_.graph.op(op).outputs) {
            layouts[output].push_back({device, problem_.graph.tensor(output).full});
        }
    }
    return weights;
}

/// What a device reads twice crosses once.
void Menu::add_need(std::vector<Step::Need>& needs, Step::Need need) {
    for (Step::Need& other : needs) {
        if (other.tensor != need.tensor || other.device != need.device) continue;
        other.slab = join(other.slab, need.slab);
        return;
    }
    needs.push_back(std::move(need));
}

void Menu::price_hold(Step& step, const plan::Stage& stage, Layouts& layouts, Layouts& addends) {
    const TensorId tensor = *stage.hold;
    std::vector<Held> made;
    Seconds slowest{};
    const auto partial = addends.find(tensor);
    for (const plan::Share& share : stage.shares) {
        const std::size_t device = index(share.device);
        for (const plan::Piece& piece : share.pieces) {
            made.push_back({device, piece.box});
            const Step::Need need{device, tensor, graph::make_slab(piece.box)};
            if (partial == addends.end()) {
                if (layouts.count(tensor) > 0) carry(traffic_, layouts[tensor], need);
                continue;
            }
            for (const Held& addend : partial->second) {
                const auto volume = static_cast<double>(graph::intersection(addend.box, piece.box).volume());
                traffic_.carry(addend.device, device,
                               Bytes(static_cast<graph::Index>(element_bytes_[index(tensor)] * volume)));
            }
            slowest = std::max(slowest, problem_.predictor.sum_time(device, tensor, piece.box, partial->second.size()));
        }
    }
    addends.erase(tensor);
    layouts[tensor] = std::move(made);
    step.cost += traffic_.duration() + slowest;
    traffic_.clear();
}

void Menu::price(Step& step) {
    Layouts layouts;
    Layouts addends;
    const std::size_t devices = problem_.bed.cluster().devices.size();
    const bool parallel = step.way.kind == Way::Kind::branches;
    std::vector<Seconds> busy(devices);
    const auto settle = [&] {
        step.cost += *std::max_element(busy.begin(), busy.end());
        busy.assign(devices, Seconds{});
    };
    for (std::size_t s = 0; s < step.stages.size(); ++s) {
        if (step.stages[s].hold) {
            price_hold(step, step.stages[s], layouts, addends);
            continue;
        }
        if (parallel && s + 1 == step.stages.size()) settle();
        price_stage(step, step.stages[s], layouts, addends, busy);
        if (!parallel) settle();
    }
    settle();
    step.exit = layouts[exit_of(step.end - 1)];
    std::sort(step.exit.begin(), step.exit.end());
}

Menu::Brought Menu::bring(const Step* before, const Step& step) {
    const std::size_t source = problem_.bed.cluster().source;
    for (const Step::Need& need : step.needs) {
        const bool is_input = !problem_.graph.producer(need.tensor);
        if (is_input || before == nullptr) {
            carry(traffic_, {{source, problem_.graph.tensor(need.tensor).full}}, need);
        } else {
            carry(traffic_, before->exit, need);
        }
    }
    const Brought brought{traffic_.duration(), traffic_.messages()};
    traffic_.clear();
    return brought;
}

Seconds Menu::gathered(const Step& before, std::size_t device) {
    const auto [entry, added] = gathered_.try_emplace({before.exit_number, device});
    if (!added) return entry->second;
    const TensorId tensor = exit_of(before.end - 1);
    carry(traffic_, before.exit, {device, tensor, graph::make_slab(problem_.graph.tensor(tensor).full)});
    entry->second = traffic_.duration();
    traffic_.clear();
    return entry->second;
}

Seconds Menu::bring_over(const Step& before, const Step& step, std::size_t gather) {
    const Seconds until_gathered = gathered(before, gather);
    const Box full = problem_.graph.tensor(exit_of(before.end - 1)).full;
    for (const Step::Need& need : step.needs) {
        const bool is_input = !problem_.graph.producer(need.tensor);
        std::vector<Held> held{{is_input ? problem_.bed.cluster().source : gather, full}};
        if (is_input) held.front().box = problem_.graph.tensor(need.tensor).full;
        for (const Held& part : before.exit) {
            if (!is_input && part.device == need.device && part.box.contains(need.slab.hull())) held.push_back(part);
        }
        carry(traffic_, held, need);
    }
    const Seconds time = until_gathered + traffic_.duration();
    traffic_.clear();
    return time;
}

Seconds Menu::finish(const Step& last) {
    const std::size_t sink = problem_.bed.cluster().sink;
    const TensorId tensor = exit_of(last.end - 1);
    carry(traffic_, last.exit, {sink, tensor, graph::make_slab(problem_.graph.tensor(tensor).full)});
    const Seconds time = traffic_.duration();
    traffic_.clear();
    return time;
}

}  // namespace convoy::partition::detail

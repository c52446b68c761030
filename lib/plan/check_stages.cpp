#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "plan/route_view.hpp"

namespace convoy::plan::detail {
namespace {

using graph::OperatorId;
using graph::TensorId;

bool valid(const Plan& plan, DeviceId id) { return index(id) < plan.devices.size(); }

void check_devices(const Plan& plan, Problems& problems) {
    if (plan.devices.empty()) problems.add("devices", "a plan needs at least one device");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        if (plan.devices[i].empty()) problems.add(fmt::format("devices[{}]", i), "a device without a name");
        if (!seen.insert(plan.devices[i]).second) {
            problems.add(fmt::format("devices[{}]", i), fmt::format("device '{}' is listed twice", plan.devices[i]));
        }
    }
    if (!valid(plan, plan.source)) problems.add("source", "the source is not one of the devices");
    if (!valid(plan, plan.sink)) problems.add("sink", "the sink is not one of the devices");
}

/// Records in which stage an operator is listed; each must be in exactly one.
void list_operator(const RouteView& view, std::size_t stage, OperatorId op, std::vector<std::size_t>& stage_of,
                   Problems& problems) {
    std::size_t& listed = stage_of[graph::index(op)];
    if (listed != Outline::kNone) {
        problems.add(view.key(stage),
                     fmt::format("operator '{}' is already listed in {}", view.name(op), view.key(listed)),
                     "every operator, its fused tail included, belongs to exactly one stage");
        return;
    }
    listed = stage;
}

void check_operator_list(const RouteView& view, std::size_t s, std::vector<std::size_t>& stage_of, Problems& problems) {
    const Stage& stage = view.stages()[s];
    for (std::size_t i = 0; i < stage.operators.size(); ++i) {
        const OperatorId op = stage.operators[i];
        if (graph::index(op) >= view.graph.operators().size()) {
            problems.add(view.key(s), fmt::format("the model has no operator number {}", graph::index(op)));
        } else if (i > 0 && op <= stage.operators[i - 1]) {
            problems.add(view.key(s), "the operators of a stage must be listed once, in the model's order");
        } else {
            list_operator(view, s, op, stage_of, problems);
        }
    }
    if (std::find(stage.operators.begin(), stage.operators.end(), stage.last) == stage.operators.end()) {
        problems.add(view.key(s), "the stage's last operator is not one of its operators");
    }
}

void check_kind(const RouteView& view, std::size_t s, std::vector<std::size_t>& stage_of, Problems& problems) {
    const Stage& stage = view.stages()[s];
    if (stage.hold && !stage.operators.empty()) {
        problems.add(view.key(s), "a stage either computes layers or holds a tensor, not both");
    } else if (!stage.hold && stage.operators.empty()) {
        problems.add(view.key(s), "a stage needs layers, or a tensor to hold");
    } else if (stage.hold && graph::index(*stage.hold) >= view.graph.tensors().size()) {
        problems.add(view.key(s), fmt::format("the model has no tensor number {}", graph::index(*stage.hold)));
    } else if (!stage.hold) {
        check_operator_list(view, s, stage_of, problems);
    }
}

void check_unlisted(const RouteView& view, const std::vector<std::size_t>& stage_of, Problems& problems) {
    constexpr std::size_t kShown = 20;
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < stage_of.size(); ++i) {
        if (stage_of[i] == Outline::kNone) missing.push_back(view.graph.operators()[i].name);
    }
    if (missing.empty()) return;
    const std::size_t more = missing.size() > kShown ? missing.size() - kShown : 0;
    missing.resize(missing.size() - more);
    problems.add(
        view.key(),
        fmt::format("{} listed in no stage: {}{}", missing.size() + more == 1 ? "an operator is" : "operators are",
                    fmt::join(missing, ", "), more ? fmt::format(" and {} more", more) : ""),
        "a..b lists only what lies on a path from a to b; a side branch is listed by name");
}

/// Rule 1: each stage reads only graph inputs and tensors of earlier stages.
void check_order(const RouteView& view, std::size_t s, const std::vector<std::size_t>& stage_of, Problems& problems) {
    const Stage& stage = view.stages()[s];
    const auto check = [&](TensorId tensor, bool same_stage, const auto& who) {
        const auto producer = view.graph.producer(tensor);
        if (!producer) return;
        const std::size_t maker = stage_of[graph::index(*producer)];
        if (maker == Outline::kNone || maker < s || (same_stage && maker == s)) return;
        problems.add(view.key(s),
                     fmt::format("{} '{}', which {} makes later", who(), view.name(tensor), view.key(maker)),
                     "a stage reads only graph inputs and tensors of stages listed before it");
    };
    if (stage.hold) check(*stage.hold, false, [] { return std::string("holds"); });
    for (const OperatorId op : stage.operators) {
        const auto reader = [&] { return fmt::format("'{}' reads", view.name(op)); };
        for (const TensorId input : view.graph.op(op).inputs) check(input, true, reader);
    }
}

/// Rule 3: shares and `in` refer to the last operator, which nothing in its stage reads.
void check_last(const RouteView& view, std::size_t s, const std::vector<std::size_t>& stage_of, Problems& problems) {
    for (const TensorId output : view.graph.op(view.stages()[s].last).outputs) {
        for (const OperatorId reader : view.graph.readers(output)) {
            if (stage_of[graph::index(reader)] != s) continue;
            problems.add(
                view.key(s),
                fmt::format("'{}' is listed last, but '{}' of the same stage reads it",
                            view.name(view.stages()[s].last), view.name(reader)),
                "the shares cut the output of the layer listed last: list one that no other of the stage reads");
            return;
        }
    }
}

}  // namespace

void check_plan(const Plan& plan, const graph::Graph& graph, Problems& problems) {
    check_devices(plan, problems);
    if (plan.in_flight < 1) problems.add("in_flight", "at least one frame must be in flight");
    if (plan.routes.empty()) problems.add("stages", "a plan needs stages");
    for (std::size_t r = 0; r < plan.routes.size(); ++r) {
        if (plan.routes[r].weight < 1)
            problems.add(fmt::format("routes[{}].weight", r), "a route's weight is at least 1");
    }
    for (const auto& [tensor, codec] : plan.wire) {
        if (graph::index(tensor) >= graph.tensors().size()) {
            problems.add("wire", fmt::format("the model has no tensor number {}", graph::index(tensor)));
            continue;
        }
        const graph::TensorInfo& info = graph.tensor(tensor);
        if (std::find(graph.inputs().begin(), graph.inputs().end(), tensor) == graph.inputs().end()) {
            problems.add("wire." + info.name, fmt::format("'{}' is not an input of the model", info.name),
                         "the codec of another tensor belongs to the stage that makes it");
        } else if (!exact(codec) && info.type != graph::ElementType::float32) {
            problems.add(util::Error(util::Errc::impossible,
                                     fmt::format("{} needs float32 elements; '{}' has {}", wire::to_string(codec),
                                                 info.name, graph::to_string(info.type)))
                             .key("wire." + info.name));
        }
    }
}

void check_stages(const RouteView& view, Problems& problems) {
    std::vector<std::size_t> stage_of(view.graph.operators().size(), Outline::kNone);
    for (std::size_t s = 0; s < view.stages().size(); ++s) check_kind(view, s, stage_of, problems);
    if (!problems.empty()) return;
    check_unlisted(view, stage_of, problems);
    for (std::size_t s = 0; s < view.stages().size(); ++s) {
        check_order(view, s, stage_of, problems);
        if (!view.stages()[s].hold) check_last(view, s, stage_of, problems);
    }
}

}  // namespace convoy::plan::detail

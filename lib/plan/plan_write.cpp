#include "plan/plan_file.hpp"
#include "util/hash.hpp"
#include "wire/codec.hpp"

namespace convoy::plan {

using graph::Box;
using graph::Graph;
using graph::TensorId;
using yaml::Value;

namespace {

/// Writes ids as names.
class Writer {
  public:
    Writer(const Plan& plan, const Graph& graph) : plan_(plan), graph_(graph) {}

    void write(Value& to) const {
        to.set("devices", Value(plan_.devices).flow());
        to.set("source", name(plan_.source));
        to.set("sink", name(plan_.sink));
        to.set("in_flight", plan_.in_flight);
        if (!plan_.wire.empty()) to.set("wire", codecs(plan_.wire));
        if (plan_.routes.size() == 1 && plan_.routes.front().weight == 1) {
            to.set("stages", stages(plan_.routes.front()));
            return;
        }
        Value routes = Value::sequence();
        for (const Route& route : plan_.routes)
            routes.push(Value::map({{"weight", route.weight}, {"stages", stages(route)}}));
        to.set("routes", routes);
    }

  private:
    [[nodiscard]] const std::string& name(DeviceId id) const { return plan_.devices.at(index(id)); }
    [[nodiscard]] const std::string& name(TensorId id) const { return graph_.tensor(id).name; }

    [[nodiscard]] Value codecs(const std::map<TensorId, wire::Codec>& codecs) const {
        Value map = Value::map();
        for (const auto& [tensor, codec] : codecs) map.set(name(tensor), wire::to_string(codec));
        return map.flow();
    }

    [[nodiscard]] Value stages(const Route& route) const {
        Value list = Value::sequence();
        for (const Stage& stage : route.stages) list.push(write(stage));
        return list;
    }

    [[nodiscard]] Value write(const Stage& stage) const {
        Value map = Value::map();
        if (stage.hold)
            map.set("hold", name(*stage.hold));
        else
            map.set("layers", layers(stage).flow());
        const TensorId output = stage.hold ? *stage.hold : graph_.op(stage.last).outputs.front();
        write_shares(stage, graph_.tensor(output).full, map);
        if (!stage.wire.empty()) map.set("wire", codecs(stage.wire));
        if (!stage.from.empty()) map.set("from", from(stage));
        if (!stage.outputs.empty()) map.set("outputs", outputs(stage));
        return map;
    }

    /// `first..last` where that means the same operators, otherwise all of them, the last one last.
    [[nodiscard]] Value layers(const Stage& stage) const {
        const std::string& last = graph_.op(stage.last).name;
        const std::string& first = graph_.op(stage.operators.front()).name;
        const std::string range = first + ".." + last;
        const bool is_range = stage.operators.size() > 1 && first.find("..") == std::string::npos &&
                              last.find("..") == std::string::npos && !graph_.find_operator(range) &&
                              operators_between(graph_, stage.operators.front(), stage.last) == stage.operators;
        if (is_range) return Value::sequence({range});
        Value list = Value::sequence();
        for (const graph::OperatorId op : stage.operators)
            if (op != stage.last) list.push(graph_.op(op).name);
        return list.push(last);
    }

    void write_shares(const Stage& stage, const Box& whole, Value& map) const {
        bool all_whole = true;
        for (const Share& share : stage.shares)
            all_whole = all_whole && share.pieces == std::vector<Piece>{{whole, std::nullopt}};
        if (all_whole) {
            Value names = Value::sequence();
            for (const Share& share : stage.shares) names.push(name(share.device));
            map.set("on", stage.shares.size() == 1 ? names.items().front() : names.flow());
            return;
        }
        Value shares = Value::map();
        for (const Share& share : stage.shares) {
            Value pieces = Value::sequence();
            for (const Piece& piece : share.pieces) pieces.push(write(piece, whole, stage));
            shares.set(name(share.device), share.pieces.size() == 1 ? pieces.items().front() : pieces);
        }
        map.set("shares", shares.flow());
    }

    [[nodiscard]] Value write(const Piece& piece, const Box& whole, const Stage& stage) const {
        Value map = box(piece.box, whole);
        if (piece.in) map.set("in", box(*piece.in, graph_.tensor(graph_.op(stage.last).inputs.front()).full));
        return map;
    }

    [[nodiscard]] static Value box(const Box& box, const Box& whole) {
        static constexpr std::array<const char*, graph::kAxes> kNames{"n", "c", "h", "w"};
        Value map = Value::map();
        for (std::size_t axis = 0; axis < graph::kAxes; ++axis)
            if (box.axes[axis] != whole.axes[axis])
                map.set(kNames[axis], Value::sequence({box.axes[axis].begin, box.axes[axis].end}));
        return map.flow();
    }

    [[nodiscard]] Value from(const Stage& stage) const {
        Value map = Value::map();
        for (const auto& [tensor, holders] : stage.from) {
            Value serves = Value::map();
            for (const auto& [receiver, holder] : holders) serves.set(name(receiver), name(holder));
            map.set(name(tensor), serves);
        }
        return map.flow();
    }

    [[nodiscard]] Value outputs(const Stage& stage) const {
        Value map = Value::map();
        for (const auto& [tensor, owners] : stage.outputs) {
            Value list = Value::map();
            for (const auto& [owner, boxes] : owners) {
                Value items = Value::sequence();
                for (const Box& part : boxes) items.push(box(part, graph_.tensor(tensor).full));
                list.set(name(owner), items);
            }
            map.set(name(tensor), list);
        }
        return map.flow();
    }

    const Plan& plan_;
    const Graph& graph_;
};

Value write(const MadeFrom& from) { return Value::map({{"file", from.file}, {"sha256", from.sha256}}).flow(); }

Value write(const PlanInputs& inputs) {
    Value map = Value::map();
    if (inputs.model) map.set("model", write(*inputs.model));
    if (inputs.cluster) map.set("cluster", write(*inputs.cluster));
    if (!inputs.latency.empty()) {
        Value files = Value::sequence();
        for (const MadeFrom& file : inputs.latency) files.push(write(file));
        map.set("latency", files);
    }
    if (inputs.preprocess) map.set("preprocess", write(*inputs.preprocess));
    return map;
}

}  // namespace

std::string write_plan(const PlanDocument& document, const Graph& graph, yaml::Format format) {
    Value content = Value::map();
    content.set("generator", document.generator);
    content.set("strategy", document.strategy);
    if (document.inputs != PlanInputs{}) content.set("inputs", write(document.inputs));
    Writer(document.plan, graph).write(content);
    if (document.predicted) content.set("predicted", samples::to_value(*document.predicted, document.plan.devices));
    return yaml::write_document(plan_kind(), content, format);
}

std::string plan_hash(const Plan& plan, const Graph& graph) {
    Value content = Value::map();
    Writer(plan, graph).write(content);
    return util::sha256(yaml::to_yaml(content));
}

}  // namespace convoy::plan

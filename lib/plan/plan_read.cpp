#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/calculus.hpp"
#include "plan/plan_file.hpp"
#include "plan/program.hpp"

namespace convoy::plan {

using graph::Box;
using graph::Graph;
using graph::OperatorId;
using graph::TensorId;
using util::Error;
using yaml::Node;
using yaml::Reader;

namespace {

/// The node that a key such as "stages[1].shares.b[0]" names, or the last one on the way that exists.
///
/// Names may hold dots themselves: of the keys that fit the longest counts.
const Node& node_at(const Node& root, std::string_view path) {
    const Node* node = &root;
    while (!path.empty()) {
        if (path.front() == '[') {
            const std::size_t close = path.find(']');
            if (close == std::string_view::npos) return *node;
            std::size_t item = 0;
            for (const char digit : path.substr(1, close - 1)) item = item * 10 + static_cast<std::size_t>(digit - '0');
            if (node->is_sequence() && item < node->items().size()) node = &node->items()[item];
            path.remove_prefix(close + 1);
            continue;
        }
        if (path.front() == '.') path.remove_prefix(1);
        const Node::Entry* found = nullptr;
        for (const Node::Entry& entry : node->entries()) {
            const bool fits =
                path.starts_with(entry.key) &&
                (path.size() == entry.key.size() || path[entry.key.size()] == '.' || path[entry.key.size()] == '[');
            if (fits && (found == nullptr || entry.key.size() > found->key.size())) found = &entry;
        }
        if (found == nullptr) return *node;
        node = &found->value;
        path.remove_prefix(found->key.size());
    }
    return *node;
}

/// The same error with the place in the file that its key names, further problems too.
Error located(const Node& root, const Error& error) {
    Error placed(error.code(), error.message());
    placed.key(error.key()).hint(error.hint()).at(node_at(root, error.key()).where());
    for (const Error& further : error.further()) placed.also(located(root, further));
    return placed;
}

/// Turns names into ids, in one plan of one model.
class Resolver {
  public:
    Resolver(const Graph& graph, const Reader& root) : graph_(graph), root_(root) {}

    Plan plan() {
        Plan plan;
        plan.devices = root_["devices"].strings();
        check_unique(plan.devices);
        devices_ = plan.devices;
        const auto source = root_.optional("source");
        const auto sink = root_.optional("sink");
        plan.source = source ? device(*source) : DeviceId{0};
        plan.sink = sink ? device(*sink) : plan.source;
        plan.in_flight = static_cast<int>(root_["in_flight"].integer());
        if (const auto wire = root_.optional("wire")) plan.wire = codecs(*wire);
        const auto stages = root_.optional("stages");
        const auto routes = root_.optional("routes");
        if (stages && routes) routes->fail("a plan has either stages or routes");
        if (!stages && !routes) root_.fail("a plan needs stages, or routes with stages");
        if (stages) plan.routes.push_back({1, read_stages(*stages)});
        if (routes)
            for (const Reader& route : routes->items())
                plan.routes.push_back({static_cast<int>(route["weight"].integer()), read_stages(route["stages"])});
        return plan;
    }

  private:
    void check_unique(const std::vector<std::string>& names) const {
        std::set<std::string> seen;
        for (const Reader& name : root_["devices"].items())
            if (!seen.insert(name.string()).second)
                name.fail(fmt::format("device '{}' is listed twice", name.string()));
        (void)names;
    }

    [[nodiscard]] DeviceId device(const std::string& name, const yaml::Place& where) const {
        const auto found = std::find(devices_.begin(), devices_.end(), name);
        if (found == devices_.end())
            throw where.error(fmt::format("unknown device '{}'", name), util::suggestion(name, devices_));
        return DeviceId(found - devices_.begin());
    }
    [[nodiscard]] DeviceId device(const Reader& name) const { return device(name.string(), name.place()); }

    [[nodiscard]] TensorId tensor(const std::string& name, const yaml::Place& where) const {
        if (const auto found = graph_.find_tensor(name)) return *found;
        std::vector<std::string> names;
        for (const graph::TensorInfo& info : graph_.tensors()) names.push_back(info.name);
        throw where.error(fmt::format("the model has no tensor '{}'", name), util::suggestion(name, names));
    }

    [[nodiscard]] OperatorId op(const std::string& name, const Reader& where) const {
        if (const auto found = graph_.find_operator(name)) return *found;
        std::vector<std::string> names;
        for (const graph::Operator& candidate : graph_.operators()) {
            names.push_back(candidate.name);
            names.insert(names.end(), candidate.absorbed.begin(), candidate.absorbed.end());
        }
        where.fail(fmt::format("the model has no operator '{}'", name), util::suggestion(name, names));
    }

    [[nodiscard]] std::map<TensorId, wire::Codec> codecs(const Reader& map) const {
        std::map<TensorId, wire::Codec> result;
        for (const auto& entry : map.entries())
            result[tensor(entry.name, entry.where)] = *wire::codec_from_string(entry.value.string());
        return result;
    }

    std::vector<Stage> read_stages(const Reader& list) const {
        std::vector<Stage> stages;
        for (const Reader& stage : list.items()) stages.push_back(read_stage(stage));
        return stages;
    }

    [[nodiscard]] Stage read_stage(const Reader& reader) const {
        Stage stage;
        if (const auto layers = reader.optional("layers")) read_layers(*layers, stage);
        if (const auto hold = reader.optional("hold")) stage.hold = tensor(hold->string(), hold->place());
        if (stage.hold && !stage.operators.empty())
            reader.fail("a stage either computes layers or holds a tensor, not both");
        if (!stage.hold && stage.operators.empty()) reader.fail("a stage needs layers, or a tensor to hold");
        read_shares(reader, stage);
        if (const auto wire = reader.optional("wire")) stage.wire = codecs(*wire);
        if (const auto from = reader.optional("from"))
            for (const auto& entry : from->entries()) {
                auto& holders = stage.from[tensor(entry.name, entry.where)];
                for (const auto& receiver : entry.value.entries())
                    holders[device(receiver.name, receiver.where)] = device(receiver.value);
            }
        if (const auto outputs = reader.optional("outputs")) read_outputs(*outputs, stage);
        return stage;
    }

    void read_layers(const Reader& layers, Stage& stage) const {
        std::set<OperatorId> operators;
        for (const Reader& layer : layers.items()) {
            const std::vector<OperatorId> named = named_operators(layer);
            operators.insert(named.begin(), named.end());
            stage.last = named.back();
        }
        stage.operators.assign(operators.begin(), operators.end());
    }

    /// One operator, or a range a..b; the last one is what the entry ends with.
    [[nodiscard]] std::vector<OperatorId> named_operators(const Reader& layer) const {
        const std::string name = layer.string();
        const std::size_t dots = name.find("..");
        if (graph_.find_operator(name) || dots == std::string::npos) return {op(name, layer)};
        const OperatorId first = op(name.substr(0, dots), layer);
        const OperatorId last = op(name.substr(dots + 2), layer);
        const std::vector<OperatorId> between = operators_between(graph_, first, last);
        if (between.empty())
            layer.fail(fmt::format("no path leads from '{}' to '{}'", name.substr(0, dots), name.substr(dots + 2)));
        return between;
    }

    void read_shares(const Reader& reader, Stage& stage) const {
        const Box whole = graph_.tensor(stage.hold ? *stage.hold : graph_.op(stage.last).outputs.front()).full;
        const auto shares = reader.optional("shares");
        const auto on = reader.optional("on");
        if (shares && on) on->fail("a stage has either shares or on");
        if (!shares && !on) reader.fail("no device computes this stage", "give it `on: DEVICE` or `shares:`");
        if (on)
            for (const Reader& name : on->items()) stage.shares.push_back({device(name), {{whole, std::nullopt}}});
        if (shares)
            for (const auto& entry : shares->entries()) {
                Share share{device(entry.name, entry.where), {}};
                for (const Reader& piece : entry.value.items()) share.pieces.push_back(read_piece(piece, whole, stage));
                stage.shares.push_back(std::move(share));
            }
        std::stable_sort(stage.shares.begin(), stage.shares.end(),
                         [](const Share& a, const Share& b) { return a.device < b.device; });
    }

    [[nodiscard]] Piece read_piece(const Reader& reader, const Box& whole, const Stage& stage) const {
        Piece piece{read_box(reader, whole), std::nullopt};
        if (const auto in = reader.optional("in")) {
            if (stage.hold) in->fail("an identity stage sums nothing: `in` is for layers");
            const graph::Operator& last = graph_.op(stage.last);
            if (last.inputs.empty()) in->fail(fmt::format("operator '{}' has no input", last.name));
            piece.in = read_box(*in, graph_.tensor(last.inputs.front()).full);
        }
        return piece;
    }

    [[nodiscard]] static Box read_box(const Reader& reader, const Box& whole) {
        static constexpr std::array<const char*, graph::kAxes> kNames{"n", "c", "h", "w"};
        Box box = whole;
        for (std::size_t axis = 0; axis < graph::kAxes; ++axis)
            if (const auto interval = reader.optional(kNames[axis])) {
                const std::vector<std::int64_t> ends = interval->integers();
                box.axes[axis] = {ends[0], ends[1]};
                if (ends[0] >= ends[1]) interval->fail(fmt::format("[{}, {}) is empty", ends[0], ends[1]));
                if (ends[1] > whole.axes[axis].end)
                    interval->fail(fmt::format("[{}, {}) is outside the tensor, which has {}", ends[0], ends[1],
                                               whole.axes[axis].end));
            }
        return box;
    }

    void read_outputs(const Reader& reader, Stage& stage) const {
        for (const auto& entry : reader.entries()) {
            const TensorId id = tensor(entry.name, entry.where);
            for (const auto& owner : entry.value.entries())
                for (const Reader& box : owner.value.items())
                    stage.outputs[id][device(owner.name, owner.where)].push_back(read_box(box, graph_.tensor(id).full));
        }
    }

    const Graph& graph_;
    Reader root_;
    std::vector<std::string> devices_;
};

MadeFrom made_from(const Reader& reader) { return {reader["file"].string(), reader["sha256"].string()}; }

PlanInputs read_inputs(const yaml::Document& document) {
    PlanInputs inputs;
    const auto reader = document.root().optional("inputs");
    if (!reader) return inputs;
    if (const auto model = reader->optional("model")) inputs.model = made_from(*model);
    if (const auto cluster = reader->optional("cluster")) inputs.cluster = made_from(*cluster);
    if (const auto preprocess = reader->optional("preprocess")) inputs.preprocess = made_from(*preprocess);
    if (const auto latency = reader->optional("latency"))
        for (const Reader& file : latency->items()) inputs.latency.push_back(made_from(file));
    return inputs;
}

}  // namespace

std::vector<OperatorId> operators_between(const Graph& graph, OperatorId from, OperatorId to) {
    const std::size_t count = graph.operators().size();
    std::vector<bool> after(count);  // reachable from `from`
    after[index(from)] = true;
    for (std::size_t i = index(from); i < count; ++i)
        if (after[i])
            for (const TensorId output : graph.op(OperatorId(i)).outputs)
                for (const OperatorId reader : graph.readers(output)) after[index(reader)] = true;
    std::vector<bool> before(count);  // reaches `to`
    before[index(to)] = true;
    for (std::size_t i = index(to) + 1; i-- > 0;)
        if (before[i])
            for (const TensorId input : graph.op(OperatorId(i)).inputs)
                if (const auto producer = graph.producer(input)) before[index(*producer)] = true;
    std::vector<OperatorId> between;
    for (std::size_t i = 0; i < count; ++i)
        if (after[i] && before[i]) between.push_back(OperatorId(i));
    return between;
}

PlanFile::PlanFile(const util::FileView& file)
    : document_(yaml::open_document(plan_kind(), file)), inputs_(read_inputs(document_)) {}

PlanDocument PlanFile::resolve(const Graph& graph) const {
    const Reader root = document_.root();
    if (inputs_.model && !graph.sha256().empty() && inputs_.model->sha256 != graph.sha256())
        root["inputs"]["model"]["sha256"].fail(fmt::format("the plan is for the model with SHA-256 {}, but '{}' has {}",
                                                           inputs_.model->sha256, graph.file(), graph.sha256()),
                                               "make a plan for this model with convoy-partition");
    PlanDocument document;
    document.generator = root["generator"].string();
    document.strategy = root["strategy"].string();
    document.inputs = inputs_;
    document.plan = Resolver(graph, root).plan();
    try {
        (void)Compiled(document.plan, graph);
    } catch (const Error& error) {
        throw located(root.node(), error);
    }
    if (const auto predicted = root.optional("predicted"))
        document.predicted = samples::read_timeline(*predicted, document.plan.devices);
    return document;
}

PlanDocument read_plan(const util::FileView& file, const Graph& graph) { return PlanFile(file).resolve(graph); }

}  // namespace convoy::plan

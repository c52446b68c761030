#include "engine/shard.hpp"

#include <fmt/format.h>

#include <map>

#include "engine/functions.hpp"
#include "engine/net.hpp"
#include "util/error.hpp"

namespace convoy::engine {

using graph::TensorId;

namespace {

/// Tells what a piece is in a message: its operators.
std::string name_of(const graph::Graph& graph, const plan::Run& piece) {
    if (piece.works.empty()) return "an empty piece";
    const std::string& first = graph.op(piece.works.front().op).name;
    const std::string& last = graph.op(piece.works.back().op).name;
    return first == last ? fmt::format("'{}'", first) : fmt::format("'{}'..'{}'", first, last);
}

util::Error foreign(const cv::Exception& error, const std::string& what) {
    return util::Error(util::Errc::internal, fmt::format("OpenCV cannot {}: {}", what, error.err));
}

/// Operators that only move values, or change their type, work on any type that floats can stand for.
bool takes_any_type(const std::string& type) {
    for (const char* known : {"Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Split",
                              "Slice", "Gather", "Identity"}) {
        if (type == known) return true;
    }
    return false;
}

void check_types(const graph::Graph& graph, const graph::Work& work) {
    const graph::Operator& op = graph.op(work.op);
    const bool moves = op.kind == graph::Kind::whole && takes_any_type(op.onnx_type);
    const bool any_type = moves || op.kind == graph::Kind::gather;
    for (const auto* tensors : {&op.inputs, &op.outputs}) {
        for (const TensorId id : *tensors) {
            const graph::TensorInfo& tensor = graph.tensor(id);
            if (tensor.type == graph::ElementType::float32 || (any_type && has_floats(tensor.type))) continue;
            throw util::Error(util::Errc::data, fmt::format("operator '{}' ({}) works on {}; the engine has float32",
                                                            op.name, op.onnx_type, to_string(tensor.type)));
        }
    }
}

class PieceBuilder {
  public:
    PieceBuilder(Weights& weights, Shard::Net& net) : builder_(weights, net), net_(net) {}

    void build(const plan::Run& piece) {
        add_sources(piece);
        for (const graph::Work& work : piece.works) add_work(work);
        std::vector<Value> results;
        for (const plan::Run::Output& output : piece.outputs) results.push_back(value_of(output.tensor));
        builder_.add_sink(results, piece.outputs);
    }

  private:
    void add_sources(const plan::Run& piece) {
        net_.net.setInputsNames({"frame"});
        net_.net.setInput(cv::Mat::zeros(1, 1, CV_32F), "frame");  // what the sources hang on; never read
        net_.inputs.resize(piece.inputs.size());
        for (std::size_t i = 0; i < piece.inputs.size(); ++i) {
            const plan::Run::Input& input = piece.inputs[i];
            if (input.slab.empty()) continue;
            values_[input.tensor] = builder_.add_source(builder_.graph().tensor(input.tensor), input.slab, i);
        }
    }

    void add_work(const graph::Work& work) {
        check_types(builder_.graph(), work);
        const graph::Operator& op = builder_.graph().op(work.op);
        std::vector<Value> inputs;
        for (const TensorId id : op.inputs) {
            const auto known = values_.find(id);
            inputs.push_back(known == values_.end() ? Value{} : known->second);
        }
        const std::vector<Value> values = add_operator(builder_, work, inputs);
        for (std::size_t k = 0; k < values.size(); ++k) values_[op.outputs[k]] = values[k];
    }

    const Value& value_of(TensorId id) const {
        const auto known = values_.find(id);
        if (known != values_.end()) return known->second;
        throw util::Error(util::Errc::internal,
                          fmt::format("a piece gives '{}' without computing it", builder_.graph().tensor(id).name));
    }

    NetBuilder builder_;
    Shard::Net& net_;
    std::map<TensorId, Value> values_;
};

}  // namespace

Shard::Shard(Weights& weights, const plan::Run& piece) : net_(std::make_unique<Net>()) {
    try {
        PieceBuilder(weights, *net_).build(piece);
    } catch (const cv::Exception& error) {
        throw foreign(error, "build " + name_of(weights.graph(), piece));
    }
    net_->what = name_of(weights.graph(), piece);
}

Shard::~Shard() = default;
Shard::Shard(Shard&&) noexcept = default;
Shard& Shard::operator=(Shard&&) noexcept = default;

void Shard::run(std::span<const std::vector<graph::TensorView>> inputs, std::span<const graph::TensorView> outputs) {
    if (inputs.size() != net_->inputs.size()) {
        throw util::Error(util::Errc::internal, "a shard was run with another number of inputs");
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) net_->inputs[i] = &inputs[i];
    net_->outputs = outputs;
    try {
        net_->net.forward(net_->sink);
    } catch (const cv::Exception& error) {
        throw foreign(error, "run " + net_->what);
    }
}

std::span<const std::span<float>> Shard::values() const noexcept { return net_->values; }

plan::Run whole_model(const graph::Graph& graph) {
    plan::Run run;
    for (std::size_t i = 0; i < graph.operators().size(); ++i) {
        run.works.push_back(graph::whole_work(graph, graph::OperatorId(i)));
    }
    for (const TensorId id : graph.inputs()) run.inputs.push_back({id, graph::make_slab(graph.tensor(id).full), {}});
    for (const TensorId id : graph.outputs()) run.outputs.push_back({id, graph::make_slab(graph.tensor(id).full), {}});
    return run;
}

}  // namespace convoy::engine

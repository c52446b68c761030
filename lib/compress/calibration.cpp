#include "compress/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "compress/passes.hpp"
#include "compress/runner.hpp"
#include "graph/surgery.hpp"
#include "util/error.hpp"
#include "util/random.hpp"

namespace convoy::compress {

using graph::Axis;
using graph::Index;
using graph::Operator;
using graph::TensorId;
using graph::TensorInfo;
using util::Errc;
using util::Error;

namespace {

/// FNV-1a: names a stream of random numbers, the same on every platform.
std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 14695981039346656037U;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return value;
}

/// One tensor that is sampled.
struct Probe {
    std::string name;    ///< as the caller calls it
    std::string tensor;  ///< in the graph that is run
    Samples* into = nullptr;
    bool is_layer = false;
};

/// Rows of this frame, so that all frames together give `rows`.
std::size_t rows_of_frame(std::size_t rows, std::size_t frame, std::size_t frames) {
    return (frame + 1) * rows / frames - frame * rows / frames;
}

/// Distinct positions below `extent`, ascending.
std::vector<Index> positions(util::Random& random, Index extent, std::size_t count) {
    if (count >= static_cast<std::size_t>(extent)) {
        std::vector<Index> all(static_cast<std::size_t>(extent));
        std::iota(all.begin(), all.end(), Index{0});
        return all;
    }
    std::set<Index> drawn;
    // Floyd's algorithm: as many draws as positions.
    for (Index j = extent - static_cast<Index>(count); j < extent; ++j) {
        const Index draw = random.integer(0, j);
        if (!drawn.insert(draw).second) drawn.insert(j);
    }
    return {drawn.begin(), drawn.end()};
}

void require_finite(const Probe& probe, const graph::Tensor& tensor, std::size_t frame) {
    const float* values = tensor.floats();
    const Index count = tensor.view().volume();
    if (std::all_of(values, values + count, [](float value) { return std::isfinite(value); })) return;
    throw Error(Errc::data, fmt::format("{} '{}' has a value that is not finite for frame {}",
                                        probe.is_layer ? "layer" : "tensor", probe.name, frame));
}

/// Appends the values of all channels at some positions.
void take(const TensorInfo& info, const graph::Tensor& tensor, std::span<const Index> at, Samples& into) {
    const Index channels = info.full[Axis::c].size();
    const Index area = info.full[Axis::h].size() * info.full[Axis::w].size();
    for (const Index position : at) {
        const float* first = tensor.floats() + position / area * channels * area + position % area;
        for (Index c = 0; c < channels; ++c) into.values.push_back(first[c * area]);
    }
}

std::size_t rows_for(const Sampling& sampling, Index channels) {
    const auto most = static_cast<std::size_t>(sampling.memory.value) / (static_cast<std::size_t>(channels) * 4);
    return std::max<std::size_t>(1, std::min(sampling.rows, most));
}

const Operator& layer_named(const graph::Graph& graph, const std::string& name) {
    const auto id = graph.find_operator(name);
    if (!id) throw Error(Errc::data, fmt::format("the model has no layer '{}'", name));
    if (!graph.op(*id).weights) throw Error(Errc::data, fmt::format("layer '{}' has no weights", name));
    return graph.op(*id);
}

/// A graph that has the responses of some layers as tensors of their own.
class Opened {
  public:
    explicit Opened(const graph::Graph& graph) : surgery_(graph) {}

    /// The tensor of a layer's responses: its output, where nothing is done to them.
    TensorId response(std::size_t number) {
        Operator& op = surgery_.operators[number];
        graph::Tail rest = op.tail;
        rest.bias.reset();
        if (rest.identity()) return op.outputs[0];
        const TensorInfo& output = surgery_.tensors[index(op.outputs[0])];
        const TensorId raw = surgery_.add_tensor(output.name + "_response", output.dims);
        Operator tail;
        tail.name = surgery_.fresh_name(op.name + "_tail");
        tail.kind = graph::Kind::batch_norm;
        tail.inputs = {raw};
        tail.outputs = op.outputs;
        tail.tail = std::move(rest);
        op.outputs = {raw};
        graph::Tail bare;
        bare.bias = op.tail.bias;
        op.tail = std::move(bare);
        surgery_.operators.push_back(std::move(tail));
        return raw;
    }
    [[nodiscard]] const std::string& name(TensorId id) const { return surgery_.tensors[index(id)].name; }
    [[nodiscard]] graph::Graph graph() const { return surgery_.put_together(); }

  private:
    graph::Surgery surgery_;
};

/// Everything that is to be sampled, in a graph that computes it.
struct Survey {
    graph::Graph graph;
    std::vector<Probe> probes;
};

Survey survey_of(const graph::Graph& graph, const Wanted& wanted, Activations& activations) {
    Opened opened(graph);
    std::vector<Probe> probes;
    std::map<std::string, TensorId> responses;  // by operator: a layer may be called by several names
    for (const std::string& name : wanted.layers) {
        const Operator& op = layer_named(graph, name);
        const auto number = static_cast<std::size_t>(&op - graph.operators().data());
        if (!responses.contains(op.name)) responses[op.name] = opened.response(number);
        probes.push_back({name, opened.name(responses[op.name]), &activations.responses[name], true});
    }
    for (const std::string& name : wanted.tensors) {
        const auto id = graph.find_tensor(name);
        if (!id) throw Error(Errc::data, fmt::format("the model has no tensor '{}'", name));
        const TensorInfo& info = graph.tensor(*id);
        if (info.whole_only || info.type != graph::ElementType::float32) {
            throw Error(Errc::data, fmt::format("tensor '{}' is no feature map or vector of float32", name));
        }
        probes.push_back({name, info.name, &activations.tensors[name], false});
    }
    return {opened.graph(), std::move(probes)};
}

/// All samples of one frame.
void take_all(const Survey& survey, const detail::Values& values, std::size_t frame, std::size_t frames,
              const Sampling& sampling) {
    for (const Probe& probe : survey.probes) {
        const TensorInfo& info = survey.graph.tensor(survey.graph.find_tensor(probe.tensor).value());
        const graph::Tensor& tensor = values.at(info.name);
        require_finite(probe, tensor, frame);
        probe.into->channels = info.full[Axis::c].size();
        const std::size_t rows = rows_of_frame(rows_for(sampling, probe.into->channels), frame, frames);
        util::Random random(sampling.seed ^ hash(fmt::format("{} {}", probe.name, frame)));
        take(info, tensor, positions(random, info.full.volume() / probe.into->channels, rows), *probe.into);
    }
}

}  // namespace

namespace detail {

bool Passes::fit(const graph::Graph& graph, const std::vector<TensorId>& more) const {
    std::int64_t bytes = 0;
    for (const std::string& name : names_) bytes += graph.tensor(graph.find_tensor(name).value()).bytes().value;
    for (const TensorId id : more) bytes += graph.tensor(id).bytes().value;
    return bytes <= kMostKept.value / static_cast<std::int64_t>(kept_.size());
}

Activations Passes::sample(const graph::Graph& graph, const Wanted& wanted, const std::vector<std::string>& keep) {
    require_frames(frames_);
    Activations activations;
    const Survey survey = survey_of(graph, wanted, activations);
    std::vector<TensorId> more;
    for (const std::string& name : keep) {
        const TensorId id = survey.graph.find_tensor(name).value();
        const bool known = names_.contains(name) || !survey.graph.producer(id);
        if (!known && std::find(more.begin(), more.end(), id) == more.end()) more.push_back(id);
    }
    if (!fit(survey.graph, more)) more.clear();
    std::vector<TensorId> given = survey.graph.inputs();
    for (const std::string& name : names_) given.push_back(survey.graph.find_tensor(name).value());
    std::vector<TensorId> computed = more;
    for (const Probe& probe : survey.probes) computed.push_back(survey.graph.find_tensor(probe.tensor).value());
    Runner runner(survey.graph, given, computed);
    const bool from_inputs = std::any_of(survey.graph.inputs().begin(), survey.graph.inputs().end(), [&](TensorId id) {
        return runner.reads(survey.graph.tensor(id).name) ||
               std::find(computed.begin(), computed.end(), id) != computed.end();
    });
    for (std::size_t frame = 0; frame < kept_.size(); ++frame) {
        Values values = kept_[frame];  // shares their memory
        if (from_inputs) values.merge(load(survey.graph, frames_, frame));
        runner.run(values);
        take_all(survey, values, frame, frames_.count, sampling_);
        for (const TensorId id : more) {
            const std::string& name = survey.graph.tensor(id).name;
            kept_[frame].insert_or_assign(name, values.at(name));
        }
        if (progress_) progress_(frame + 1, kept_.size());
    }
    for (const TensorId id : more) names_.insert(survey.graph.tensor(id).name);
    return activations;
}

void Passes::forget_all_but(const graph::Graph& graph, const std::vector<TensorId>& sampled) {
    std::set<std::string, std::less<>> needed;
    std::set<TensorId> seen;
    std::vector<TensorId> open = sampled;
    while (!open.empty()) {
        const TensorId id = open.back();
        open.pop_back();
        if (!seen.insert(id).second) continue;
        const std::string& name = graph.tensor(id).name;
        if (names_.contains(name)) {
            needed.insert(name);
        } else if (const auto producer = graph.producer(id)) {
            const auto& inputs = graph.op(*producer).inputs;
            open.insert(open.end(), inputs.begin(), inputs.end());
        }
    }
    for (Values& values : kept_) std::erase_if(values, [&](const auto& one) { return !needed.contains(one.first); });
    names_ = std::move(needed);
}

}  // namespace detail

Activations sample(const graph::Graph& graph, const Wanted& wanted, const Frames& frames, const Sampling& sampling,
                   const Progress& progress) {
    return detail::Passes(frames, sampling, progress).sample(graph, wanted);
}

}  // namespace convoy::compress

#include "compress_split/cuts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "partition/assemble.hpp"
#include "partition/slices.hpp"
#include "partition/traffic.hpp"
#include "partition/units.hpp"
#include "util/error.hpp"

namespace convoy::compress_split {

using graph::TensorId;
using util::Bytes;
using util::Seconds;
using wire::Codec;

namespace {

/// How one tensor crosses: codecs are for float32 only.
Codec codec_of(const graph::Graph& graph, TensorId id, Codec codec, InputCodec input) {
    const graph::TensorInfo& tensor = graph.tensor(id);
    if (tensor.type != graph::ElementType::float32 || tensor.whole_only) return Codec::fp32;
    return graph.producer(id) ? codec : input.of(codec);
}

Bytes crossing_bytes(const graph::Graph& graph, const CrossingTensor& crossing) {
    const graph::TensorInfo& tensor = graph.tensor(crossing.tensor);
    return wire::encoded_size(crossing.codec, tensor.full.volume(), tensor.element_bytes);
}

/// What brings the outputs to the sink.
Seconds way_to_sink(const partition::Problem& problem, std::size_t position, std::size_t cloud) {
    const cluster::Cluster& cluster = problem.bed.cluster();
    Seconds time{};
    for (const TensorId output : problem.graph.outputs()) {
        const auto producer = problem.graph.producer(output);
        const bool on_edge = !producer || index(*producer) < position;
        time += partition::detail::message_time(problem.bed, on_edge ? cluster.source : cloud, cluster.sink,
                                                problem.graph.tensor(output).bytes());
    }
    return time;
}

}  // namespace

std::vector<CrossingTensor> crossing(const graph::Graph& graph, const Cut& cut, InputCodec input) {
    std::vector<CrossingTensor> crossing;
    for (const TensorId id : partition::detail::alive_at(graph, cut.position))
        crossing.push_back({id, codec_of(graph, id, cut.codec, input)});
    return crossing;
}

std::vector<Cut> cuts_of(const partition::Problem& problem, std::size_t cloud, std::span<const Codec> codecs,
                         InputCodec input) {
    const latency::Bed& bed = problem.bed;
    const graph::Graph& graph = problem.graph;
    const std::size_t source = bed.cluster().source;
    const std::size_t operators = graph.operators().size();
    partition::detail::Slices slices(problem);
    std::vector<Cut> cuts;
    for (std::size_t position = 0; position <= operators; ++position) {
        Cut cut{position, cloud, Codec::fp32, {}, way_to_sink(problem, position, cloud), {}, {}};
        cut.edge = slices.whole({0, position}, source);
        if (position > 0) cut.edge += bed.piece_overhead(source);
        cut.cloud_time = slices.whole({position, operators}, cloud);
        if (position < operators) cut.cloud_time += bed.piece_overhead(cloud);
        for (const Codec codec : codecs) {
            Cut coded = cut;
            coded.codec = codec;
            for (const CrossingTensor& tensor : crossing(graph, coded, input)) {
                const Bytes bytes = crossing_bytes(graph, tensor);
                coded.bytes += bytes;
                coded.transfer += partition::detail::message_time(bed, source, cloud, bytes);
            }
            cuts.push_back(coded);
            if (position == operators) break;
        }
    }
    return cuts;
}

Placed fastest(const partition::Problem& problem, std::vector<Cut> cuts, InputCodec input,
               const std::function<bool(const Cut&)>& allowed) {
    if (allowed) std::erase_if(cuts, [&](const Cut& cut) { return !allowed(cut); });
    std::stable_sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.latency() < b.latency(); });
    std::string lacks = "no cut is allowed";
    for (const Cut& cut : cuts) {
        partition::Proposal proposal = partition::evaluate(problem, plan_of(problem, cut, input));
        const auto too_little = partition::memory_problem(problem, proposal);
        if (!too_little) return {cut, std::move(proposal)};
        if (&cut == &cuts.front()) lacks = *too_little;
    }
    throw util::Error(util::Errc::impossible, lacks);
}

std::string place_name(const graph::Graph& graph, const Cut& cut) {
    if (cut.position == 0) return "input";
    if (cut.position == graph.operators().size()) return "output";
    std::vector<std::string> names;
    for (const TensorId id : partition::detail::alive_at(graph, cut.position)) names.push_back(graph.tensor(id).name);
    return fmt::format("{}", fmt::join(names, "+"));
}

plan::Plan plan_of(const partition::Problem& problem, const Cut& cut, InputCodec input) {
    const graph::Graph& graph = problem.graph;
    plan::Plan plan = partition::detail::empty_plan(problem.bed);
    std::vector<plan::Stage>& stages = plan.routes.front().stages;
    const std::size_t operators = graph.operators().size();
    if (cut.position > 0) {
        stages.push_back(partition::detail::device_stage(graph, {0, cut.position}, problem.bed.cluster().source));
    }
    if (cut.position < operators) {
        for (const auto& [id, codec] : crossing(graph, cut, input)) {
            if (codec != Codec::fp32) (graph.producer(id) ? stages.front().wire : plan.wire)[id] = codec;
        }
        stages.push_back(partition::detail::device_stage(graph, {cut.position, operators}, cut.cloud));
    }
    return partition::detail::without_idle_devices(plan);
}

}  // namespace convoy::compress_split

#include "compress_split/speed.hpp"

#include <algorithm>
#include <cmath>

#include "partition/traffic.hpp"
#include "partition/units.hpp"

namespace convoy::compress_split {

using graph::Axis;
using graph::Index;
using graph::TensorId;
using util::Bytes;
using util::Flops;
using util::Seconds;

namespace {

constexpr Index kFloatBytes = 4;

Bytes scaled(Bytes bytes, double factor) {
    return Bytes(static_cast<std::int64_t>(std::llround(static_cast<double>(bytes.value) * factor)));
}

void scale_channels(graph::Box& box, double factor) {
    graph::Interval& c = box[Axis::c];
    c = {0, std::max<Index>(1, std::llround(static_cast<double>(c.size()) * factor))};
}

Index positions_of(const graph::Box& box) { return box[Axis::n].size() * box[Axis::h].size() * box[Axis::w].size(); }

bool has_filters(const samples::WorkShape& shape) {
    return shape.kind == graph::Kind::convolution || shape.kind == graph::Kind::gemm;
}

}  // namespace

namespace detail {

samples::WorkShape resized(samples::WorkShape shape, double inputs, double outputs) {
    const bool sums = has_filters(shape) && shape.group == 1;
    const double work = sums ? inputs * outputs : outputs;
    shape.flops = shape.flops * work;
    shape.weight_bytes = scaled(shape.weight_bytes, work);
    shape.input_bytes = scaled(shape.input_bytes, inputs);
    shape.output_bytes = scaled(shape.output_bytes, outputs);
    for (graph::Box& input : shape.inputs) scale_channels(input, inputs);
    scale_channels(shape.output, outputs);
    scale_channels(shape.whole_output, outputs);
    if (sums) shape.channels = shape.inputs.front()[Axis::c].size();
    return shape;
}

samples::WorkShape low_layer(samples::WorkShape shape, Index terms, Index rank) {
    shape.output[Axis::c] = shape.whole_output[Axis::c] = {0, rank};
    const Index outputs = rank * positions_of(shape.output);
    shape.flops = Flops(2 * static_cast<double>(terms) * static_cast<double>(outputs));
    shape.weight_bytes = Bytes(kFloatBytes * (terms + 1) * rank);
    shape.output_bytes = Bytes(kFloatBytes * outputs);
    return shape;
}

samples::WorkShape restoring_layer(samples::WorkShape shape, Index rank) {
    const Index outputs = shape.output[Axis::c].size();
    graph::Box input = shape.output;
    input[Axis::c] = {0, rank};
    shape.inputs = {input};
    shape.kernel = shape.stride = {1, 1};
    shape.channels = rank;
    shape.input_bytes = Bytes(kFloatBytes * input.volume());
    shape.weight_bytes = Bytes(kFloatBytes * (rank + 1) * outputs);
    shape.flops = Flops(2 * static_cast<double>(rank) * static_cast<double>(outputs * positions_of(shape.output)));
    return shape;
}

}  // namespace detail

SpeedModel::SpeedModel(const Menu& menu, const graph::Graph& graph, const latency::Bed& bed, std::size_t cloud,
                       InputCodec input)
    : menu_(menu),
      graph_(graph),
      bed_(bed),
      edge_(bed.cluster().source),
      cloud_(cloud),
      input_(input),
      up_(bed.cluster().link(edge_, cloud)),
      known_(graph.operators().size()),
      known_bottlenecks_(graph.tensors().size()) {
    const std::size_t operators = graph.operators().size();
    rank_place_.resize(operators);
    width_place_.resize(graph.tensors().size());
    for (std::size_t op = 0; op < operators; ++op) {
        const graph::OperatorId id{static_cast<std::uint32_t>(op)};
        shapes_.push_back(samples::describe(graph, graph::whole_work(graph, id)));
        rank_place_[op] = menu.find(What::rank, graph.op(id).name);
    }
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        width_place_[t] = menu.find(What::width, graph.tensors()[t].name);
    }
    for (std::size_t position = 0; position <= operators; ++position) {
        alive_.push_back(partition::detail::alive_at(graph, position));
        if (position == 0 || position == operators || alive_.back().size() == 1) cuts_.push_back(position);
    }
    for (const TensorId output : graph.outputs()) {
        const Bytes bytes = graph.tensor(output).bytes();
        from_edge_ += partition::detail::message_time(bed, edge_, bed.cluster().sink, bytes);
        from_cloud_ += partition::detail::message_time(bed, cloud, bed.cluster().sink, bytes);
    }
}

SpeedModel::Times SpeedModel::times_of(const samples::WorkShape& shape) const {
    return {bed_.time(edge_, shape), bed_.time(cloud_, shape)};
}

const SpeedModel::LayerTimes& SpeedModel::layer(std::size_t op, const Key& key) {
    const auto [entry, added] = known_[op].try_emplace(key);
    if (!added) return entry->second;
    const graph::Operator& described = graph_.operators()[op];
    Index inputs = 0;
    for (const TensorId input : described.inputs) inputs += graph_.tensor(input).full[Axis::c].size();
    const Index outputs = graph_.tensor(described.outputs.front()).full[Axis::c].size();
    const auto share = [](Index part, Index of) {
        return of > 0 ? static_cast<double>(part) / static_cast<double>(of) : 1;
    };
    const samples::WorkShape shape =
        detail::resized(shapes_[op], share(key.inputs, inputs), share(key.outputs, outputs));
    if (key.rank == 0) {
        entry->second.main = times_of(shape);
    } else {
        entry->second.low = times_of(detail::low_layer(shape, terms_of(graph_, described, key.inputs), key.rank));
        entry->second.main = times_of(detail::restoring_layer(shape, key.rank));
    }
    return entry->second;
}

const SpeedModel::LayerTimes& SpeedModel::bottleneck(TensorId tensor, Index channels, Index width) {
    const auto [entry, added] = known_bottlenecks_[index(tensor)].try_emplace({channels, channels, width});
    if (!added) return entry->second;
    samples::WorkShape shape;
    shape.output = graph_.tensor(tensor).full;
    shape.kind =
        shape.output[Axis::h].size() * shape.output[Axis::w].size() > 1 ? graph::Kind::convolution : graph::Kind::gemm;
    shape.onnx_type = shape.kind == graph::Kind::gemm ? "Gemm" : "Conv";
    shape.output[Axis::c] = {0, channels};
    shape.whole_output = shape.output;
    shape.inputs = {shape.output};
    shape.channels = channels;
    shape.input_bytes = shape.output_bytes = Bytes(kFloatBytes * shape.output.volume());
    entry->second = {times_of(detail::low_layer(shape, channels, width)),
                     times_of(detail::restoring_layer(shape, width))};
    return entry->second;
}

Bytes SpeedModel::crossing(TensorId tensor, Index channels, wire::Codec codec) const {
    const graph::TensorInfo& info = graph_.tensor(tensor);
    if (info.type != graph::ElementType::float32 || info.whole_only) return info.bytes();
    if (!graph_.producer(tensor)) codec = input_.of(codec);
    return wire::encoded_size(codec, channels * positions_of(info.full), kFloatBytes);
}

class SpeedModel::Walk {
  public:
    Walk(SpeedModel& model, const Levels& levels)
        : model_(model),
          levels_(levels),
          channels_(channels_at(model.menu_, model.graph_, levels)),
          codec_(codec_of(model.menu_, levels)) {}

    Seconds least(std::optional<std::size_t> cut) {
        const std::size_t operators = model_.graph_.operators().size();
        for (std::size_t position = 0; position <= operators; ++position) {
            const bool here = !cut || position == *cut;
            if (position > 0) operate(position - 1, here);
            if (here && position < operators) cut_at(model_.alive_[position], std::nullopt);
        }
        Seconds least{std::numeric_limits<double>::infinity()};
        for (const auto& [before, latency] : cuts_) least = std::min(least, latency + (cloud_ - before));
        if (!cut || *cut == operators) {
            const Seconds overhead = operators > 0 ? model_.bed_.piece_overhead(model_.edge_) : Seconds{};
            least = std::min(least, edge_ + overhead + model_.from_edge_);
        }
        return least;
    }

  private:
    struct Narrow {
        TensorId instead_of{};
        Index channels = 0;
    };

    [[nodiscard]] Index amount(std::optional<std::size_t> place) const {
        return place && levels_[*place] > 0 ? model_.menu_.choices[*place].amounts[levels_[*place]] : 0;
    }

    void pass(const Times& times) {
        edge_ += times.edge;
        cloud_ += times.cloud;
    }

    void operate(std::size_t op, bool here) {
        const graph::Operator& described = model_.graph_.operators()[op];
        const TensorId output = described.outputs.front();
        Key key{0, channels_[index(output)], amount(model_.rank_place_[op])};
        for (const TensorId input : described.inputs) key.inputs += channels_[index(input)];
        if (key.rank >= std::min(key.outputs, key.rank > 0 ? terms_of(model_.graph_, described, key.inputs) : 0))
            key.rank = 0;
        const LayerTimes& times = model_.layer(op, key);
        if (key.rank > 0) {
            pass(times.low);
            if (here) cut_at(model_.alive_[op + 1], Narrow{output, key.rank});
        }
        pass(times.main);
        const Index width = amount(model_.width_place_[index(output)]);
        if (width == 0 || width >= key.outputs) return;
        const LayerTimes& pair = model_.bottleneck(output, key.outputs, width);
        pass(pair.low);
        if (here) cut_at(model_.alive_[op + 1], Narrow{output, width});
        pass(pair.main);
    }

    void cut_at(const std::vector<TensorId>& alive, std::optional<Narrow> narrow) {
        const bool computed = edge_ > Seconds{};
        Seconds latency = edge_ + model_.from_cloud_ + model_.bed_.piece_overhead(model_.cloud_);
        if (computed) latency += model_.bed_.piece_overhead(model_.edge_);
        for (const TensorId tensor : alive) {
            const bool replaced = narrow && tensor == narrow->instead_of;
            const Bytes bytes = model_.crossing(tensor, replaced ? narrow->channels : channels_[index(tensor)], codec_);
            latency += model_.up_.start_up + bytes / model_.up_.rate + model_.up_.delay;
        }
        cuts_.emplace_back(cloud_, latency);
    }

    SpeedModel& model_;
    const Levels& levels_;
    std::vector<Index> channels_;
    wire::Codec codec_;
    Seconds edge_{};                                 ///< of everything so far
    Seconds cloud_{};                                ///< likewise, had the cloud computed it
    std::vector<std::pair<Seconds, Seconds>> cuts_;  ///< the cloud's time until there, and all but the cloud's time
};

Seconds SpeedModel::latency(const Levels& levels, std::optional<std::size_t> cut) {
    return Walk(*this, levels).least(cut);
}

}  // namespace convoy::compress_split

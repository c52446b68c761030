// Conversions of operators that take listed input positions: Slice, Split, Gather, DepthToSpace, SpaceToDepth, channel
// shuffles; and LRN. Resize has a file of its own.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "graph/onnx_arithmetic.hpp"
#include "graph/onnx_call.hpp"
#include "graph/onnx_convert.hpp"

namespace convoy::graph::detail {
namespace {

using Dims = std::vector<Index>;
using Picks = std::vector<std::vector<Index>>;

const Dims* dims_of(const Draft& draft, const std::string& name) {
    const TensorShape* shape = draft.constant(name) == nullptr ? draft.shape(name) : nullptr;
    return shape != nullptr ? &shape->dims : nullptr;
}

std::vector<Index> counted(Index begin, Index step, Index count) {
    std::vector<Index> all(static_cast<std::size_t>(count));
    for (Index i = 0; i < count; ++i) all[static_cast<std::size_t>(i)] = begin + i * step;
    return all;
}

std::optional<std::size_t> axis_in(Index axis, std::size_t rank) {
    const auto dims = static_cast<Index>(rank);
    if (axis < -dims || axis >= dims) return std::nullopt;
    return static_cast<std::size_t>(axis < 0 ? axis + dims : axis);
}

DraftOperator gather(const onnx::NodeProto& node, Picks picks) {
    DraftOperator converted = start(node, Kind::gather, {0});
    converted.op.picks = std::move(picks);
    return converted;
}

/// What a Slice may have as an attribute (old opsets) or as a constant input; `known` becomes false where it is
/// neither.
std::optional<Dims> argument(const Draft& draft, const onnx::NodeProto& node, const char* name, int place,
                             bool& known) {
    if (auto written = ints_attribute(node, name)) return written;
    if (!has_input(node, place)) return std::nullopt;
    const Constant* constant = draft.constant(node.input(place));
    auto values = constant != nullptr ? integers_of(*constant) : std::nullopt;
    known = known && values.has_value();
    return values;
}

/// A name for a further output's operator that no node has: `split#2`, `split#3`, ...
std::string further_name(const Draft& draft, const std::string& name, int number) {
    const auto taken = [&](const std::string& candidate) {
        const auto& nodes = draft.model.graph().node();
        return std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) { return node.name() == candidate; });
    };
    std::string candidate = fmt::format("{}#{}", name, number);
    while (taken(candidate)) candidate += "'";
    return candidate;
}

bool is_read(const Draft& draft, const std::string& name) {
    if (draft.outputs.count(name) > 0) return true;
    const auto& nodes = draft.model.graph().node();
    return std::any_of(nodes.begin(), nodes.end(), [&](const onnx::NodeProto& node) {
        return std::find(node.input().begin(), node.input().end(), name) != node.input().end();
    });
}

}  // namespace

Conversion convert_slice(Draft& draft, const onnx::NodeProto& node) {
    const Dims* dims = dims_of(draft, node.input(0));
    bool known = true;
    const auto starts = argument(draft, node, "starts", 1, known);
    const auto ends = argument(draft, node, "ends", 2, known);
    const auto axes = argument(draft, node, "axes", 3, known);
    const auto steps = argument(draft, node, "", 4, known);
    if (dims == nullptr || !known || !starts || !ends) return {};
    const auto ranges = slice_ranges(*dims, {*starts, *ends, axes, steps});
    if (!ranges) refuse(node, "its starts, ends, axes and steps do not fit its input");
    Picks picks(dims->size());
    for (std::size_t i = 0; i < dims->size(); ++i) {
        const Range& range = (*ranges)[i];
        if (range.count < 1) refuse(node, "it leaves nothing of its input");
        const bool everything = range.begin == 0 && range.step == 1 && range.count == (*dims)[i];
        if (everything) continue;
        require_listable(node, range.count);
        picks[i] = counted(range.begin, range.step, range.count);
    }
    return gather(node, std::move(picks));
}

Conversion convert_gather(Draft& draft, const onnx::NodeProto& node) {
    const Dims* dims = dims_of(draft, node.input(0));
    const Constant* indices = has_input(node, 1) ? draft.constant(node.input(1)) : nullptr;
    auto picked = indices != nullptr ? integers_of(*indices) : std::nullopt;
    if (dims == nullptr || !picked || picked->empty()) return {};
    const auto axis = axis_in(int_attribute(node, "axis", 0), dims->size());
    if (!axis) refuse(node, "attribute 'axis' is out of range");
    const Index extent = (*dims)[*axis];
    for (Index& index : *picked) {
        if (index < -extent || index >= extent) refuse(node, fmt::format("it picks element {} of {}", index, extent));
        if (index < 0) index += extent;
    }
    // A rank that changes between a vector and a map leaves it to the engine.
    if (dims->size() != draft.shape(node.output(0))->dims.size() && feature_dims(draft, node.input(0)) != nullptr &&
        feature_dims(draft, node.output(0)) != nullptr) {
        return {};
    }
    Picks picks(dims->size());
    picks[*axis] = std::move(*picked);
    return gather(node, std::move(picks));
}

std::vector<DraftOperator> convert_split(Draft& draft, const onnx::NodeProto& node) {
    const Dims* dims = dims_of(draft, node.input(0));
    const auto axis = dims != nullptr ? axis_in(int_attribute(node, "axis", 0), dims->size()) : std::nullopt;
    if (!axis) return {};
    std::vector<DraftOperator> parts;
    Index begin = 0;
    for (int k = 0; k < node.output_size(); ++k) {
        const TensorShape* shape = draft.shape(node.output(k));
        if (shape == nullptr || shape->dims.size() != dims->size()) return {};
        const Index count = shape->dims[*axis];
        if (count < 1 || count > (*dims)[*axis] - begin) refuse(node, "its parts do not fit its input");
        if (is_read(draft, node.output(k))) {
            require_listable(node, count);
            Picks picks(dims->size());
            picks[*axis] = counted(begin, 1, count);
            DraftOperator part = gather(node, std::move(picks));
            part.outputs = {node.output(k)};
            if (!parts.empty()) part.op.name = further_name(draft, node.name(), static_cast<int>(parts.size()) + 1);
            parts.push_back(std::move(part));
        }
        begin += count;
    }
    if (begin != (*dims)[*axis]) refuse(node, "its parts do not fit its input");
    return parts;
}

Conversion convert_blocks(Draft& draft, const onnx::NodeProto& node) {
    const auto* in = feature_dims(draft, node.input(0));
    const auto* out = feature_dims(draft, node.output(0));
    if (in == nullptr || out == nullptr || in->size() != 4 || out->size() != 4) return {};
    const bool to_space = node.op_type() == "DepthToSpace";
    DraftOperator converted = start(node, to_space ? Kind::depth_to_space : Kind::space_to_depth, {0});
    converted.op.block = int_attribute(node, "blocksize", 1);
    const std::string mode = string_attribute(node, "mode", "DCR");
    if (mode != "DCR" && mode != "CRD") refuse(node, fmt::format("attribute 'mode' is '{}'", mode));
    converted.op.channel_major = to_space && mode == "CRD";
    return converted;
}

Conversion convert_lrn(Draft& draft, const onnx::NodeProto& node) {
    const auto* dims = feature_dims(draft, node.input(0));
    if (dims == nullptr) return {};
    DraftOperator converted = start(node, Kind::lrn, {0});
    converted.op.local_response = {int_attribute(node, "size", 0), float_attribute(node, "alpha", 0.0001F),
                                   float_attribute(node, "beta", 0.75F), float_attribute(node, "bias", 1.0F)};
    return converted;
}

namespace {

/// The only node that reads a tensor, unless it is a graph output.
const onnx::NodeProto* only_reader(const Draft& draft, const std::string& tensor) {
    const onnx::NodeProto* found = nullptr;
    if (draft.outputs.count(tensor) > 0) return nullptr;
    for (const onnx::NodeProto& node : draft.model.graph().node()) {
        for (const std::string& input : node.input()) {
            if (input != tensor) continue;
            if (found != nullptr) return nullptr;
            found = &node;
        }
    }
    return found;
}

/// [n, g, k, h, w] of a Reshape from [n, g * k, h, w].
const Dims* separated_channels(const Draft& draft, const onnx::NodeProto& reshape) {
    if (reshape.op_type() != "Reshape" || !has_input(reshape, 0)) return nullptr;
    const Dims* in = feature_dims(draft, reshape.input(0));
    const Dims* out = dims_of(draft, reshape.output(0));
    const bool fits = in != nullptr && out != nullptr && in->size() == 4 && out->size() == 5 && (*in)[0] == (*out)[0] &&
                      (*out)[1] * (*out)[2] == (*in)[1] && (*in)[2] == (*out)[3] && (*in)[3] == (*out)[4];
    return fits ? out : nullptr;
}

}  // namespace

std::vector<Shuffle> find_shuffles(const Draft& draft) {
    std::vector<Shuffle> shuffles;
    for (const onnx::NodeProto& separate : draft.model.graph().node()) {
        const Dims* apart = separated_channels(draft, separate);
        const auto* swap = apart != nullptr ? only_reader(draft, separate.output(0)) : nullptr;
        if (swap == nullptr || swap->op_type() != "Transpose") continue;
        if (ints_attribute(*swap, "perm") != Dims{0, 2, 1, 3, 4}) continue;
        const auto* join = only_reader(draft, swap->output(0));
        const Dims* out = join != nullptr ? dims_of(draft, join->output(0)) : nullptr;
        if (out == nullptr || join->op_type() != "Reshape" || *out != *feature_dims(draft, separate.input(0))) continue;
        require_listable(*join, (*out)[1]);
        Shuffle shuffle{&separate, swap, join, start(*join, Kind::gather, {})};
        shuffle.gather.inputs = {separate.input(0)};
        shuffle.gather.op.picks.resize(4);
        shuffle.gather.op.absorbed = {separate.name(), swap->name()};
        for (Index c = 0; c < (*out)[1]; ++c) {
            shuffle.gather.op.picks[1].push_back(c % (*apart)[1] * (*apart)[2] + c / (*apart)[1]);
        }
        shuffles.push_back(std::move(shuffle));
    }
    return shuffles;
}

}  // namespace convoy::graph::detail

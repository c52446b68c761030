// Which channels can be removed, and what goes with each.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "compress/candidates.hpp"

namespace convoy::compress {
namespace {

using graph::Graph;
using graph::Index;
using graph::Kind;
using graph::Operator;
using graph::TensorId;
using graph::TensorInfo;

/// Every channel of every tensor, joined into classes that must be removed together (union by lower number).
class Classes {
  public:
    explicit Classes(const Graph& graph) : graph_(graph) {
        for (const TensorInfo& tensor : graph.tensors()) {
            first_.push_back(static_cast<std::size_t>(total_));
            total_ += channels(tensor);
        }
        parents_.resize(static_cast<std::size_t>(total_));
        std::iota(parents_.begin(), parents_.end(), std::size_t{0});
        frozen_.assign(parents_.size(), false);
        for (const TensorId id : graph.inputs()) freeze(id);
        for (const TensorId id : graph.outputs()) freeze(id);
        for (const Operator& op : graph.operators()) couple(op);
    }

    static Index channels(const TensorInfo& tensor) { return tensor.whole_only ? 1 : tensor.dims[1]; }

    [[nodiscard]] std::size_t of(TensorId tensor, Index channel) {
        std::size_t at = first_[index(tensor)] + static_cast<std::size_t>(channel);
        while (parents_[at] != at) at = parents_[at] = parents_[parents_[at]];
        return at;
    }
    [[nodiscard]] bool is_frozen(std::size_t one) const { return frozen_[one]; }

  private:
    void join(TensorId a, Index channel_a, TensorId b, Index channel_b) {
        const std::size_t one = of(a, channel_a);
        const std::size_t other = of(b, channel_b);
        const bool frozen = frozen_[one] || frozen_[other];
        parents_[std::max(one, other)] = std::min(one, other);
        frozen_[std::min(one, other)] = frozen;
    }

    void freeze(TensorId tensor) {
        for (Index c = 0; c < channels(graph_.tensor(tensor)); ++c) frozen_[of(tensor, c)] = true;
    }

    void freeze_all(const Operator& op) {
        for (const TensorId id : op.inputs) freeze(id);
        for (const TensorId id : op.outputs) freeze(id);
    }

    void join_all(TensorId input, TensorId output) {
        const Index count = channels(graph_.tensor(output));
        if (channels(graph_.tensor(input)) != count) return freeze(input);  // one channel, broadcast to all
        for (Index c = 0; c < count; ++c) join(input, c, output, c);
    }

    void couple(const Operator& op) {
        const auto whole = [&](TensorId id) { return graph_.tensor(id).whole_only; };
        if (std::any_of(op.inputs.begin(), op.inputs.end(), whole) ||
            std::any_of(op.outputs.begin(), op.outputs.end(), whole)) {
            return freeze_all(op);
        }
        switch (op.kind) {
            case Kind::convolution:
                if (op.group > 1) couple_groups(op);
                return;
            case Kind::transposed_convolution:
                if (op.group > 1) freeze_all(op);
                return;
            case Kind::gemm:
                return;
            case Kind::concat:
                return couple_concat(op);
            case Kind::gather:
                return couple_gather(op);
            case Kind::flatten:
                return couple_flatten(op);
            case Kind::softmax:
            case Kind::depth_to_space:
            case Kind::space_to_depth:
            case Kind::lrn:
            case Kind::whole:
                return freeze_all(op);
            default:
                for (const TensorId input : op.inputs) join_all(input, op.outputs[0]);
        }
    }

    /// Depthwise convolutions keep channels apart, whatever their multiplier; others would need equal groups.
    void couple_groups(const Operator& op) {
        const Index inputs = channels(graph_.tensor(op.inputs[0]));
        const Index outputs = channels(graph_.tensor(op.outputs[0]));
        if (op.group != inputs) return freeze_all(op);
        for (Index c = 0; c < outputs; ++c) join(op.inputs[0], c / (outputs / inputs), op.outputs[0], c);
    }

    void couple_concat(const Operator& op) {
        Index offset = 0;
        for (const TensorId input : op.inputs) {
            const Index count = channels(graph_.tensor(input));
            for (Index c = 0; c < count; ++c) join(input, c, op.outputs[0], offset + c);
            offset += count;
        }
    }

    void couple_gather(const Operator& op) {
        const bool same_rank = graph_.tensor(op.inputs[0]).dims.size() == graph_.tensor(op.outputs[0]).dims.size();
        if (!same_rank || op.picks.size() < 2) return freeze_all(op);
        if (op.picks[1].empty()) return join_all(op.inputs[0], op.outputs[0]);
        for (std::size_t o = 0; o < op.picks[1].size(); ++o) {
            join(op.inputs[0], op.picks[1][o], op.outputs[0], static_cast<Index>(o));
        }
    }

    void couple_flatten(const Operator& op) {
        const bool column = channels(graph_.tensor(op.inputs[0])) == channels(graph_.tensor(op.outputs[0]));
        if (!column) return freeze_all(op);
        join_all(op.inputs[0], op.outputs[0]);
    }

    const Graph& graph_;
    Index total_ = 0;
    std::vector<std::size_t> first_;  ///< by tensor: number of its channel 0
    std::vector<std::size_t> parents_;
    std::vector<bool> frozen_;
};

/// Whether an operator mixes all its input channels into every output channel.
bool mixes(const Operator& op) {
    const bool kind = op.kind == Kind::convolution || op.kind == Kind::transposed_convolution || op.kind == Kind::gemm;
    return kind && op.group == 1;
}

struct Class {
    std::set<std::size_t> makers;
    std::set<std::size_t> readers;
    std::vector<ChannelOf> members;
};

/// The classes that can be removed, by their number.
std::map<std::size_t, Class> removable(const Graph& graph, Classes& classes) {
    std::map<std::size_t, Class> all;
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        const auto tensor = TensorId(t);
        const auto producer = graph.producer(tensor);
        for (Index c = 0; c < Classes::channels(graph.tensor(tensor)); ++c) {
            const std::size_t number = classes.of(tensor, c);
            if (classes.is_frozen(number)) continue;
            Class& one = all[number];
            one.members.push_back({tensor, c});
            if (producer && mixes(graph.op(*producer))) one.makers.insert(index(*producer));
            for (const graph::OperatorId reader : graph.readers(tensor)) {
                if (mixes(graph.op(reader))) one.readers.insert(index(reader));
            }
        }
    }
    return all;
}

std::vector<std::string> names(const Graph& graph, const std::set<std::size_t>& operators) {
    std::vector<std::string> all;
    for (const std::size_t op : operators) all.push_back(graph.operators()[op].name);
    return all;
}

}  // namespace

std::vector<ChannelGroup> channel_groups(const Graph& graph) {
    Classes classes(graph);
    std::map<std::vector<std::size_t>, std::pair<std::set<std::size_t>, ChannelGroup>> groups;  // by makers
    for (auto& [number, one] : removable(graph, classes)) {
        if (one.makers.empty() || one.readers.empty()) continue;
        auto& [readers, group] = groups[{one.makers.begin(), one.makers.end()}];
        readers.insert(one.readers.begin(), one.readers.end());
        group.members.push_back(std::move(one.members));
    }
    std::vector<ChannelGroup> all;
    std::set<std::string> taken;
    for (auto& [makers, entry] : groups) {
        auto& [readers, group] = entry;
        if (group.members.size() < 2) continue;
        group.makers = names(graph, {makers.begin(), makers.end()});
        group.readers = names(graph, readers);
        group.name = group.makers.front();
        if (!taken.insert(group.name).second) group.name = fmt::format("{}", fmt::join(group.makers, "+"));
        all.push_back(std::move(group));
    }
    return all;
}

}  // namespace convoy::compress

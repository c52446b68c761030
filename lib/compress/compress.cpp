#include "compress/compress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "compress/low_rank.hpp"
#include "compress/passes.hpp"
#include "compress/pruning.hpp"
#include "compress/rewrite.hpp"
#include "util/error.hpp"

namespace convoy::compress {

using graph::Index;
using graph::Operator;
using graph::TensorId;
using util::Errc;
using util::Error;

namespace {

/// Layers with more weights than this are not refitted where they are not made smaller: the result is a second copy.
constexpr Index kMostRefitted = Index{1} << 25;

template <class Range, class Name>
const auto& named(const Range& range, const std::string& name, const char* what, Name name_of) {
    const auto found = std::find_if(range.begin(), range.end(), [&](const auto& one) { return name_of(one) == name; });
    if (found != range.end()) return *found;
    std::vector<std::string> names;
    for (const auto& one : range) names.push_back(name_of(one));
    throw Error(Errc::data, fmt::format("there is no {} '{}' that could be made smaller", what, name))
        .hint(util::suggestion(name, names));
}

const Layer& layer_named(const std::vector<Layer>& layers, const std::string& name) {
    return named(layers, name, "layer", [](const Layer& layer) { return layer.name; });
}

const ChannelGroup& group_named(const std::vector<ChannelGroup>& groups, const std::string& name) {
    return named(groups, name, "group of channels", [](const ChannelGroup& group) { return group.name; });
}

void require_within(Index value, Index most, const char* what, const std::string& name) {
    if (value >= 1 && value <= most) return;
    throw Error(Errc::impossible, fmt::format("{} {} for '{}', which has 1 to {}", what, value, name, most));
}

/// Names what directions were found for: a layer or tensor with the channels that are left of what it reads and makes.
std::string key_of(const std::string& name, const std::vector<Index>* read, const std::vector<Index>* made) {
    std::string key = name;
    for (const auto* channels : {read, made}) {
        key += "\n";
        if (channels != nullptr) key += fmt::format("{}", fmt::join(*channels, ","));
    }
    return key;
}

}  // namespace

namespace detail {

/// Directions of the original's responses, which many builds ask for with other ranks.
class Fits {
  public:
    /// @param make  finds at least so many
    const Directions& get(const std::string& key, Index count, const std::function<Directions()>& make) {
        const auto known = known_.find(key);
        if (known != known_.end() && known->second.vectors.cols() >= count) return known->second;
        Directions made = make();
        const Eigen::Index values = made.vectors.size();
        if (values_ + values > kMostValues) {
            known_.clear();
            values_ = 0;
        }
        values_ += values;
        return known_.insert_or_assign(key, std::move(made)).first->second;
    }

  private:
    static constexpr Eigen::Index kMostValues = Eigen::Index{1} << 25;  ///< 256 MB
    std::map<std::string, Directions> known_;
    Eigen::Index values_ = 0;
};

}  // namespace detail

namespace {

/// One step of a build behind pruning, in the order of the graph.
struct Task {
    enum class Kind { layer, bottleneck };
    std::size_t place = 0;  ///< of the operator that makes the responses
    Kind kind = Kind::layer;
    std::string name;  ///< layer or tensor
    Index rank = 0;    ///< 0: a layer that is only refitted
};

/// Whether an operator, or something in front of it, has been changed.
bool is_behind(const graph::Graph& graph, graph::OperatorId start, const std::set<std::string, std::less<>>& changed) {
    std::vector<bool> seen(graph.operators().size(), false);
    std::vector<graph::OperatorId> open{start};
    while (!open.empty()) {
        const graph::OperatorId id = open.back();
        open.pop_back();
        if (seen[index(id)]) continue;
        seen[index(id)] = true;
        if (changed.contains(graph.op(id).name)) return true;
        for (const TensorId input : graph.op(id).inputs) {
            if (const auto producer = graph.producer(input)) open.push_back(*producer);
        }
    }
    return false;
}

/// Makes one smaller model.
class Build {
  public:
    Build(const graph::Graph& original, const Frames& frames, const Sampling& sampling, const Activations& responses,
          const BuildOptions& options, detail::Fits& fits)
        : now_(original),
          sampling_(sampling),
          responses_(responses),
          options_(options),
          fits_(fits),
          passes_(frames, sampling, options.progress, options.frames) {}

    void prune(const std::set<ChannelOf>& removed) {
        detail::Pruned pruned = detail::prune(now_, removed, responses_.tensors);
        now_ = std::move(pruned.graph);
        kept_ = std::move(pruned.kept);
        changed_ = std::move(pruned.refitted);
    }

    graph::Graph run(std::vector<Task> tasks) {
        for (Task& task : tasks) task.place = place_of(task);
        std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) {
            return std::pair(a.place, a.kind) < std::pair(b.place, b.kind);
        });
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            const bool behind = is_behind(now_, producer_of(tasks[i]), changed_);
            if (tasks[i].rank == 0 && !behind) continue;
            const bool samples = behind && options_.asymmetric;
            if (samples && options_.on_pass) options_.on_pass(tasks[i].name, i, tasks.size());
            Samples wanted = wanted_of(tasks[i]);
            const Samples given = samples ? given_of(tasks[i]) : wanted;
            wanted.values.resize(given.values.size());  // where not all frames were run
            apply(tasks[i], wanted, given, samples);
            if (samples) passes_.forget_all_but(now_, ends_of(std::span(tasks).subspan(i + 1)));
        }
        return std::move(now_);
    }

  private:
    graph::OperatorId producer_of(const Task& task) const {
        if (task.kind == Task::Kind::layer) return now_.find_operator(task.name).value();
        return now_.producer(now_.find_tensor(task.name).value()).value();
    }
    std::size_t place_of(const Task& task) const { return index(producer_of(task)); }

    /// The original's samples, of the channels that are left.
    Samples wanted_of(const Task& task) const {
        const bool layer = task.kind == Task::Kind::layer;
        const Samples& all = (layer ? responses_.responses : responses_.tensors).find(task.name)->second;
        const graph::Operator& op = now_.op(producer_of(task));
        const std::string& tensor = layer ? now_.tensor(op.outputs[0]).name : task.name;
        const auto kept = kept_.find(tensor);
        return kept == kept_.end() ? all : detail::with_channels(all, kept->second);
    }

    Samples given_of(const Task& task) {
        const bool layer = task.kind == Task::Kind::layer;
        Wanted wanted;
        (layer ? wanted.layers : wanted.tensors).push_back(task.name);
        // Nothing in front of this task will be changed any more: later ones begin here.
        std::vector<std::string> keep;
        for (const TensorId end : ends_of({&task, 1})) keep.push_back(now_.tensor(end).name);
        Activations now = passes_.sample(now_, wanted, keep);
        return std::move((layer ? now.responses : now.tensors).begin()->second);
    }

    /// What these tasks are about, or read.
    std::vector<TensorId> ends_of(std::span<const Task> tasks) const {
        std::vector<TensorId> ends;
        for (const Task& task : tasks) {
            const std::vector<TensorId>& inputs = now_.op(producer_of(task)).inputs;
            if (task.kind == Task::Kind::layer)
                ends.insert(ends.end(), inputs.begin(), inputs.end());
            else
                ends.push_back(now_.find_tensor(task.name).value());
        }
        return ends;
    }

    const std::vector<Index>* kept(TensorId tensor) const {
        const auto found = kept_.find(now_.tensor(tensor).name);
        return found == kept_.end() ? nullptr : &found->second;
    }

    detail::LowRank fit(const Task& task, const Samples& given, const detail::Correction& correction, bool sampled) {
        const Operator& op = now_.op(producer_of(task));
        std::optional<detail::LayerWeights> weights;
        if (task.kind == Task::Kind::layer) weights.emplace(op);
        const auto make = [&] {
            return detail::principal(given, correction, weights ? &*weights : nullptr, task.rank, sampling_.seed);
        };
        // What was sampled anew will not be met again.
        if (sampled) return detail::fit_low_rank(given, correction, make(), task.rank);
        const bool layer = task.kind == Task::Kind::layer;
        const TensorId made = layer ? op.outputs[0] : now_.find_tensor(task.name).value();
        const std::string key =
            key_of((layer ? "layer " : "tensor ") + task.name, layer ? kept(op.inputs[0]) : nullptr, kept(made));
        return detail::fit_low_rank(given, correction, fits_.get(key, task.rank, make), task.rank);
    }

    void apply(const Task& task, const Samples& wanted, const Samples& given, bool sampled) {
        const detail::Correction correction = detail::correct(wanted, given);
        const Operator& op = now_.op(producer_of(task));
        if (task.kind == Task::Kind::bottleneck) {
            require_within(task.rank, wanted.channels, "width", task.name);
            const bool rectified =
                std::all_of(wanted.values.begin(), wanted.values.end(), [](float value) { return value >= 0; });
            now_ = detail::narrowed(now_, task.name, fit(task, given, correction, sampled), rectified);
        } else if (task.rank > 0) {
            const detail::LayerWeights weights(op);
            require_within(task.rank, std::min(weights.outputs(), weights.terms()), "rank", task.name);
            now_ = detail::factorised(now_, task.name, fit(task, given, correction, sampled));
        } else if (op.weights->elements() <= kMostRefitted) {
            now_ = detail::corrected(now_, task.name, correction);
        }
        mark(task);
    }

    /// The layer; of a bottleneck its first half, which alone reads the tensor.
    void mark(const Task& task) {
        const bool layer = task.kind == Task::Kind::layer;
        const graph::OperatorId made =
            layer ? producer_of(task) : now_.readers(now_.find_tensor(task.name).value()).at(0);
        changed_.insert(now_.op(made).name);
    }

    graph::Graph now_;
    const Sampling& sampling_;
    const Activations& responses_;
    const BuildOptions& options_;
    detail::Fits& fits_;
    detail::Passes passes_;
    std::map<std::string, std::vector<Index>, std::less<>> kept_;
    std::set<std::string, std::less<>> changed_;
};

/// What is sampled of the original: responses of layers, tensors at cuts and in front of readers that may be refitted.
Wanted wanted_of(const graph::Graph& graph, const std::vector<Layer>& layers, const std::vector<ChannelGroup>& groups,
                 const std::vector<std::string>& cuts) {
    Wanted wanted;
    for (const Layer& layer : layers) wanted.layers.push_back(layer.name);
    std::set<std::string> tensors(cuts.begin(), cuts.end());
    for (const ChannelGroup& group : groups) {
        for (const std::string& reader : group.readers) {
            const Operator& op = graph.op(graph.find_operator(reader).value());
            tensors.insert(graph.tensor(op.inputs[0]).name);
        }
    }
    wanted.tensors.assign(tensors.begin(), tensors.end());
    return wanted;
}

void require_once(std::set<std::string>& seen, const std::string& name) {
    if (!seen.insert(name).second) throw Error(Errc::impossible, fmt::format("'{}' is named twice", name));
}

}  // namespace

Index Spectrum::rank_for(double share) const noexcept {
    const auto enough = std::find_if(lost.begin(), lost.end(), [&](double left) { return left <= share; });
    const auto rank = enough == lost.end() ? lost.size() - 1 : static_cast<std::size_t>(enough - lost.begin());
    return lost.empty() ? 0 : std::max<Index>(1, static_cast<Index>(rank));
}

Compressor::Compressor(const graph::Graph& graph, Frames frames, const Sampling& sampling, const Progress& progress)
    : graph_(graph),
      frames_(std::move(frames)),
      sampling_(sampling),
      layers_(factorisable(graph)),
      groups_(channel_groups(graph)),
      cuts_(single_cuts(graph)),
      fits_(std::make_shared<detail::Fits>()) {
    if (layers_.empty() && groups_.empty()) {
        throw Error(Errc::impossible,
                    "the model has no convolution or fully connected layer that could be made smaller");
    }
    original_ = sample(graph_, wanted_of(graph_, layers_, groups_, cuts_), frames_, sampling_, progress);
}

Spectrum Compressor::layer_spectrum(const std::string& layer) const {
    const Layer& found = layer_named(layers_, layer);
    const Samples& samples = original_.responses.find(found.name)->second;
    return {found.name, detail::lost_variance(samples, found.full_rank(), sampling_.seed)};
}

Spectrum Compressor::cut_spectrum(const std::string& tensor) const {
    const std::string& cut = named(cuts_, tensor, "cut", [](const std::string& name) { return name; });
    const Samples& samples = original_.tensors.find(cut)->second;
    return {cut, detail::lost_variance(samples, samples.channels, sampling_.seed)};
}

PruningOrder Compressor::pruning_order(const std::string& group) const {
    const ChannelGroup& found = group_named(groups_, group);
    const std::scoped_lock lock(mutex_);
    const auto known = orders_.find(found.name);
    if (known != orders_.end()) return known->second;
    return orders_[found.name] = detail::pruning_order(graph_, found, original_.tensors);
}

graph::Graph Compressor::build(const Recipe& recipe, const BuildOptions& options) const {
    if (recipe.empty()) throw Error(Errc::impossible, "there is nothing to be made smaller");
    std::set<std::string> seen;
    std::set<ChannelOf> removed;
    for (const Pruning& pruning : recipe.prunings) {
        const ChannelGroup& group = group_named(groups_, pruning.group);
        require_once(seen, "group " + group.name);
        require_within(pruning.keep, group.channels(), "channels", group.name);
        if (pruning.keep == group.channels()) continue;
        const PruningOrder order = pruning_order(group.name);
        for (Index k = 0; k < group.channels() - pruning.keep; ++k) {
            const auto& members = group.members[static_cast<std::size_t>(order.order[static_cast<std::size_t>(k)])];
            removed.insert(members.begin(), members.end());
        }
    }
    std::vector<Task> tasks;
    for (const Factorisation& one : recipe.factorisations) {
        require_once(seen, "layer " + layer_named(layers_, one.layer).name);
        require_within(one.rank, layer_named(layers_, one.layer).full_rank(), "rank", one.layer);
        tasks.push_back({0, Task::Kind::layer, one.layer, one.rank});
    }
    for (const Bottleneck& one : recipe.bottlenecks) {
        require_once(seen, "cut " + named(cuts_, one.tensor, "cut", [](const std::string& name) { return name; }));
        require_within(one.width, original_.tensors.find(one.tensor)->second.channels, "width", one.tensor);
        tasks.push_back({0, Task::Kind::bottleneck, one.tensor, one.width});
    }
    for (const Layer& layer : layers_) {
        if (options.asymmetric && !seen.contains("layer " + layer.name)) {
            tasks.push_back({0, Task::Kind::layer, layer.name, 0});
        }
    }
    Build work(graph_, frames_, sampling_, original_, options, *fits_);
    if (!removed.empty()) work.prune(removed);
    return work.run(std::move(tasks));
}

std::string to_string(const Recipe& recipe) {
    std::vector<std::string> parts;
    for (const Pruning& pruning : recipe.prunings)
        parts.push_back(fmt::format("{}: {} channels", pruning.group, pruning.keep));
    for (const Factorisation& layer : recipe.factorisations)
        parts.push_back(fmt::format("{}: rank {}", layer.layer, layer.rank));
    for (const Bottleneck& tensor : recipe.bottlenecks)
        parts.push_back(fmt::format("{}: width {}", tensor.tensor, tensor.width));
    return parts.empty() ? "as it is" : fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace convoy::compress

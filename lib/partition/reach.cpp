#include "partition/reach.hpp"

#include <algorithm>

namespace convoy::partition::detail {

using graph::OperatorId;
using graph::Slab;
using graph::TensorId;
using util::Seconds;

Growth::Growth(const Problem& problem, const std::vector<bool>& borders, OperatorId last, const plan::Piece& piece)
    : problem_(problem), borders_(borders), last_(index(last)), piece_(piece), next_(index(last) + 1) {
    asked_.emplace(problem.graph.op(last).outputs.front(), graph::make_slab(piece.box));
}

void Growth::step() {
    const graph::Graph& graph = problem_.graph;
    const OperatorId id{static_cast<std::uint32_t>(--next_)};
    const graph::Operator& op = graph.op(id);
    std::vector<Slab> outputs;
    bool wanted = false;
    for (std::size_t output = 0; output < op.outputs.size(); ++output) {
        const auto found = asked_.find(op.outputs[output]);
        outputs.push_back(found == asked_.end() ? Slab{} : graph::computed(graph, id, output, found->second));
        if (found != asked_.end()) asked_.erase(found);
        wanted = wanted || !outputs.back().empty();
    }
    if (!wanted) return;
    graph::Work work{id, std::move(outputs), next_ == last_ ? piece_.in : std::nullopt};
    weights_ += static_cast<double>(graph::weight_bytes(graph, work).value);
    for (std::size_t input = 0; input < op.inputs.size(); ++input) {
        const Slab needed = graph::needed(graph, id, input, work.outputs, work.in);
        if (needed.empty()) continue;
        const auto [entry, added] = asked_.emplace(op.inputs[input], needed);
        if (!added) entry->second = join(entry->second, needed);
    }
    works_.push_back(std::move(work));
}

Reach Growth::reach() const {
    Reach reach{works_.size(), weights_, {}};
    for (const auto& [tensor, slab] : asked_) reach.inputs.push_back({tensor, slab});
    return reach;
}

const Reach& Growth::until(std::size_t begin) {
    if (begin > next_ && reaches_.count(begin) == 0) {
        // A run that begins between two borders, after a longer one.
        Growth again(problem_, borders_, OperatorId{static_cast<std::uint32_t>(last_)}, piece_);
        reaches_.emplace(begin, again.until(begin));
    }
    while (next_ > begin) {
        step();
        if (borders_[next_] || next_ == begin) reaches_.emplace(next_, reach());
    }
    return reaches_.at(begin);
}

Seconds Growth::time(const Reach& reach, std::size_t device) {
    std::vector<Seconds>& sums = sums_[device];
    if (sums.empty()) sums.push_back(problem_.bed.piece_overhead(device));
    while (sums.size() <= reach.works) {
        sums.push_back(sums.back() + problem_.predictor.time(device, works_[sums.size() - 1]));
    }
    return sums[reach.works];
}

Growth& Growths::of(OperatorId last, const plan::Piece& piece) {
    std::unique_ptr<Growth>& known = known_[{last, piece.box, piece.in}];
    if (!known) known = std::make_unique<Growth>(problem_, borders_, last, piece);
    return *known;
}

}  // namespace convoy::partition::detail

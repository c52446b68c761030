#include "plan/growth.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace convoy::plan::detail {
namespace {

using graph::Box;
using graph::OperatorId;
using graph::Slab;
using graph::TensorId;

/// One piece while it grows: what its readers ask of each tensor so far.
struct Seed {
    Grown grown;
    const Piece* asked = nullptr;  ///< nullptr for a piece that only `outputs` makes
    std::vector<Slab> wanted;      ///< by place in StageTensors; empty where nothing is
};

/// The tensors that a stage's operators read and make, each with a place: pieces keep what they want of them there.
class StageTensors {
  public:
    StageTensors(const graph::Graph& graph, const Stage& stage) {
        for (const OperatorId op : stage.operators) {
            for (const TensorId tensor : graph.op(op).inputs) ids_.push_back(tensor);
            for (const TensorId tensor : graph.op(op).outputs) ids_.push_back(tensor);
        }
        std::sort(ids_.begin(), ids_.end());
        ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    }

    /// Ascending.
    [[nodiscard]] const std::vector<TensorId>& ids() const noexcept { return ids_; }
    [[nodiscard]] std::size_t place(TensorId tensor) const {
        return static_cast<std::size_t>(std::lower_bound(ids_.begin(), ids_.end(), tensor) - ids_.begin());
    }
    [[nodiscard]] std::vector<std::size_t> places(const std::vector<TensorId>& tensors) const {
        std::vector<std::size_t> places;
        for (const TensorId tensor : tensors) places.push_back(place(tensor));
        return places;
    }

  private:
    std::vector<TensorId> ids_;
};

/// Grows all pieces of a stage together, operator by operator backwards, since elements that no piece needs are
/// given to one of them before what is in front of it grows.
class StageGrowth {
  public:
    StageGrowth(const RouteView& view, const Outline& outline, std::size_t stage, Problems& problems)
        : view_(view),
          graph_(view.graph),
          outline_(outline),
          number_(stage),
          stage_(view.stages()[stage]),
          partial_(is_partial(stage_)),
          tensors_(view.graph, stage_),
          problems_(problems) {}

    std::vector<Grown> run() {
        plant();
        for (auto op = stage_.operators.rbegin(); op != stage_.operators.rend(); ++op) grow_operator(*op);
        std::vector<Grown> pieces;
        for (Seed& seed : seeds_) pieces.push_back(finish(seed));
        return pieces;
    }

  private:
    [[nodiscard]] TensorId target() const { return graph_.op(stage_.last).outputs[0]; }
    [[nodiscard]] bool leaves(TensorId tensor) const { return outline_.leaves[graph::index(tensor)]; }

    Seed& seed(DeviceId device, std::size_t piece) {
        const auto number = static_cast<std::uint32_t>(piece);
        const auto at = std::find_if(seeds_.begin(), seeds_.end(), [&](const Seed& each) {
            return each.grown.device == device && each.grown.piece == number;
        });
        if (at != seeds_.end()) return *at;
        return add_seed(device, number);
    }

    Seed& add_seed(DeviceId device, std::uint32_t piece) {
        Seed& fresh = seeds_.emplace_back();
        fresh.grown.device = device;
        fresh.grown.piece = piece;
        fresh.wanted.resize(tensors_.ids().size());
        return fresh;
    }

    /// What the plan asks of each piece: its box, and its boxes of `outputs`.
    void plant() {
        for (const Share& share : stage_.shares) {
            for (std::size_t k = 0; k < share.pieces.size(); ++k) {
                Seed& fresh = add_seed(share.device, static_cast<std::uint32_t>(k));
                fresh.asked = &share.pieces[k];
                want(fresh, tensors_.place(target()), asked_slab(share.pieces[k]));
            }
        }
        for (const auto& [tensor, devices] : stage_.outputs) {
            for (const auto& [device, boxes] : devices) {
                for (std::size_t k = 0; k < boxes.size(); ++k)
                    want(seed(device, k), tensors_.place(tensor), graph::make_slab(boxes[k]));
            }
        }
        std::sort(seeds_.begin(), seeds_.end(), [](const Seed& a, const Seed& b) {
            return std::pair(a.grown.device, a.grown.piece) < std::pair(b.grown.device, b.grown.piece);
        });
    }

    [[nodiscard]] Slab asked_slab(const Piece& piece) const {
        const Slab slab = graph::make_slab(piece.box);
        return partial_ ? graph::trimmed(graph_, stage_.last, slab, summed(piece)) : slab;
    }

    /// What a piece of a partial layout sums over; all of it where the plan does not say.
    [[nodiscard]] Box summed(const Piece& piece) const {
        return piece.in.value_or(graph_.tensor(graph_.op(stage_.last).inputs[0]).full);
    }

    static void want(Seed& seed, std::size_t place, Slab slab) {
        if (slab.empty()) return;
        Slab& wanted = seed.wanted[place];
        wanted = wanted.empty() ? std::move(slab) : graph::join(wanted, slab);
    }

    void grow_operator(OperatorId id) {
        const graph::Operator& op = graph_.op(id);
        const Places places{tensors_.places(op.inputs), tensors_.places(op.outputs)};
        for (std::size_t o = 0; o < op.outputs.size(); ++o) {
            for (Seed& seed : seeds_) round_up(seed, id, o, places);
            if (leaves(op.outputs[o]) && !(partial_ && id == stage_.last)) give_rest(id, o, places.outputs[o]);
        }
        for (Seed& seed : seeds_) compute(seed, id, places);
    }

    /// Of an operator's tensors.
    struct Places {
        std::vector<std::size_t> inputs;
        std::vector<std::size_t> outputs;
    };

    /// Rules 6 and 7. An operator that only runs whole makes all its outputs, so the piece has those that leave too.
    void round_up(Seed& seed, OperatorId id, std::size_t output, const Places& places) {
        const graph::Operator& op = graph_.op(id);
        Slab& wanted = seed.wanted[places.outputs[output]];
        if (!wanted.empty()) {
            wanted = graph::computed(graph_, id, output, wanted);
        } else if (op.kind == graph::Kind::whole && leaves(op.outputs[output]) && wants_any(seed, places.outputs)) {
            wanted = graph::make_slab(graph_.tensor(op.outputs[output]).full);
        }
    }

    static bool wants_any(const Seed& seed, const std::vector<std::size_t>& places) {
        return std::any_of(places.begin(), places.end(),
                           [&](std::size_t place) { return !seed.wanted[place].empty(); });
    }

    /// Rule 13: each box that no piece needs goes to the piece that grows least by it, the first on a tie.
    void give_rest(OperatorId id, std::size_t output, std::size_t place) {
        const TensorId tensor = graph_.op(id).outputs[output];
        graph::Region missing(graph_.tensor(tensor).full);
        bool needed = false;
        for (const Seed& seed : seeds_) {
            const Slab& have = seed.wanted[place];
            if (have.empty()) continue;
            needed = true;
            missing -= have.region();
        }
        if (!needed) return complain(tensor);
        while (!missing.empty()) {
            const Slab rest = graph::make_slab(missing.boxes()[0]);
            Slab& least = least_grown(place, rest);
            least = graph::computed(graph_, id, output, graph::join(least, rest));
            missing -= least.region();
        }
    }

    /// Among the pieces that make some of the tensor.
    Slab& least_grown(std::size_t place, const Slab& rest) {
        Slab* least = nullptr;
        graph::Index smallest = 0;
        for (Seed& seed : seeds_) {
            Slab& wanted = seed.wanted[place];
            if (wanted.empty()) continue;
            const graph::Index growth = graph::join(wanted, rest).volume() - wanted.volume();
            if (least != nullptr && growth >= smallest) continue;
            least = &wanted;
            smallest = growth;
        }
        return *least;
    }

    void complain(TensorId tensor) {
        problems_.add(
            view_.key(number_),
            fmt::format("'{}' is needed outside of this stage, but no piece of '{}' needs it", view_.name(tensor),
                        view_.name(stage_.last)),
            fmt::format("say who computes it, `outputs: {{{}: {{DEVICE: [BOX]}}}}`, or give it a stage of its own",
                        view_.name(tensor)));
    }

    void compute(Seed& seed, OperatorId id, const Places& places) {
        if (!wants_any(seed, places.outputs)) return;
        graph::Work work{id, {}, std::nullopt};
        for (const std::size_t place : places.outputs) work.outputs.push_back(seed.wanted[place]);
        if (id == stage_.last && partial_) work.in = summed(*seed.asked);
        for (std::size_t i = 0; i < places.inputs.size(); ++i) {
            want(seed, places.inputs[i], graph::needed(graph_, id, i, work.outputs, work.in));
        }
        seed.grown.works.push_back(std::move(work));
    }

    Grown finish(Seed& seed) {
        Grown& grown = seed.grown;
        std::reverse(grown.works.begin(), grown.works.end());
        for (std::size_t place = 0; place < seed.wanted.size(); ++place) {
            const TensorId tensor = tensors_.ids()[place];
            Slab& slab = seed.wanted[place];
            if (slab.empty()) continue;
            if (outline_.maker(graph_, tensor) != number_) {
                grown.inputs.push_back({tensor, std::move(slab)});
            } else if (leaves(tensor)) {
                // Raw sums are exactly the trimmed box: what group rounding adds would be summed twice.
                grown.outputs.push_back(
                    {tensor, partial_ && tensor == target() ? asked_slab(*seed.asked) : std::move(slab)});
            }
        }
        return std::move(grown);
    }

    const RouteView& view_;
    const graph::Graph& graph_;
    const Outline& outline_;
    std::size_t number_;
    const Stage& stage_;
    bool partial_;
    StageTensors tensors_;
    Problems& problems_;
    std::vector<Seed> seeds_;
};

std::vector<Grown> hold(const Stage& stage) {
    std::vector<Grown> pieces;
    for (const Share& share : stage.shares) {
        for (std::size_t k = 0; k < share.pieces.size(); ++k) {
            Grown& grown = pieces.emplace_back();
            grown.device = share.device;
            grown.piece = static_cast<std::uint32_t>(k);
            grown.inputs.push_back({*stage.hold, graph::make_slab(share.pieces[k].box)});
            grown.outputs = grown.inputs;
        }
    }
    return pieces;
}

}  // namespace

const graph::Slab* Grown::output(graph::TensorId tensor) const noexcept {
    const auto at =
        std::find_if(outputs.begin(), outputs.end(), [&](const Part& part) { return part.tensor == tensor; });
    return at == outputs.end() ? nullptr : &at->slab;
}

std::vector<Grown> grow(const RouteView& view, const Outline& outline, std::size_t stage, Problems& problems) {
    if (view.stages()[stage].hold) return hold(view.stages()[stage]);
    return StageGrowth(view, outline, stage, problems).run();
}

}  // namespace convoy::plan::detail

#include "plan/growth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace convoy::plan::detail {
namespace {

using graph::Box;
using graph::OperatorId;
using graph::Slab;
using graph::TensorId;

/// One piece while it grows: what its readers ask of each tensor so far.
struct Seed {
    Grown grown;
    std::optional<Piece> asked;  ///< empty for a piece that only `outputs` makes
    std::map<TensorId, Slab> wanted;
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
        Seed& fresh = seeds_.emplace_back();
        fresh.grown.device = device;
        fresh.grown.piece = number;
        return fresh;
    }

    /// What the plan asks of each piece: its box, and its boxes of `outputs`.
    void plant() {
        for (const Share& share : stage_.shares) {
            for (std::size_t k = 0; k < share.pieces.size(); ++k) {
                Seed& fresh = seeds_.emplace_back();
                fresh.grown.device = share.device;
                fresh.grown.piece = static_cast<std::uint32_t>(k);
                fresh.asked = share.pieces[k];
                want(fresh, target(), asked_slab(share.pieces[k]));
            }
        }
        for (const auto& [tensor, devices] : stage_.outputs) {
            for (const auto& [device, boxes] : devices) {
                for (std::size_t k = 0; k < boxes.size(); ++k)
                    want(seed(device, k), tensor, graph::make_slab(boxes[k]));
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

    static void want(Seed& seed, TensorId tensor, const Slab& slab) {
        if (slab.empty()) return;
        Slab& wanted = seed.wanted[tensor];
        wanted = graph::join(wanted, slab);
    }

    static Slab wanted(const Seed& seed, TensorId tensor) {
        const auto at = seed.wanted.find(tensor);
        return at == seed.wanted.end() ? Slab{} : at->second;
    }

    void grow_operator(OperatorId id) {
        const graph::Operator& op = graph_.op(id);
        for (std::size_t o = 0; o < op.outputs.size(); ++o) {
            for (Seed& seed : seeds_) round_up(seed, id, o);
            if (leaves(op.outputs[o]) && !(partial_ && id == stage_.last)) give_rest(id, o);
        }
        for (Seed& seed : seeds_) compute(seed, id);
    }

    /// Rules 6 and 7. An operator that only runs whole makes all its outputs, so the piece has those that leave too.
    void round_up(Seed& seed, OperatorId id, std::size_t output) {
        const graph::Operator& op = graph_.op(id);
        const TensorId tensor = op.outputs[output];
        const auto at = seed.wanted.find(tensor);
        if (at != seed.wanted.end()) {
            at->second = graph::computed(graph_, id, output, at->second);
        } else if (op.kind == graph::Kind::whole && leaves(tensor) && wants_any(seed, op)) {
            seed.wanted[tensor] = graph::make_slab(graph_.tensor(tensor).full);
        }
    }

    static bool wants_any(const Seed& seed, const graph::Operator& op) {
        return std::any_of(op.outputs.begin(), op.outputs.end(),
                           [&](TensorId output) { return seed.wanted.count(output) > 0; });
    }

    /// Rule 13: each box that no piece needs goes to the piece that grows least by it, the first on a tie.
    void give_rest(OperatorId id, std::size_t output) {
        const TensorId tensor = graph_.op(id).outputs[output];
        graph::Region missing(graph_.tensor(tensor).full);
        bool needed = false;
        for (const Seed& seed : seeds_) {
            const Slab have = wanted(seed, tensor);
            needed = needed || !have.empty();
            missing -= have.region();
        }
        if (!needed) return complain(tensor);
        while (!missing.empty()) {
            const Slab rest = graph::make_slab(missing.boxes()[0]);
            Slab& least = least_grown(tensor, rest);
            least = graph::computed(graph_, id, output, graph::join(least, rest));
            missing -= least.region();
        }
    }

    /// Among the pieces that make some of the tensor.
    Slab& least_grown(TensorId tensor, const Slab& rest) {
        Slab* least = nullptr;
        graph::Index smallest = 0;
        for (Seed& seed : seeds_) {
            const auto at = seed.wanted.find(tensor);
            if (at == seed.wanted.end()) continue;
            const graph::Index growth = graph::join(at->second, rest).volume() - at->second.volume();
            if (least != nullptr && growth >= smallest) continue;
            least = &at->second;
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

    void compute(Seed& seed, OperatorId id) {
        const graph::Operator& op = graph_.op(id);
        graph::Work work{id, {}, std::nullopt};
        for (const TensorId output : op.outputs) work.outputs.push_back(wanted(seed, output));
        if (std::all_of(work.outputs.begin(), work.outputs.end(), [](const Slab& slab) { return slab.empty(); }))
            return;
        if (id == stage_.last && partial_) work.in = summed(*seed.asked);
        for (std::size_t i = 0; i < op.inputs.size(); ++i) {
            want(seed, op.inputs[i], graph::needed(graph_, id, i, work.outputs, work.in));
        }
        seed.grown.works.push_back(std::move(work));
    }

    Grown finish(Seed& seed) {
        Grown& grown = seed.grown;
        std::reverse(grown.works.begin(), grown.works.end());
        for (auto& [tensor, slab] : seed.wanted) {
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

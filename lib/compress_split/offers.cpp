#include "compress_split/offers.hpp"

#include <algorithm>

#include "compress_split/shared_head.hpp"
#include "util/error.hpp"

namespace convoy::compress_split {

Offers::Offers(const Workshop& workshop, const Evaluator& evaluator, const latency::Bed& bed, std::size_t cloud,
               std::optional<util::Bytes> jpeg)
    : workshop_(workshop), evaluator_(evaluator), bed_(bed), cloud_(cloud), jpeg_(jpeg) {}

Evaluator::Verified Offers::exact() const {
    return {evaluator_.original_score(Use::check), evaluator_.original_score(Use::selection)};
}

Offer Offers::offer(const graph::Graph& graph, const Wanted& wanted) const {
    Offer offer{{}, graph, std::nullopt, {}, {}};
    offer.row.method = wanted.method;
    const Bench bench(graph, bed_);
    InputCodec input = workshop_.input();
    input.always = true;
    try {
        Placed placed =
            fastest(bench.problem, cuts_of(bench.problem, cloud_, {&wanted.codec, 1}, input), input, wanted.cuts);
        offer.row = row_of(wanted.method, bench.problem, placed.proposal, jpeg_);
        const std::vector<CrossingTensor> crosses = crossing(graph, placed.cut, input);
        const bool lossless = std::all_of(crosses.begin(), crosses.end(), [](const CrossingTensor& tensor) {
            return wire::exact(tensor.codec) || tensor.codec == wire::Codec::uint8;
        });
        offer.score = wanted.original && lossless ? exact() : evaluator_.verify(graph, placed.cut, input);
        offer.row.score = written(offer.score.check);
        offer.proposal = std::move(placed.proposal);
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible) throw;
        offer.row.note = error.message();
    }
    return offer;
}

Offer Offers::neurosurgeon() const {
    Offer offer{{}, workshop_.original(), std::nullopt, exact(), {}};
    offer.row.method = "neurosurgeon";
    const Bench bench(workshop_.original(), bed_);
    try {
        partition::Proposal proposal =
            partition::evaluate(bench.problem, partition::choose("neurosurgeon").make(bench.problem));
        offer.row = row_of("neurosurgeon", bench.problem, proposal, jpeg_);
        offer.row.score = written(offer.score.check);
        offer.proposal = std::move(proposal);
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::impossible) throw;
        offer.row.note = error.message();
    }
    return offer;
}

std::vector<Offer> Offers::of(const Chosen& chosen) const {
    const graph::Graph& original = workshop_.original();
    const auto everything_here = [](const graph::Graph& graph) {
        return [last = graph.operators().size()](const Cut& cut) { return cut.position == last; };
    };
    const auto nothing_here = [](const Cut& cut) { return cut.position == 0; };
    std::vector<Offer> offers;
    offers.push_back(offer(original, {"edge-only", everything_here(original), wire::Codec::fp32, true}));
    offers.push_back(offer(original, {"cloud-only", nothing_here, wire::Codec::fp32, true}));
    offers.push_back(neurosurgeon());
    const std::size_t first_compressed = offers.size();
    compress::Recipe narrow_free = chosen.recipe;
    narrow_free.bottlenecks.clear();
    const bool same = chosen.recipe.bottlenecks.empty();
    const graph::Graph plain = same ? chosen.graph : workshop_.build(narrow_free);
    offers.push_back(offer(plain, {"compressed edge-only", everything_here(plain)}));
    offers.push_back(offer(plain, {"compressed cloud-only", nothing_here}));
    const auto old_tensors = [&](const Cut& cut) {
        const std::vector<CrossingTensor> crosses = crossing(plain, cut, workshop_.input());
        return std::all_of(crosses.begin(), crosses.end(), [&](const CrossingTensor& tensor) {
            return original.find_tensor(plain.tensor(tensor.tensor).name).has_value();
        });
    };
    offers.push_back(offer(plain, {"compress-then-split", old_tensors, chosen.codec}));
    for (std::size_t i = first_compressed; i < offers.size(); ++i) offers[i].recipe = narrow_free;

    const Bench bench(chosen.graph, bed_);
    const partition::Proposal proposal =
        with_shared_head(bench.problem, chosen.placed, workshop_.input()).value_or(chosen.placed.proposal);
    Offer ours{row_of("ours", bench.problem, proposal, jpeg_), chosen.graph, proposal, chosen.score, chosen.recipe};
    ours.row.score = written(chosen.score.check);
    offers.push_back(std::move(ours));
    return offers;
}

}  // namespace convoy::compress_split

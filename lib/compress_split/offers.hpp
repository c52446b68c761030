#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "compress_split/rows.hpp"
#include "compress_split/workshop.hpp"

namespace convoy::compress_split {

/// A way to run the original or the compressed model, with everything that is needed to take it.
struct Offer {
    cost::CompressionRow row;
    graph::Graph graph;
    std::optional<partition::Proposal> proposal;  ///< empty when there is no plan: row.note says why
    Evaluator::Verified score;
    compress::Recipe recipe;
};

/// What was chosen, as the search left it.
struct Chosen {
    compress::Recipe recipe;
    wire::Codec codec = wire::Codec::fp32;
    graph::Graph graph;
    Placed placed;
    Evaluator::Verified score;
};

/// Makes the rows of the table for one bed.
///
/// edge-only, cloud-only (the input as one byte an element) and neurosurgeon (float32 between layers) run the original;
/// compressed edge-only, compressed cloud-only and compress-then-split (the cut at a tensor that the original has, no
/// bottleneck) the compressed model; ours is the compressed model as it was chosen.
class Offers {
  public:
    /// Keeps references.
    Offers(const Workshop& workshop, const Evaluator& evaluator, const latency::Bed& bed, std::size_t cloud,
           std::optional<util::Bytes> jpeg);

    /// In the order of the table; ours last.
    [[nodiscard]] std::vector<Offer> of(const Chosen& chosen) const;

  private:
    /// @param cuts  which of the cuts; the fastest is taken
    struct Wanted {
        const char* method;
        std::function<bool(const Cut&)> cuts;
        wire::Codec codec = wire::Codec::fp32;
        bool original = false;
    };
    [[nodiscard]] Offer offer(const graph::Graph& graph, const Wanted& wanted) const;
    [[nodiscard]] Offer neurosurgeon() const;
    [[nodiscard]] Evaluator::Verified exact() const;

    const Workshop& workshop_;
    const Evaluator& evaluator_;
    const latency::Bed& bed_;
    std::size_t cloud_;
    std::optional<util::Bytes> jpeg_;
};

}  // namespace convoy::compress_split

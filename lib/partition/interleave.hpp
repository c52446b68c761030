#pragma once

#include <optional>
#include <span>
#include <vector>

#include "partition/capability.hpp"
#include "partition/chain.hpp"
#include "partition/channels.hpp"
#include "partition/slices.hpp"
#include "partition/traffic.hpp"

namespace convoy::partition::detail {

/// What IOP calls an operator: one with filters and the channelwise ones behind it (its pool), or a block of the chain.
struct Element {
    OperatorRange range;
    graph::TensorId exit{};
    bool filters = false;   ///< may be shared by output channels: see has_filters()
    bool rows = false;      ///< may be shared by rows
    bool channels = false;  ///< one channelwise operator: may be shared by channels as it is
    bool joins = false;     ///< its first operator may sum over the channels of the element before it: an IOP pair
};

/// @throws Error impossible, when the model is one block
[[nodiscard]] std::vector<Element> elements_of(const graph::Graph& graph, std::string_view strategy);
/// @param merge  whether channelwise operators join the one with filters before them
[[nodiscard]] std::vector<Element> elements_of(const graph::Graph& graph, const std::vector<Block>& chain,
                                               bool merge = true);

/// How one element, or a pair, is shared.
struct Decision {
    enum class Way : std::uint8_t {
        rows,      ///< by rows, in proportion to capability, as CoEdge does
        device,    ///< whole on one device
        channels,  ///< by output channels
        pair,      ///< two elements: by output channels, then by the same input channels, then one sum
    };
    /// Where a pair's addends are summed.
    enum class Sum : std::uint8_t {
        star,     ///< on one device
        direct,   ///< on each device: everybody sends everybody its addends
        scatter,  ///< on each device a part of the channels
    };
    Way way = Way::rows;
    std::size_t device = 0;  ///< of the bed: for `device`, and for `star`
    Sum sum = Sum::star;
    bool operator==(const Decision&) const = default;
    [[nodiscard]] std::size_t elements() const noexcept { return way == Way::pair ? 2 : 1; }
};

/// Who has what of the tensor between two elements.
struct Layout {
    enum class Kind : std::uint8_t { device, rows, channels, everywhere };
    Kind kind = Kind::device;
    std::size_t device = 0;              ///< of the bed
    std::vector<graph::Interval> parts;  ///< rows or channels, by device of the space
    bool operator==(const Layout&) const = default;
};

/// The first elements decided.
struct Decided {
    std::size_t elements = 0;
    util::Seconds cost{};
    std::vector<double> weights;  ///< bytes that each device of the space has to keep
    Layout layout;
    std::vector<graph::Interval> shares;  ///< of the last decision: rows or channels; of a pair the summed channels
};

/// All ways to share a chain that IOP, its singles and OC choose from, on a set of devices, with what they cost.
///
/// A decision costs the transfers of what each device lacks and the busiest device's computing, which follow each
/// other; so costs add up, and a dynamic programme over (elements, layout) is exact. Shares go by the predicted speed
/// of the devices for the element, as far as each one's room for weights allows.
///
/// Source: the cost model of "IOP" (arXiv 2409.07693, section 2 of its reviews): compute by capability, start-up for
/// each connection. We differ: times come from the devices' latency models, transfers from the cluster's links.
class Interleave {
  public:
    /// @param devices  of the bed, ascending
    Interleave(const Problem& problem, Slices& slices, const std::vector<Element>& elements,
               std::vector<std::size_t> devices, Room room);

    [[nodiscard]] std::size_t size() const noexcept { return elements_.size(); }
    [[nodiscard]] Decided start() const;
    /// Empty when the decision is not possible there: by the operators, or by memory.
    [[nodiscard]] std::optional<Decided> extend(const Decided& before, const Decision& decision);
    /// All decisions that might be possible behind so many elements.
    [[nodiscard]] std::vector<Decision> decisions(std::size_t elements) const;
    /// Brings the tensor behind the decided elements to every device; behind the last one to the sink.
    [[nodiscard]] util::Seconds hand_over(const Decided& decided) const;
    /// The devices that may have an element whole, fastest for it first.
    [[nodiscard]] std::vector<std::size_t> fastest_for(std::size_t element) const;
    /// Whether any device's room is limited.
    [[nodiscard]] bool limited() const;

    /// Empty when a decision is not possible.
    [[nodiscard]] std::optional<plan::Plan> plan(std::span<const Decision> decisions);
    /// The same decisions' cost up to the sink.
    [[nodiscard]] std::optional<util::Seconds> cost(std::span<const Decision> decisions);

  private:
    using Shares = std::vector<graph::Interval>;

    [[nodiscard]] std::optional<Decided> extend_rows(const Decided& before);
    [[nodiscard]] std::optional<Decided> extend_device(const Decided& before, std::size_t device);
    [[nodiscard]] std::optional<Decided> extend_channels(const Decided& before);
    [[nodiscard]] std::optional<Decided> extend_pair(const Decided& before, const Decision& decision);
    /// Shares of the element's output channels, for the weights of all operators in `with` that they bring along.
    [[nodiscard]] std::optional<Shares> share_channels(const Decided& before, std::size_t element,
                                                       OperatorRange with) const;
    [[nodiscard]] util::Seconds sum_up(const Decision& decision, Decided& decided, const Shares& summed);
    [[nodiscard]] util::Seconds busiest_with_channels(OperatorRange range, const Shares& shares,
                                                      std::optional<graph::OperatorId> sums);
    void bring(Traffic& traffic, const Decided& before, std::size_t element, std::size_t device) const;
    void carry_layout(Traffic& traffic, const Layout& layout, graph::TensorId tensor, std::size_t to) const;
    void carry_tile(Traffic& traffic, const Layout& layout, const Slice::Input& input, std::size_t to) const;
    [[nodiscard]] util::Seconds whole_time(OperatorRange range, std::size_t device) const;
    [[nodiscard]] double weights_of(OperatorRange range) const;
    /// @param begin  first operator of the stage: of a run of elements on one device
    void add_single(plan::Route& route, const Decision& decision, const Decided& decided, std::size_t begin) const;
    /// @param only_reader  who alone wants the sum, if anybody
    void add_pair(plan::Route& route, const Decision& decision, const Decided& decided,
                  std::optional<std::size_t> only_reader) const;
    /// The sink, if it takes part.
    [[nodiscard]] std::size_t end_device() const;
    /// The operators of a pair: up to the one that sums, and the channelwise ones behind it.
    [[nodiscard]] OperatorRange summing(std::size_t element) const;
    [[nodiscard]] OperatorRange behind_sum(std::size_t element) const;

    const Problem& problem_;
    Slices& slices_;
    const std::vector<Element>& elements_;
    std::vector<std::size_t> devices_;
    Room room_;  ///< by device of the bed
};

}  // namespace convoy::partition::detail

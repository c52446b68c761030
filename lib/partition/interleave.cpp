#include "partition/interleave.hpp"

#include <algorithm>
#include <cmath>

#include "graph/calculus.hpp"
#include "partition/units.hpp"

namespace convoy::partition::detail {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::OperatorId;
using graph::TensorId;
using util::Bytes;
using util::Seconds;

namespace {

/// Beyond so many devices only the fastest, the source and the sink are asked to take an element whole.
constexpr std::size_t kManyDevices = 8;

OperatorId operator_id(std::size_t op) { return OperatorId{static_cast<std::uint32_t>(op)}; }

Bytes part_of(const graph::TensorInfo& tensor, Axis axis, const Interval& part) {
    return Bytes(tensor.bytes().value / std::max<Index>(tensor.full[axis].size(), 1) * part.size());
}

/// Whether the element's first operator may be summed over the channels of the one before.
bool may_join(const graph::Graph& graph, const Element& before, const Element& element) {
    const OperatorId head = operator_id(element.range.begin);
    const graph::Operator& op = graph.op(head);
    if (!before.filters || !element.filters || op.group != 1 || op.inputs.front() != before.exit) return false;
    return graph::cuts(graph, head).contraction[static_cast<std::size_t>(Axis::c)];
}

/// Rows that a neighbour must be able to give: CoEdge's threshold.
Index halo_rows(const graph::Graph& graph, OperatorRange range) {
    Index rows = 1;
    for (std::size_t op = range.begin; op < range.end; ++op) {
        const graph::Window& window = graph.operators()[op].window;
        rows = std::max(rows, ((window.kernel[0] - 1) * window.dilation[0] + 1) / 2);
    }
    return rows;
}

}  // namespace

std::vector<Element> elements_of(const graph::Graph& graph, std::string_view strategy) {
    return elements_of(graph, chain_for(graph, strategy));
}

std::vector<Element> elements_of(const graph::Graph& graph, const std::vector<Block>& chain, bool merge) {
    std::vector<Element> elements;
    for (const Block& block : chain) {
        const OperatorId first = operator_id(block.range.begin);
        const bool follows = merge && block.is_single() && !elements.empty() && elements.back().filters &&
                             graph.op(first).inputs.front() == elements.back().exit && is_channelwise(graph, first);
        if (follows) {
            elements.back().range.end = block.range.end;
            elements.back().exit = block.exit;
        } else {
            const bool single = block.is_single();
            elements.push_back({.range = block.range,
                                .exit = block.exit,
                                .filters = single && has_filters(graph, first),
                                .channels = single && is_channelwise(graph, first)});
        }
    }
    for (std::size_t i = 0; i < elements.size(); ++i) {
        elements[i].rows = cut_axes(graph, elements[i].range).h;
        elements[i].joins = i > 0 && may_join(graph, elements[i - 1], elements[i]);
    }
    return elements;
}

Interleave::Interleave(const Problem& problem, Slices& slices, const std::vector<Element>& elements,
                       std::vector<std::size_t> devices, Room room)
    : problem_(problem), slices_(slices), elements_(elements), devices_(std::move(devices)), room_(std::move(room)) {}

Decided Interleave::start() const {
    Decided decided;
    decided.weights.assign(devices_.size(), 0);
    decided.layout.device = problem_.bed.cluster().source;
    return decided;
}

bool Interleave::limited() const {
    return std::any_of(devices_.begin(), devices_.end(), [&](std::size_t d) { return std::isfinite(room_[d]); });
}

std::vector<std::size_t> Interleave::fastest_for(std::size_t element) const {
    std::vector<std::size_t> order = devices_;
    if (order.size() > kManyDevices) {
        const cluster::Cluster& cluster = problem_.bed.cluster();
        const auto fastest = std::min_element(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return whole_time(elements_[element].range, a) < whole_time(elements_[element].range, b);
        });
        const std::size_t kept = *fastest;
        std::erase_if(order, [&](std::size_t d) { return d != kept && d != cluster.source && d != cluster.sink; });
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return whole_time(elements_[element].range, a) < whole_time(elements_[element].range, b);
    });
    return order;
}

std::vector<Decision> Interleave::decisions(std::size_t elements) const {
    std::vector<Decision> all;
    const Element& element = elements_[elements];
    if (element.rows) all.push_back({Decision::Way::rows, 0, {}});
    const std::vector<std::size_t> wholly = fastest_for(elements);
    for (const std::size_t device : wholly) all.push_back({Decision::Way::device, device, {}});
    if (element.filters) all.push_back({Decision::Way::channels, 0, {}});
    if (elements + 1 < elements_.size() && elements_[elements + 1].joins) {
        for (const std::size_t device : wholly) all.push_back({Decision::Way::pair, device, Decision::Sum::star});
        all.push_back({Decision::Way::pair, 0, Decision::Sum::direct});
        all.push_back({Decision::Way::pair, 0, Decision::Sum::scatter});
    }
    return all;
}

Seconds Interleave::whole_time(OperatorRange range, std::size_t device) const { return slices_.whole(range, device); }

double Interleave::weights_of(OperatorRange range) const {
    double bytes = 0;
    for (std::size_t op = range.begin; op < range.end; ++op) {
        const graph::Work work = graph::whole_work(problem_.graph, operator_id(op));
        bytes += static_cast<double>(graph::weight_bytes(problem_.graph, work).value);
    }
    return bytes;
}

OperatorRange Interleave::summing(std::size_t element) const {
    return {elements_[element].range.begin, elements_[element + 1].range.begin + 1};
}

OperatorRange Interleave::behind_sum(std::size_t element) const {
    return {elements_[element + 1].range.begin + 1, elements_[element + 1].range.end};
}

void Interleave::carry_layout(Traffic& traffic, const Layout& layout, TensorId tensor, std::size_t to) const {
    const graph::TensorInfo& info = problem_.graph.tensor(tensor);
    if (layout.kind == Layout::Kind::device) return traffic.carry(layout.device, to, info.bytes());
    if (layout.kind == Layout::Kind::everywhere) {
        const bool has_it = std::find(devices_.begin(), devices_.end(), to) != devices_.end();
        return traffic.carry(has_it ? to : devices_.front(), to, info.bytes());
    }
    const Axis axis = layout.kind == Layout::Kind::rows ? Axis::h : Axis::c;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        traffic.carry(devices_[i], to, part_of(info, axis, layout.parts[i]));
    }
}

void Interleave::carry_tile(Traffic& traffic, const Layout& layout, const Slice::Input& input, std::size_t to) const {
    const graph::TensorInfo& info = problem_.graph.tensor(input.tensor);
    const Index area = info.full[Axis::h].size() * info.full[Axis::w].size();
    const Index cell = info.bytes().value / std::max<Index>(area, 1);
    const Bytes wanted(input.tile.area() * cell);
    if (!problem_.graph.producer(input.tensor)) {
        return traffic.carry(problem_.bed.cluster().source, to, wanted);
    }
    if (layout.kind == Layout::Kind::device) return traffic.carry(layout.device, to, wanted);
    if (layout.kind == Layout::Kind::everywhere) return;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        const Interval& part = layout.parts[i];
        if (layout.kind == Layout::Kind::rows) {
            const Tile held{part, info.full[Axis::w]};
            traffic.carry(devices_[i], to, Bytes(intersection(held, input.tile).area() * cell));
        } else {
            const Index channels = info.full[Axis::c].size();
            traffic.carry(devices_[i], to, Bytes(wanted.value / std::max<Index>(channels, 1) * part.size()));
        }
    }
}

/// The whole of what an element reads, to a device.
void Interleave::bring(Traffic& traffic, const Decided& before, std::size_t element, std::size_t device) const {
    if (element > 0) return carry_layout(traffic, before.layout, elements_[element - 1].exit, device);
    for (const TensorId input : problem_.graph.inputs()) carry_layout(traffic, before.layout, input, device);
}

Seconds Interleave::hand_over(const Decided& decided) const {
    Traffic traffic(problem_.bed);
    const TensorId tensor = elements_[decided.elements - 1].exit;
    if (decided.elements == elements_.size()) {
        carry_layout(traffic, decided.layout, tensor, problem_.bed.cluster().sink);
    } else {
        for (const std::size_t device : devices_) carry_layout(traffic, decided.layout, tensor, device);
    }
    return traffic.duration();
}

std::optional<Decided> Interleave::extend(const Decided& before, const Decision& decision) {
    const std::size_t at = before.elements;
    if (at + decision.elements() > elements_.size()) return std::nullopt;
    switch (decision.way) {
        case Decision::Way::rows:
            return elements_[at].rows ? extend_rows(before) : std::nullopt;
        case Decision::Way::device:
            return extend_device(before, decision.device);
        case Decision::Way::channels:
            return elements_[at].filters ? extend_channels(before) : std::nullopt;
        case Decision::Way::pair:
            return elements_[at + 1].joins ? extend_pair(before, decision) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<Decided> Interleave::extend_rows(const Decided& before) {
    const OperatorRange range = elements_[before.elements].range;
    const double weights = weights_of(range);
    std::vector<double> speeds;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        const bool fits = before.weights[i] + weights <= room_[devices_[i]];
        speeds.push_back(fits ? 1 / std::max(whole_time(range, devices_[i]).count(), 1e-12) : 0);
    }
    const std::vector<double> parts = proportions(speeds, std::vector<double>(speeds.size(), 1));
    if (parts.empty()) return std::nullopt;
    const Tile full = slices_.extent(range);
    Decided decided = before;
    decided.shares = deal_rows(full.h.size(), halo_rows(problem_.graph, range), parts);
    Traffic traffic(problem_.bed);
    Seconds slowest{};
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (decided.shares[i].empty()) continue;
        const Slice& slice = slices_.at(range, {decided.shares[i], full.w});
        slowest = std::max(slowest, slices_.time(slice, devices_[i]));
        for (const Slice::Input& input : slice.inputs) carry_tile(traffic, before.layout, input, devices_[i]);
        decided.weights[i] += weights;
    }
    decided.cost += traffic.duration() + slowest;
    decided.layout = {Layout::Kind::rows, 0, decided.shares};
    ++decided.elements;
    return decided;
}

std::optional<Decided> Interleave::extend_device(const Decided& before, std::size_t device) {
    const auto at = std::find(devices_.begin(), devices_.end(), device);
    if (at == devices_.end()) return std::nullopt;
    const OperatorRange range = elements_[before.elements].range;
    Decided decided = before;
    double& weights = decided.weights[static_cast<std::size_t>(at - devices_.begin())];
    weights += weights_of(range);
    if (weights > room_[device]) return std::nullopt;
    Traffic traffic(problem_.bed);
    bring(traffic, before, before.elements, device);
    const bool goes_on =
        before.elements > 0 && before.layout.kind == Layout::Kind::device && before.layout.device == device;
    decided.cost += traffic.duration() + whole_time(range, device);
    if (!goes_on) decided.cost += problem_.bed.piece_overhead(device);
    decided.layout = {Layout::Kind::device, device, {}};
    decided.shares.clear();
    ++decided.elements;
    return decided;
}

std::optional<Interleave::Shares> Interleave::share_channels(const Decided& before, std::size_t element,
                                                             OperatorRange with) const {
    const double weights = std::max(weights_of(with), 1.0);
    std::vector<double> speeds;
    std::vector<double> limits;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        speeds.push_back(1 / std::max(whole_time(with, devices_[i]).count(), 1e-12));
        limits.push_back((room_[devices_[i]] - before.weights[i]) / weights);
    }
    const std::vector<double> parts = proportions(speeds, limits);
    if (parts.empty()) return std::nullopt;
    const OperatorRange range = elements_[element].range;
    const Index granule = channel_granule(problem_.graph, operator_id(range.begin), devices_.size());
    return deal_by(output_channels(problem_.graph, operator_id(range.end - 1)), granule, parts);
}

/// @param sums  a further operator, of which each device sums over its channels
Seconds Interleave::busiest_with_channels(OperatorRange range, const Shares& shares, std::optional<OperatorId> sums) {
    Seconds slowest{};
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (shares[i].empty()) continue;
        Seconds time = problem_.bed.piece_overhead(devices_[i]);
        for (std::size_t op = range.begin; op < range.end; ++op) {
            const graph::Work work = channel_work(problem_.graph, operator_id(op), shares[i]);
            time += problem_.predictor.time(devices_[i], work);
        }
        if (sums) time += problem_.predictor.time(devices_[i], addend_work(problem_.graph, *sums, shares[i]));
        slowest = std::max(slowest, time);
    }
    return slowest;
}

std::optional<Decided> Interleave::extend_channels(const Decided& before) {
    const OperatorRange range = elements_[before.elements].range;
    auto shares = share_channels(before, before.elements, range);
    if (!shares) return std::nullopt;
    Decided decided = before;
    Traffic traffic(problem_.bed);
    const auto channels = static_cast<double>(output_channels(problem_.graph, operator_id(range.end - 1)));
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if ((*shares)[i].empty()) continue;
        bring(traffic, before, before.elements, devices_[i]);
        decided.weights[i] += weights_of(range) * static_cast<double>((*shares)[i].size()) / channels;
    }
    decided.cost += traffic.duration() + busiest_with_channels(range, *shares, std::nullopt);
    decided.layout = {Layout::Kind::channels, 0, *shares};
    decided.shares = std::move(*shares);
    ++decided.elements;
    return decided;
}

std::optional<Decided> Interleave::extend_pair(const Decided& before, const Decision& decision) {
    const std::size_t at = before.elements;
    const OperatorRange first = elements_[at].range;
    auto shares = share_channels(before, at, summing(at));
    if (!shares) return std::nullopt;
    Decided decided = before;
    Traffic traffic(problem_.bed);
    const auto channels = static_cast<double>(output_channels(problem_.graph, operator_id(first.end - 1)));
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if ((*shares)[i].empty()) continue;
        bring(traffic, before, at, devices_[i]);
        decided.weights[i] += weights_of(summing(at)) * static_cast<double>((*shares)[i].size()) / channels;
    }
    decided.cost += traffic.duration() + busiest_with_channels(first, *shares, operator_id(summing(at).end - 1));
    decided.cost += sum_up(decision, decided, *shares);
    decided.shares = std::move(*shares);
    decided.elements += 2;
    return decided;
}

/// Brings the addends together, adds them up, and computes what is behind the sum. Sets the layout.
Seconds Interleave::sum_up(const Decision& decision, Decided& decided, const Shares& summed) {
    const std::size_t at = decided.elements;
    const TensorId tensor = problem_.graph.op(operator_id(summing(at).end - 1)).outputs.front();
    const graph::TensorInfo& info = problem_.graph.tensor(tensor);
    const OperatorRange behind = behind_sum(at);
    Shares parts(devices_.size(), info.full[Axis::c]);
    if (decision.sum == Decision::Sum::scatter) {
        std::vector<double> speeds;
        for (std::size_t i = 0; i < devices_.size(); ++i) speeds.push_back(static_cast<double>(summed[i].size()));
        parts = deal_by(info.full[Axis::c].size(), 1, proportions(speeds, std::vector<double>(speeds.size(), 1)));
    }
    const auto addends = static_cast<std::size_t>(
        std::count_if(summed.begin(), summed.end(), [](const Interval& part) { return !part.empty(); }));
    Traffic traffic(problem_.bed);
    Seconds slowest{};
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (parts[i].empty() || (decision.sum == Decision::Sum::star && devices_[i] != decision.device)) continue;
        for (std::size_t j = 0; j < devices_.size(); ++j) {
            if (!summed[j].empty()) traffic.carry(devices_[j], devices_[i], part_of(info, Axis::c, parts[i]));
        }
        graph::Box box = info.full;
        box[Axis::c] = parts[i];
        Seconds time = problem_.predictor.sum_time(devices_[i], tensor, box, addends);
        for (std::size_t op = behind.begin; op < behind.end; ++op) {
            time += problem_.predictor.time(devices_[i], channel_work(problem_.graph, operator_id(op), parts[i]));
        }
        if (behind.begin < behind.end) time += problem_.bed.piece_overhead(devices_[i]);
        slowest = std::max(slowest, time);
    }
    switch (decision.sum) {
        case Decision::Sum::star:
            decided.layout = {Layout::Kind::device, decision.device, {}};
            break;
        case Decision::Sum::direct:
            decided.layout = {Layout::Kind::everywhere, 0, {}};
            break;
        case Decision::Sum::scatter:
            decided.layout = {Layout::Kind::channels, 0, parts};
            break;
    }
    return traffic.duration() + slowest;
}

std::optional<Seconds> Interleave::cost(std::span<const Decision> decisions) {
    Decided decided = start();
    for (const Decision& decision : decisions) {
        auto next = extend(decided, decision);
        if (!next) return std::nullopt;
        decided = std::move(*next);
    }
    if (decided.elements != elements_.size()) return std::nullopt;
    return decided.cost + hand_over(decided);
}

}  // namespace convoy::partition::detail

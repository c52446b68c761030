#include "plan/moves.hpp"

#include <algorithm>
#include <tuple>

#include "util/error.hpp"

namespace convoy::plan::detail {
namespace {

using graph::Box;
using graph::Region;
using graph::TensorId;

/// What one piece holds of a layout.
struct Holding {
    DeviceId device{};
    std::uint32_t piece = 0;
    Region region;
    Box hull;
    Grown* grown = nullptr;  ///< empty for the graph inputs on the source
};

/// Who holds what of one tensor, from the stage that made it on until an identity stage makes the next one.
struct Layout {
    std::size_t reads_from = 0;  ///< the first stage that reads this layout and not an older one
    StageId stage = kInputStage;
    bool partial = false;
    const Stage* maker = nullptr;
    wire::Codec codec = wire::Codec::fp32;
    std::vector<Holding> holdings;                         ///< by (device, piece)
    std::vector<std::pair<std::size_t, std::size_t>> own;  ///< by device: its range in holdings
};

/// A piece, or the sink, that reads a part of a tensor.
struct Read {
    std::size_t stage = 0;
    DeviceId device{};
    Region region;
};

/// The regions of one tensor, by layout and device.
using Table = std::vector<std::vector<Region>>;

/// The layouts of one tensor, and which of their pieces serve which device.
class TensorMoves {
  public:
    TensorMoves(const RouteView& view, TensorId tensor, std::vector<Layout> layouts, std::vector<Message>& messages)
        : view_(view), tensor_(tensor), layouts_(std::move(layouts)), messages_(messages) {
        const std::size_t devices = view_.plan.devices.size();
        for (Layout& layout : layouts_) layout.own = ranges(layout, devices);
        read_.assign(layouts_.size(), std::vector<Region>(devices));
    }

    /// @param sums  gets what each device sums up, when the tensor is partial
    void derive(const std::vector<Read>& reads, std::map<std::pair<DeviceId, TensorId>, Region>& sums) {
        for (const Read& read : reads) read_[layout_at(read.stage)][index(read.device)] |= read.region;
        need_ = read_;
        for (std::size_t i = layouts_.size(); i-- > 1;) derive_held(i);
        if (layouts_[0].partial) {
            derive_sums(sums);
        } else {
            derive_computed();
        }
    }

  private:
    static std::vector<std::pair<std::size_t, std::size_t>> ranges(const Layout& layout, std::size_t devices) {
        std::vector<std::pair<std::size_t, std::size_t>> own(devices);
        std::size_t at = 0;
        for (std::size_t d = 0; d < devices; ++d) {
            own[d].first = at;
            while (at < layout.holdings.size() && index(layout.holdings[at].device) == d) ++at;
            own[d].second = at;
        }
        return own;
    }

    [[nodiscard]] std::size_t layout_at(std::size_t stage) const {
        std::size_t i = layouts_.size() - 1;
        while (i > 0 && layouts_[i].reads_from > stage) --i;
        return i;
    }

    /// Takes what the device's own pieces of a layout hold away from `region`.
    void subtract_own(Region& region, std::size_t layout, std::size_t device) const {
        const auto [begin, end] = layouts_[layout].own[device];
        for (std::size_t k = begin; k < end && !region.empty(); ++k) region -= layouts_[layout].holdings[k].region;
    }

    /// What a device must be sent of layout `i`: its need, minus complete copies that it computed, was sent, or gathers
    /// itself in this or an older layout.
    [[nodiscard]] Region request(std::size_t i, std::size_t device) const {
        Region rest = need_[i][device];
        for (std::size_t j = i + 1; j-- > 0 && !rest.empty();) {
            if (!layouts_[j].partial) subtract_own(rest, j, device);
            if (j < i) rest -= read_[j][device];
        }
        return rest;
    }

    /// A layout that an identity stage makes. Its live pieces need their box of the layout before.
    void derive_held(std::size_t i) {
        for (std::size_t d = 0; d < need_[i].size(); ++d) {
            if (!need_[i][d].empty()) serve(i, d, request(i, d));
        }
        for (Holding& holding : layouts_[i].holdings) {
            for (std::size_t j = i; j < layouts_.size() && !holding.grown->live; ++j) {
                holding.grown->live = meet(need_[j][index(holding.device)], holding.region);
            }
            if (holding.grown->live) need_[i - 1][index(holding.device)] |= holding.region;
        }
    }

    /// The layout of complete values that pieces compute, or of a graph input.
    void derive_computed() {
        for (std::size_t d = 0; d < need_[0].size(); ++d) {
            if (!need_[0][d].empty()) serve(0, d, request(0, d));
            Region used;
            for (const auto& layout : need_) used |= layout[d];
            const auto [begin, end] = layouts_[0].own[d];
            for (std::size_t k = begin; k < end && !used.empty(); ++k) {
                Holding& holding = layouts_[0].holdings[k];
                if (!meet(used, holding.region)) continue;
                mark(holding);
                used -= holding.region;
            }
        }
    }

    /// Raw sums: every device that needs an element gets all its addends.
    void derive_sums(std::map<std::pair<DeviceId, TensorId>, Region>& sums) {
        for (std::size_t d = 0; d < need_[0].size(); ++d) {
            if (need_[0][d].empty()) continue;
            for (Holding& holding : layouts_[0].holdings) {
                const Region part = need_[0][d] & holding.region;
                if (part.empty()) continue;
                mark(holding);
                if (index(holding.device) != d) send(layouts_[0], holding, d, part);
            }
            sums.emplace(std::pair(DeviceId{static_cast<std::uint32_t>(d)}, tensor_), need_[0][d]);
        }
    }

    /// Finds the sender of each element: the holder that `from` names, else the first in device order; within a holder
    /// the first piece in list order.
    void serve(std::size_t i, std::size_t device, Region wanted) {
        Layout& layout = layouts_[i];
        if (wanted.empty()) return;
        if (const auto holder = preferred(layout, device)) {
            const auto [begin, end] = layout.own[index(*holder)];
            serve_from(layout, begin, end, device, wanted);
        }
        serve_from(layout, 0, layout.holdings.size(), device, wanted);
        if (!wanted.empty()) {
            throw util::Error(util::Errc::internal, "a layout of '" + view_.name(tensor_) + "' is not complete");
        }
    }

    void serve_from(Layout& layout, std::size_t begin, std::size_t end, std::size_t device, Region& wanted) {
        Box hull = wanted.hull();
        for (std::size_t k = begin; k < end && !wanted.empty(); ++k) {
            Holding& holding = layout.holdings[k];
            if (intersection(holding.hull, hull).empty()) continue;
            const Region part = wanted & holding.region;
            if (part.empty()) continue;
            mark(holding);
            send(layout, holding, device, part);
            wanted -= part;
            hull = wanted.hull();
        }
    }

    [[nodiscard]] std::optional<DeviceId> preferred(const Layout& layout, std::size_t device) const {
        if (layout.maker == nullptr) return std::nullopt;
        const auto of_tensor = layout.maker->from.find(tensor_);
        if (of_tensor == layout.maker->from.end()) return std::nullopt;
        const auto holder = of_tensor->second.find(DeviceId{static_cast<std::uint32_t>(device)});
        return holder == of_tensor->second.end() ? std::nullopt : std::optional(holder->second);
    }

    static void mark(Holding& holding) {
        if (holding.grown != nullptr) holding.grown->live = true;
    }

    void send(const Layout& layout, const Holding& holding, std::size_t receiver, const Region& part) {
        Message message;
        message.route = static_cast<std::uint32_t>(view_.number);
        message.stage = layout.stage;
        message.piece = holding.piece;
        message.tensor = tensor_;
        message.sender = holding.device;
        message.receiver = DeviceId{static_cast<std::uint32_t>(receiver)};
        message.boxes = part.boxes();
        message.codec = layout.codec;
        message.addend = layout.partial;
        message.payload = wire::encoded_size(layout.codec, part.volume(), view_.graph.tensor(tensor_).element_bytes);
        messages_.push_back(std::move(message));
    }

    const RouteView& view_;
    TensorId tensor_;
    std::vector<Layout> layouts_;  ///< oldest first; only the first may be partial
    std::vector<Message>& messages_;
    Table read_;  ///< what pieces that compute, and the sink, read
    Table need_;  ///< the same, and what live identity stages gather
};

/// Goes backwards through a route's stages, so that the readers of a tensor are known before its pieces are judged.
class Derivation {
  public:
    Derivation(const RouteView& view, const Outline& outline, std::vector<std::vector<Grown>>& stages)
        : view_(view), outline_(outline), stages_(stages), reads_(view.graph.tensors().size()) {}

    Moves run() {
        for (const TensorId output : view_.graph.outputs()) {
            reads_[graph::index(output)].push_back({stages_.size(), view_.plan.sink, view_.graph.tensor(output).full});
        }
        for (std::size_t s = stages_.size(); s-- > 0;) {
            if (!view_.stages()[s].hold) derive_stage(s);
        }
        for (const TensorId input : view_.graph.inputs()) derive_tensor(input, input_layout(input));
        std::sort(moves_.messages.begin(), moves_.messages.end(), before);
        return std::move(moves_);
    }

  private:
    static auto rank(const Message& m) {
        return std::tuple(m.stage != kInputStage, m.stage, m.sender, m.piece, m.tensor, m.receiver);
    }
    static bool before(const Message& a, const Message& b) { return rank(a) < rank(b); }

    void derive_stage(std::size_t s) {
        for (const graph::OperatorId op : view_.stages()[s].operators) {
            for (const TensorId tensor : view_.graph.op(op).outputs) {
                if (outline_.leaves[graph::index(tensor)]) derive_tensor(tensor, made_layout(tensor, s));
            }
        }
        for (const Grown& piece : stages_[s]) {
            if (!piece.live) continue;
            for (const Part& input : piece.inputs) {
                reads_[graph::index(input.tensor)].push_back({s, piece.device, input.slab.region()});
            }
        }
    }

    void derive_tensor(TensorId tensor, Layout first) {
        const auto& reads = reads_[graph::index(tensor)];
        if (reads.empty()) return;
        std::vector<Layout> layouts;
        layouts.push_back(std::move(first));
        for (const std::size_t s : outline_.holds[graph::index(tensor)]) layouts.push_back(made_layout(tensor, s));
        TensorMoves(view_, tensor, std::move(layouts), moves_.messages).derive(reads, moves_.sums);
    }

    [[nodiscard]] Layout input_layout(TensorId tensor) const {
        Layout layout;
        const Box& full = view_.graph.tensor(tensor).full;
        const auto codec = view_.plan.wire.find(tensor);
        if (codec != view_.plan.wire.end()) layout.codec = codec->second;
        layout.holdings.push_back({view_.plan.source, 0, full, full, nullptr});
        return layout;
    }

    [[nodiscard]] Layout made_layout(TensorId tensor, std::size_t s) {
        const Stage& stage = view_.stages()[s];
        Layout layout;
        layout.reads_from = s + 1;
        layout.stage = StageId{static_cast<std::uint32_t>(s)};
        layout.maker = &stage;
        layout.partial = !stage.hold && is_partial(stage) && view_.graph.op(stage.last).outputs[0] == tensor;
        const auto codec = stage.wire.find(tensor);
        if (codec != stage.wire.end()) layout.codec = codec->second;
        for (Grown& piece : stages_[s]) {
            const graph::Slab* slab = piece.output(tensor);
            if (slab != nullptr)
                layout.holdings.push_back({piece.device, piece.piece, slab->region(), slab->hull(), &piece});
        }
        return layout;
    }

    const RouteView& view_;
    const Outline& outline_;
    std::vector<std::vector<Grown>>& stages_;
    std::vector<std::vector<Read>> reads_;  ///< by tensor
    Moves moves_;
};

}  // namespace

Moves derive_moves(const RouteView& view, const Outline& outline, std::vector<std::vector<Grown>>& stages) {
    return Derivation(view, outline, stages).run();
}

}  // namespace convoy::plan::detail

#include "support/cut_plans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "partition/assemble.hpp"
#include "support/cut_pieces.hpp"
#include "support/cut_stages.hpp"

namespace convoy::test {
namespace {

using graph::Axis;
using graph::Box;
using graph::Graph;
using graph::Index;
using graph::OperatorId;
using graph::TensorId;
using plan::DeviceId;
using plan::Piece;
using plan::Stage;

DeviceId device_id(std::size_t device) { return DeviceId{static_cast<std::uint32_t>(device)}; }
OperatorId operator_id(std::size_t op) { return OperatorId{static_cast<std::uint32_t>(op)}; }

/// Puts a plan together operator by operator.
class CutPlanner {
  public:
    CutPlanner(const Graph& graph, std::size_t devices) : graph_(graph), devices_(devices), pieces_(graph, devices) {
        plan::Plan& plan = result_.plan.emplace();
        for (std::size_t d = 0; d < devices; ++d) plan.devices.emplace_back(1, static_cast<char>('a' + d));
        plan.sink = device_id(devices - 1);
        plan.routes.emplace_back();
    }

    CutPlan make(Cut cut);

  private:
    [[nodiscard]] std::size_t count() const { return graph_.operators().size(); }
    [[nodiscard]] const Box& output(OperatorId op) const { return graph_.tensor(graph_.op(op).outputs[0]).full; }
    [[nodiscard]] bool cuts(OperatorId op, Axis axis) const { return cuts_output(graph_, op, axis); }
    [[nodiscard]] bool sums(OperatorId op, Axis axis) const { return cuts_sum(graph_, op, axis); }

    std::vector<Stage>& stages() { return result_.plan->routes[0].stages; }
    void put(OperatorId op, const Placed& pieces) {
        stages().push_back(operator_stage(op, pieces));
        result_.cut_operators += stages().back().shares.size() > 1 ? 1 : 0;
    }
    void put_whole(OperatorId op) { stages().push_back(operator_on(graph_, op, index(op) % devices_)); }

    /// The tensor in these boxes, as an identity stage.
    void hold(TensorId tensor, const Placed& pieces) {
        Stage stage = operator_stage({}, pieces);
        stage.operators.clear();
        stage.hold = tensor;
        stages().push_back(std::move(stage));
    }

    using Fits = std::function<bool(OperatorId)>;
    using Pieces = std::function<Placed(OperatorId)>;
    /// Every operator in pieces where it fits, whole otherwise.
    void each(const Fits& fits, const Pieces& pieces, const char* refusal) {
        for (std::size_t i = 0; i < count(); ++i) {
            if (fits(operator_id(i))) {
                put(operator_id(i), pieces(operator_id(i)));
            } else {
                put_whole(operator_id(i));
            }
        }
        if (result_.cut_operators == 0) refuse(refusal);
    }
    void refuse(std::string why) {
        result_ = {};
        result_.refusal = std::move(why);
    }

    void output_axis(Axis axis, const char* refusal) {
        each([&](OperatorId op) { return cuts(op, axis); }, [&](OperatorId op) { return pieces_.along(op, axis); },
             refusal);
    }
    void grid();
    void runs(std::size_t longest, const Fits& fits, const Pieces& pieces);
    [[nodiscard]] bool is_run(std::size_t begin, std::size_t end, const Fits& fits) const;
    void fused_tiles();
    void batch();
    void row_sums();
    void sums(Cut cut);
    void channel_grid();
    void mixed();
    void interleaved();
    [[nodiscard]] std::vector<OperatorId> pair_behind(OperatorId first) const;
    void branches();
    [[nodiscard]] bool has_parallel(const std::vector<std::size_t>& device_of) const;
    void pipeline();
    void weighted_routes();

    const Graph& graph_;
    std::size_t devices_;
    PieceCutter pieces_;
    CutPlan result_;
};

CutPlan CutPlanner::make(Cut cut) {
    switch (cut) {
        case Cut::rows:
            output_axis(Axis::h, "no operator makes a map of several rows that can be cut");
            break;
        case Cut::columns:
            output_axis(Axis::w, "no operator makes a map of several columns that can be cut");
            break;
        case Cut::grid:
            grid();
            break;
        case Cut::fused_tiles:
            fused_tiles();
            break;
        case Cut::row_sums:
            row_sums();
            break;
        case Cut::output_channels:
            output_axis(Axis::c, "no operator makes several channels that can be cut");
            break;
        case Cut::sums_direct:
        case Cut::sums_on_one:
        case Cut::sums_scattered:
            sums(cut);
            break;
        case Cut::channel_grid:
            channel_grid();
            break;
        case Cut::interleaved:
            interleaved();
            break;
        case Cut::branches:
            branches();
            break;
        case Cut::pipeline:
            pipeline();
            break;
        case Cut::weighted_routes:
            weighted_routes();
            break;
        case Cut::batch:
            batch();
            break;
        case Cut::mixed:
            mixed();
            break;
    }
    return std::move(result_);
}

void CutPlanner::grid() {
    each([&](OperatorId op) { return cuts(op, Axis::h) && cuts(op, Axis::w); },
         [&](OperatorId op) { return pieces_.grid(op); },
         "no operator makes a map of several rows and columns that can be cut");
}

/// Each can be cut, and the last one needs all others.
bool CutPlanner::is_run(std::size_t begin, std::size_t end, const Fits& fits) const {
    for (std::size_t i = begin; i < end; ++i) {
        const graph::Operator& op = graph_.operators()[i];
        if (!fits(operator_id(i))) return false;
        const auto read_inside = [&](TensorId tensor) {
            return std::ranges::any_of(graph_.readers(tensor), [&](OperatorId by) { return index(by) < end; });
        };
        if (i + 1 < end && std::ranges::none_of(op.outputs, read_inside)) return false;
    }
    return true;
}

/// Runs as long as they can be, up to `longest` operators.
void CutPlanner::runs(std::size_t longest, const Fits& fits, const Pieces& pieces) {
    for (std::size_t begin = 0; begin < count();) {
        std::size_t end = std::min(count(), begin + longest);
        while (end > begin && !is_run(begin, end, fits)) --end;
        if (end == begin) {
            put_whole(operator_id(begin++));
            continue;
        }
        put(operator_id(end - 1), pieces(operator_id(end - 1)));
        if (stages().back().shares.size() > 1) result_.cut_operators += end - begin - 1;
        for (std::size_t i = end - 1; i > begin; --i) {
            auto& operators = stages().back().operators;
            operators.insert(operators.begin(), operator_id(i - 1));
        }
        begin = end;
    }
}

void CutPlanner::fused_tiles() {
    constexpr std::size_t kLongest = 6;
    runs(
        kLongest, [&](OperatorId op) { return cuts(op, Axis::h) && cuts(op, Axis::w); },
        [&](OperatorId op) { return pieces_.tiles(op, devices_ + 1, 2); });
    if (std::ranges::none_of(stages(), [](const Stage& stage) { return stage.operators.size() > 1; }))
        refuse("no two operators that follow each other make maps of several rows and columns that can be cut");
}

void CutPlanner::batch() {
    runs(
        count(), [&](OperatorId op) { return cuts(op, Axis::n); },
        [&](OperatorId op) { return pieces_.along(op, Axis::n); });
    if (result_.cut_operators == 0) refuse("no operator makes several inputs of a batch that can be cut");
}

void CutPlanner::row_sums() {
    std::size_t partial = 0;
    each([&](OperatorId op) { return cuts(op, Axis::h) || sums(op, Axis::h); },
         [&](OperatorId op) {
             if (cuts(op, Axis::h)) return pieces_.along(op, Axis::h);
             ++partial;
             return pieces_.addends(op, Axis::h);
         },
         "no operator makes or reads a map of several rows that can be cut");
    if (partial == 0) refuse("no operator sums over several rows");
}

void CutPlanner::sums(Cut cut) {
    for (std::size_t i = 0; i < count(); ++i) {
        const OperatorId op = operator_id(i);
        if (!sums(op, Axis::c)) {
            put_whole(op);
            continue;
        }
        put(op, pieces_.addends(op, Axis::c));
        const TensorId made = graph_.op(op).outputs[0];
        if (cut == Cut::sums_on_one) hold(made, {{i % devices_, {output(op), std::nullopt}}});
        if (cut == Cut::sums_scattered) {
            hold(made, pieces_.along(op, Axis::c));
            hold(made, pieces_.replicas(made));
        }
    }
    if (result_.cut_operators == 0) refuse("no operator sums over several channels");
}

void CutPlanner::channel_grid() {
    const auto both = [&](OperatorId op) { return cuts(op, Axis::c) && sums(op, Axis::c); };
    each([&](OperatorId op) { return cuts(op, Axis::c); },
         [&](OperatorId op) { return both(op) ? pieces_.crossed(op) : pieces_.along(op, Axis::c); },
         "no operator makes several channels that can be cut");
    for (std::size_t i = 0; i < count(); ++i)
        if (both(operator_id(i))) return;
    refuse("no operator makes several channels as sums over several channels");
}

/// In turn by rows, sums over channels, output channels, columns, both kinds of channels, sums over rows, tiles; the
/// next that fits.
void CutPlanner::mixed() {
    const std::vector<std::pair<Fits, Pieces>> ways{
        {[&](OperatorId op) { return cuts(op, Axis::h); }, [&](OperatorId op) { return pieces_.along(op, Axis::h); }},
        {[&](OperatorId op) { return sums(op, Axis::c); }, [&](OperatorId op) { return pieces_.addends(op, Axis::c); }},
        {[&](OperatorId op) { return cuts(op, Axis::c); }, [&](OperatorId op) { return pieces_.along(op, Axis::c); }},
        {[&](OperatorId op) { return cuts(op, Axis::w); }, [&](OperatorId op) { return pieces_.along(op, Axis::w); }},
        {[&](OperatorId op) { return cuts(op, Axis::c) && sums(op, Axis::c); },
         [&](OperatorId op) { return pieces_.crossed(op); }},
        {[&](OperatorId op) { return sums(op, Axis::h); }, [&](OperatorId op) { return pieces_.addends(op, Axis::h); }},
        {[&](OperatorId op) { return cuts(op, Axis::h) && cuts(op, Axis::w); },
         [&](OperatorId op) { return pieces_.grid(op); }}};
    std::size_t turn = 0;
    const auto way_of = [&](OperatorId op) {
        for (std::size_t k = 0; k < ways.size(); ++k)
            if (ways[(turn + k) % ways.size()].first(op)) return (turn + k) % ways.size();
        return ways.size();
    };
    each([&](OperatorId op) { return way_of(op) < ways.size(); },
         [&](OperatorId op) {
             const std::size_t way = way_of(op);
             turn = way + 1;
             return ways[way].second(op);
         },
         "no operator can be cut");
}

/// `first`, operators that keep its channels apart, and the first one that sums over them; empty when it is not so.
std::vector<OperatorId> CutPlanner::pair_behind(OperatorId first) const {
    const auto channels = [&](OperatorId op) { return output(op)[Axis::c].size(); };
    std::vector<OperatorId> pair{first};
    const graph::Operator& op = graph_.op(first);
    const bool layer = op.kind == graph::Kind::convolution || op.kind == graph::Kind::gemm;
    if (!layer || op.group != 1 || !cuts(first, Axis::c)) return {};
    while (true) {
        const TensorId made = graph_.op(pair.back()).outputs[0];
        if (graph_.is_output(made) || graph_.readers(made).size() != 1) return {};
        const OperatorId next = graph_.readers(made)[0];
        if (graph_.op(next).inputs[0] != made || index(next) != index(pair.back()) + 1) return {};
        pair.push_back(next);
        if (sums(next, Axis::c)) return graph_.op(next).group == 1 ? pair : std::vector<OperatorId>{};
        const graph::Slab part = graph::make_slab(pieces_.along(next, Axis::c)[0].second.box);
        const bool apart =
            cuts(next, Axis::c) && graph_.op(next).inputs.size() == 1 && channels(next) == channels(first);
        if (!apart || graph::needed(graph_, next, 0, {&part, 1}).c != part.c) return {};
    }
}

void CutPlanner::interleaved() {
    for (std::size_t i = 0; i < count();) {
        const std::vector<OperatorId> pair = pair_behind(operator_id(i));
        if (pair.empty()) {
            put_whole(operator_id(i++));
            continue;
        }
        for (std::size_t k = 0; k + 1 < pair.size(); ++k) {
            put(pair[k], pieces_.along(pair[k], Axis::c));
            result_.local.insert(graph_.op(pair[k]).outputs[0]);
        }
        put(pair.back(), pieces_.addends(pair.back(), Axis::c));
        const TensorId made = graph_.op(pair.back()).outputs[0];
        hold(made, pieces_.replicas(made));
        i += pair.size();
    }
    if (result_.cut_operators == 0) refuse("no layer's output channels are read by one next layer that sums over them");
}

/// Whether two operators on different devices wait for neither.
bool CutPlanner::has_parallel(const std::vector<std::size_t>& device_of) const {
    std::vector<std::vector<bool>> before(count(), std::vector<bool>(count(), false));
    for (std::size_t i = 0; i < count(); ++i) {
        for (const TensorId tensor : graph_.operators()[i].inputs) {
            const auto producer = graph_.producer(tensor);
            if (!producer) continue;
            for (std::size_t k = 0; k < i; ++k)
                before[i][k] = before[i][k] || before[index(*producer)][k] || k == index(*producer);
        }
        for (std::size_t k = 0; k < i; ++k)
            if (!before[i][k] && device_of[i] != device_of[k]) return true;
    }
    return false;
}

void CutPlanner::branches() {
    std::vector<std::size_t> device_of(count(), 0);
    for (std::size_t i = 0; i < count(); ++i) {
        const auto& inputs = graph_.operators()[i].inputs;
        if (!inputs.empty()) {
            const auto producer = graph_.producer(inputs[0]);
            const auto& readers = graph_.readers(inputs[0]);
            const auto branch = static_cast<std::size_t>(std::ranges::find(readers, operator_id(i)) - readers.begin());
            device_of[i] = ((producer ? device_of[index(*producer)] : 0) + branch) % devices_;
        }
        stages().push_back(operator_on(graph_, operator_id(i), device_of[i]));
    }
    if (!has_parallel(device_of)) refuse("no two operators are independent of each other");
}

void CutPlanner::pipeline() {
    if (count() < devices_) return refuse(fmt::format("{} operators for {} devices", count(), devices_));
    for (std::size_t d = 0; d < devices_; ++d) {
        const partition::detail::OperatorRange range{count() * d / devices_, count() * (d + 1) / devices_};
        stages().push_back(partition::detail::device_stage(graph_, range, d));
    }
    result_.plan->in_flight = 2;
    result_.frames = 2;
}

void CutPlanner::weighted_routes() {
    result_.plan->routes.clear();
    for (std::size_t d = 0; d < devices_; ++d) {
        plan::Route& route = result_.plan->routes.emplace_back();
        route.weight = d == 0 ? 2 : 1;
        route.stages.push_back(partition::detail::device_stage(graph_, {0, count()}, d));
        result_.frames += route.weight;
    }
    result_.plan->in_flight = 2;
    --result_.frames;
}

constexpr std::array kEvery{Cut::rows,           Cut::columns,         Cut::grid,        Cut::fused_tiles,
                            Cut::row_sums,       Cut::output_channels, Cut::sums_direct, Cut::sums_on_one,
                            Cut::sums_scattered, Cut::channel_grid,    Cut::interleaved, Cut::branches,
                            Cut::pipeline,       Cut::weighted_routes, Cut::batch,       Cut::mixed};

}  // namespace

std::span<const Cut> every_cut() noexcept { return kEvery; }

const char* to_string(Cut cut) noexcept {
    constexpr std::array kNames{"rows",         "columns",      "grid",         "fused tiles",     "sums over rows",
                                "out channels", "sums, direct", "sums, on one", "sums, scattered", "channel grid",
                                "interleaved",  "branches",     "pipeline",     "routes",          "batch",
                                "mixed"};
    return kNames.at(static_cast<std::size_t>(cut));
}

CutPlan cut_plan(const Graph& graph, Cut cut, std::size_t devices) { return CutPlanner(graph, devices).make(cut); }

}  // namespace convoy::test

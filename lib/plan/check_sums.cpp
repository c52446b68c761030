#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "graph/calculus.hpp"
#include "plan/route_view.hpp"

namespace convoy::plan::detail {
namespace {

using graph::Axis;
using graph::Box;
using graph::Index;
using graph::Interval;

struct Addend {
    DeviceId device{};
    std::size_t piece = 0;
    Box box;  ///< of the last operator's output
    Box in;   ///< of its first input
};

/// Cuts the output at all piece and group borders and checks each cell's sum.
class SumCheck {
  public:
    SumCheck(const RouteView& view, std::size_t stage, Problems& problems)
        : view_(view), stage_(stage), op_(view.stages()[stage].last), problems_(problems) {}

    void run() {
        std::vector<Addend> addends;
        const Box& input = view_.graph.tensor(view_.graph.op(op_).inputs[0]).full;
        for (const Share& share : view_.stages()[stage_].shares) {
            for (std::size_t k = 0; k < share.pieces.size(); ++k) {
                const Piece& piece = share.pieces[k];
                if (piece.in && !check_axes(share.device, k, *piece.in, input)) return;
                addends.push_back({share.device, k, piece.box, piece.in.value_or(input)});
            }
        }
        groups_ = graph::group_borders(view_.graph, op_);
        split(0, addends, view_.graph.tensor(view_.graph.op(op_).outputs[0]).full);
    }

  private:
    [[nodiscard]] std::string key() const { return view_.key(stage_); }

    bool check_axes(DeviceId device, std::size_t piece, const Box& in, const Box& input) {
        const graph::Cuts cuts = graph::cuts(view_.graph, op_);
        for (const Axis axis : graph::kAllAxes) {
            if (cuts.contraction[static_cast<std::size_t>(axis)] || in[axis] == input[axis]) continue;
            problems_.add(view_.key(stage_, device, piece) + ".in", no_sum(axis), hint_for(cuts));
            return false;
        }
        return true;
    }

    [[nodiscard]] std::string no_sum(Axis axis) const {
        const graph::Operator& op = view_.graph.op(op_);
        return fmt::format("'{}' ({}) does not sum over {} of its input", op.name,
                           op.onnx_type.empty() ? to_string(op.kind) : op.onnx_type.c_str(),
                           "nchw"[static_cast<std::size_t>(axis)]);
    }

    /// Names the last operator of the stage that could be summed, where the stage should end.
    [[nodiscard]] std::string hint_for(const graph::Cuts& cuts) const {
        std::string axes;
        for (const Axis axis : graph::kAllAxes) {
            if (cuts.contraction[static_cast<std::size_t>(axis)])
                axes += fmt::format("{}{}", axes.empty() ? "" : ", ", "nchw"[static_cast<std::size_t>(axis)]);
        }
        if (!axes.empty()) return fmt::format("it sums over {}", axes);
        const auto& operators = view_.stages()[stage_].operators;
        for (auto op = operators.rbegin(); op != operators.rend(); ++op) {
            const auto sums = graph::cuts(view_.graph, *op).contraction;
            if (std::find(sums.begin(), sums.end(), true) == sums.end()) continue;
            return fmt::format("`in` acts on the stage's last layer: end the stage at '{}'", view_.name(*op));
        }
        return "`in` is for convolutions, fully connected layers and global average pools";
    }

    [[nodiscard]] std::vector<Index> borders(Axis axis, const std::vector<Addend>& addends, const Box& cell) const {
        std::vector<Index> borders{cell[axis].begin, cell[axis].end};
        for (const Addend& addend : addends) {
            borders.push_back(addend.box[axis].begin);
            borders.push_back(addend.box[axis].end);
        }
        if (axis == Axis::c) borders.insert(borders.end(), groups_.begin(), groups_.end());
        std::sort(borders.begin(), borders.end());
        borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
        return borders;
    }

    /// False once a problem was found.
    bool split(std::size_t depth, const std::vector<Addend>& addends, Box cell) {
        static constexpr std::array kOrder{Axis::c, Axis::h, Axis::w, Axis::n};
        if (depth == kOrder.size()) return check_cell(addends, cell);
        const Axis axis = kOrder[depth];
        const std::vector<Index> at = borders(axis, addends, cell);
        for (std::size_t i = 0; i + 1 < at.size(); ++i) {
            cell[axis] = {at[i], at[i + 1]};
            std::vector<Addend> inside;
            std::copy_if(addends.begin(), addends.end(), std::back_inserter(inside),
                         [&](const Addend& addend) { return addend.box[axis].contains(cell[axis]); });
            if (!split(depth + 1, inside, cell)) return false;
        }
        return true;
    }

    bool check_cell(const std::vector<Addend>& addends, const Box& cell) {
        const Box domain = graph::summed_domain(view_.graph, op_, cell);
        graph::Region missing(domain);
        for (std::size_t i = 0; i < addends.size(); ++i) {
            const Box part = intersection(addends[i].in, domain);
            if (part.empty()) continue;
            for (std::size_t j = 0; j < i; ++j) {
                const Box both = intersection(addends[j].in, part);
                if (both.empty()) continue;
                problems_.add(
                    view_.key(stage_, addends[i].device, addends[i].piece),
                    fmt::format("also adds {} of '{}' to {} of '{}', as {} does", to_string(both), input_name(),
                                to_string(cell), output_name(), view_.key(stage_, addends[j].device, addends[j].piece)),
                    "the `in` boxes of the pieces that make an element must not overlap");
                return false;
            }
            missing -= part;
        }
        if (missing.empty()) return true;
        problems_.add(key() + ".shares",
                      fmt::format("no piece adds {} of '{}' to {} of '{}'", to_string(missing.boxes()[0]), input_name(),
                                  to_string(cell), output_name()),
                      "the `in` boxes of the pieces that make an element together cover all that it sums over");
        return false;
    }

    [[nodiscard]] const std::string& input_name() const { return view_.name(view_.graph.op(op_).inputs[0]); }
    [[nodiscard]] const std::string& output_name() const { return view_.name(view_.graph.op(op_).outputs[0]); }

    const RouteView& view_;
    std::size_t stage_;
    graph::OperatorId op_;
    Problems& problems_;
    std::vector<Index> groups_;
};

}  // namespace

void check_sums(const RouteView& view, std::size_t stage, Problems& problems) { SumCheck(view, stage, problems).run(); }

}  // namespace convoy::plan::detail

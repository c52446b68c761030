#include <fmt/format.h>

#include <algorithm>

#include "graph/calculus.hpp"
#include "plan/route_view.hpp"

namespace convoy::plan::detail {
namespace {

using graph::Axis;
using graph::Box;
using graph::TensorId;

// Checks compare pieces with each other: more would make a hostile plan costly.
constexpr std::size_t kMostPieces = 10000;

constexpr char axis_name(Axis axis) { return "nchw"[static_cast<std::size_t>(axis)]; }

/// One stage's shares: boxes inside their tensors, whole axes whole, nothing left out.
class ShareCheck {
  public:
    ShareCheck(const RouteView& view, const Outline& outline, std::size_t stage, Problems& problems)
        : view_(view), outline_(outline), number_(stage), stage_(view.stages()[stage]), problems_(problems) {}

    void run() {
        if (!check_devices()) return;
        for (const Share& share : stage_.shares) {
            for (std::size_t k = 0; k < share.pieces.size(); ++k) check_piece(share, k);
        }
        check_outputs();
        check_wire();
        check_from();
        if (problems_.empty()) check_cover();
    }

  private:
    [[nodiscard]] TensorId target() const {
        return stage_.hold ? *stage_.hold : view_.graph.op(stage_.last).outputs[0];
    }
    [[nodiscard]] std::string key(const std::string& tail) const { return view_.key(number_) + tail; }

    bool check_devices() {
        if (stage_.shares.empty())
            problems_.add(key(""), "no device computes this stage", "give it `on: DEVICE` or `shares:`");
        std::size_t pieces = 0;
        for (std::size_t i = 0; i < stage_.shares.size(); ++i) {
            const Share& share = stage_.shares[i];
            pieces += share.pieces.size();
            if (index(share.device) >= view_.plan.devices.size()) {
                problems_.add(key(".shares"), fmt::format("the plan has no device number {}", index(share.device)));
            } else if (i > 0 && share.device <= stage_.shares[i - 1].device) {
                problems_.add(key(".shares"),
                              "shares must be listed once for each device, in the order of the devices");
            } else if (share.pieces.empty()) {
                problems_.add(key(".shares." + view_.name(share.device)), "a share needs at least one piece");
            }
        }
        if (pieces > kMostPieces) {
            problems_.add(key(".shares"),
                          fmt::format("{} pieces in one stage; at most {} are taken", pieces, kMostPieces));
        }
        return problems_.empty();
    }

    /// A box of a tensor: not empty, inside its extent. @param where  makes the key; only a problem needs it
    bool check_box(const Box& box, TensorId tensor, const auto& where) {
        const Box& full = view_.graph.tensor(tensor).full;
        for (const Axis axis : graph::kAllAxes) {
            if (box[axis].empty()) {
                problems_.add(where(),
                              fmt::format("{} [{}, {}] is empty", axis_name(axis), box[axis].begin, box[axis].end),
                              "intervals are half open: [begin, end) with begin below end");
                return false;
            }
            if (!full[axis].contains(box[axis])) {
                problems_.add(where(), fmt::format("{} [{}, {}] is outside of '{}', whose {} is [0, {}]",
                                                   axis_name(axis), box[axis].begin, box[axis].end, view_.name(tensor),
                                                   axis_name(axis), full[axis].end));
                return false;
            }
        }
        return true;
    }

    /// Rule 7: an axis along which the operator is whole is not cut.
    void check_whole_axes(const Box& box, const auto& where) {
        const Box& full = view_.graph.tensor(target()).full;
        const graph::Cuts cuts = graph::cuts(view_.graph, stage_.last);
        for (const Axis axis : graph::kAllAxes) {
            if (cuts.output[static_cast<std::size_t>(axis)] || box[axis] == full[axis]) continue;
            const graph::Operator& op = view_.graph.op(stage_.last);
            problems_.add(
                where(),
                fmt::format("'{}' ({}) cannot be cut along {}", op.name,
                            op.onnx_type.empty() ? to_string(op.kind) : op.onnx_type.c_str(), axis_name(axis)),
                fmt::format("leave {} out, which means all of it", axis_name(axis)));
        }
    }

    void check_piece(const Share& share, std::size_t k) {
        const auto where = [&] { return view_.key(number_, share.device, k); };
        const auto where_in = [&] { return where() + ".in"; };
        const Piece& piece = share.pieces[k];
        if (check_box(piece.box, target(), where) && !stage_.hold) check_whole_axes(piece.box, where);
        if (!piece.in) return;
        if (stage_.hold) {
            problems_.add(where_in(), "a held tensor is not summed over", "hold always gives complete values");
        } else if (view_.graph.op(stage_.last).inputs.empty()) {
            problems_.add(where_in(), fmt::format("'{}' has no input to sum over", view_.name(stage_.last)));
        } else {
            check_box(*piece.in, view_.graph.op(stage_.last).inputs[0], where_in);
        }
    }

    /// A tensor that this stage makes for others.
    bool check_made(TensorId tensor, const std::string& where) {
        const bool exists = graph::index(tensor) < view_.graph.tensors().size();
        const bool made =
            exists && (stage_.hold ? *stage_.hold == tensor : outline_.maker(view_.graph, tensor) == number_);
        if (made && outline_.leaves[graph::index(tensor)]) return true;
        problems_.add(where, !made ? fmt::format("'{}' is not made by this stage", exists ? view_.name(tensor) : "?")
                                   : fmt::format("'{}' does not leave this stage", view_.name(tensor)));
        return false;
    }

    void check_outputs() {
        for (const auto& [tensor, devices] : stage_.outputs) {
            const std::string where =
                key(".outputs") + (graph::index(tensor) < view_.graph.tensors().size() ? "." + view_.name(tensor) : "");
            if (stage_.hold) {
                problems_.add(where, "a stage that holds a tensor has no other outputs");
                continue;
            }
            if (!check_made(tensor, where)) continue;
            if (is_partial(stage_) && tensor == target()) {
                problems_.add(where, "addends have no replicas: the shares alone say who adds what");
                continue;
            }
            for (const auto& [device, boxes] : devices) {
                if (!check_device(device, where)) continue;
                for (std::size_t k = 0; k < boxes.size(); ++k) {
                    check_box(boxes[k], tensor, [&] { return fmt::format("{}.{}[{}]", where, view_.name(device), k); });
                }
            }
        }
    }

    bool check_device(DeviceId device, const std::string& where) {
        if (index(device) < view_.plan.devices.size()) return true;
        problems_.add(where, fmt::format("the plan has no device number {}", index(device)));
        return false;
    }

    /// Rule 16: codecs belong to the layouts that the stage makes; addends and whole numbers forbid some.
    void check_wire() {
        for (const auto& [tensor, codec] : stage_.wire) {
            const std::string where =
                key(".wire") + (graph::index(tensor) < view_.graph.tensors().size() ? "." + view_.name(tensor) : "");
            if (!check_made(tensor, where)) continue;
            const graph::TensorInfo& info = view_.graph.tensor(tensor);
            const bool addends = is_partial(stage_) && tensor == target();
            if (addends && codec != wire::Codec::fp32 && codec != wire::Codec::fp16) {
                refuse(where, fmt::format("addends cross as fp32 or fp16, not as {}", wire::to_string(codec)),
                       fmt::format("hold '{}' first and give that layout the codec", info.name));
            } else if (!exact(codec) && info.type != graph::ElementType::float32) {
                refuse(where,
                       fmt::format("{} needs float32 elements; '{}' has {}", wire::to_string(codec), info.name,
                                   graph::to_string(info.type)),
                       "");
            }
        }
    }

    void refuse(const std::string& where, std::string message, std::string hint) {
        problems_.add(util::Error(util::Errc::impossible, std::move(message)).key(where).hint(std::move(hint)));
    }

    void check_from() {
        for (const auto& [tensor, receivers] : stage_.from) {
            const std::string where =
                key(".from") + (graph::index(tensor) < view_.graph.tensors().size() ? "." + view_.name(tensor) : "");
            if (!check_made(tensor, where)) continue;
            for (const auto& [receiver, holder] : receivers) {
                if (check_device(receiver, where) && check_device(holder, where))
                    check_holder(tensor, receiver, holder, where);
            }
        }
    }

    void check_holder(TensorId tensor, DeviceId receiver, DeviceId holder, const std::string& where) {
        const auto extra = stage_.outputs.find(tensor);
        const bool holds = std::any_of(stage_.shares.begin(), stage_.shares.end(),
                                       [&](const Share& share) { return share.device == holder; }) ||
                           (extra != stage_.outputs.end() && extra->second.count(holder) > 0);
        if (holds) return;
        problems_.add(
            fmt::format("{}.{}", where, view_.name(receiver)),
            fmt::format("'{}' holds nothing of '{}' behind this stage", view_.name(holder), view_.name(tensor)));
    }

    /// The pieces together make all of the last operator's output, or each addend of it exactly once.
    void check_cover() {
        if (is_partial(stage_)) return check_sums(view_, number_, problems_);
        graph::Region missing(view_.graph.tensor(target()).full);
        for (const Share& share : stage_.shares) {
            for (const Piece& piece : share.pieces) missing -= piece.box;
        }
        if (const auto extra = stage_.outputs.find(target()); extra != stage_.outputs.end()) {
            for (const auto& [device, boxes] : extra->second) {
                for (const Box& box : boxes) missing -= box;
            }
        }
        if (missing.empty()) return;
        problems_.add(key(".shares"),
                      fmt::format("no piece has {} of '{}'", to_string(missing.boxes()[0]), view_.name(target())),
                      "the pieces of a stage together cover the whole tensor");
    }

    const RouteView& view_;
    const Outline& outline_;
    std::size_t number_;
    const Stage& stage_;
    Problems& problems_;
};

}  // namespace

void check_shares(const RouteView& view, const Outline& outline, Problems& problems) {
    for (std::size_t s = 0; s < view.stages().size(); ++s) {
        Problems of_stage;
        ShareCheck(view, outline, s, of_stage).run();
        problems.add(std::move(of_stage));
    }
}

}  // namespace convoy::plan::detail

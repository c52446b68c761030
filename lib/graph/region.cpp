#include "graph/region.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace convoy::graph {
namespace {

/// Which points a set operation keeps: by membership in the left and in the right operand.
struct Operation {
    bool left_only;
    bool right_only;
    bool both;

    [[nodiscard]] bool keeps(bool left, bool right) const noexcept {
        return left ? (right ? both : left_only) : (right && right_only);
    }
};
constexpr Operation kUnion{true, true, true};
constexpr Operation kIntersection{false, false, true};
constexpr Operation kDifference{true, false, false};

using Boxes = std::span<const Box>;

/// The number of leading boxes with the same interval along `axis`: in the normal form they are one cross-section.
std::size_t group_size(Boxes boxes, std::size_t axis) {
    std::size_t size = 1;
    while (size < boxes.size() && boxes[size].axes[axis] == boxes[0].axes[axis]) ++size;
    return size;
}

bool same_from(const Box& a, const Box& b, std::size_t axis) {
    return std::equal(a.axes.begin() + static_cast<std::ptrdiff_t>(axis), a.axes.end(),
                      b.axes.begin() + static_cast<std::ptrdiff_t>(axis));
}

/// Walks the cross-sections of a normal form along one axis.
class Sections {
  public:
    Sections(Boxes boxes, std::size_t axis) : rest_(boxes), axis_(axis) { load(); }
    [[nodiscard]] bool done() const noexcept { return group_.empty(); }
    [[nodiscard]] Index begin() const noexcept { return begin_; }
    /// The next coordinate behind `at` at which membership in the current section changes.
    [[nodiscard]] Index border(Index at) const noexcept { return at < begin_ ? begin_ : group_[0].axes[axis_].end; }
    [[nodiscard]] Boxes at(Index coordinate) const noexcept {
        return !done() && coordinate >= begin_ ? group_ : Boxes{};
    }
    void advance(Index coordinate) {
        if (!done() && coordinate >= group_[0].axes[axis_].end) load();
    }

  private:
    void load() {
        group_ = rest_.empty() ? Boxes{} : rest_.first(group_size(rest_, axis_));
        rest_ = rest_.subspan(group_.size());
        if (!group_.empty()) begin_ = group_[0].axes[axis_].begin;
    }
    Boxes rest_;
    std::size_t axis_;
    Boxes group_;
    Index begin_ = 0;
};

/// Appends the section [begin, out.size()) to the one in front of it when both touch and are equal.
void merge_section(std::vector<Box>& out, std::size_t previous, std::size_t begin, std::size_t axis) {
    const std::size_t count = out.size() - begin;
    if (begin - previous != count || out[previous].axes[axis].end != out[begin].axes[axis].begin) return;
    for (std::size_t i = 0; i < count; ++i) {
        if (!same_from(out[previous + i], out[begin + i], axis + 1)) return;
    }
    for (std::size_t i = 0; i < count; ++i) out[previous + i].axes[axis].end = out[begin].axes[axis].end;
    out.resize(begin);
}

/// Set operation on two normal forms; the result is one again.
///
/// Normal form: along n the set falls into maximal runs of equal, non-empty cross-sections, each of which is in normal
/// form over c, h, w. Runs are unique, so equal sets have equal boxes. Linear in the boxes of the result and operands,
/// times the number of axes.
void combine(Boxes left, Boxes right, std::size_t axis, const Operation& operation, std::vector<Box>& out) {
    if (axis == kAxes) {
        if (operation.keeps(!left.empty(), !right.empty())) out.emplace_back();
        return;
    }
    Sections a(left, axis);
    Sections b(right, axis);
    std::size_t previous = out.size();
    while (!a.done() || !b.done()) {
        Index at = a.done() ? b.begin() : b.done() ? a.begin() : std::min(a.begin(), b.begin());
        for (bool inside = true; inside;) {
            const Boxes in_a = a.at(at);
            const Boxes in_b = b.at(at);
            const Index next = a.done() ? b.border(at) : b.done() ? a.border(at) : std::min(a.border(at), b.border(at));
            const std::size_t begin = out.size();
            combine(in_a, in_b, axis + 1, operation, out);
            for (std::size_t i = begin; i < out.size(); ++i) out[i].axes[axis] = {at, next};
            if (out.size() > begin) {
                merge_section(out, previous, begin, axis);
                if (out.size() > begin) previous = begin;
            }
            a.advance(next);
            b.advance(next);
            at = next;
            inside = !a.at(at).empty() || !b.at(at).empty();
        }
    }
}

std::vector<Box> combined(Boxes left, Boxes right, const Operation& operation) {
    std::vector<Box> out;
    combine(left, right, 0, operation, out);
    return out;
}

/// The only axis along which `outer` does not contain `inner`; kAxes when there is none, kAxes + 1 for several.
std::size_t axis_outside(const Box& outer, const Box& inner) {
    std::size_t found = kAxes;
    for (std::size_t axis = 0; axis < kAxes; ++axis) {
        if (outer.axes[axis].contains(inner.axes[axis])) continue;
        if (found < kAxes) return kAxes + 1;
        found = axis;
    }
    return found;
}

/// Two boxes that touch or overlap along one axis, and are the same along the others, are one box.
bool join_boxes(Box& box, const Box& other) {
    std::size_t axis = kAxes;
    for (std::size_t i = 0; i < kAxes; ++i) {
        if (box.axes[i] == other.axes[i]) continue;
        if (axis < kAxes) return false;
        axis = i;
    }
    if (axis == kAxes) return true;
    Interval& mine = box.axes[axis];
    const Interval& its = other.axes[axis];
    if (mine.end < its.begin || its.end < mine.begin) return false;
    mine = {std::min(mine.begin, its.begin), std::max(mine.end, its.end)};
    return true;
}

}  // namespace

Interval intersection(const Interval& a, const Interval& b) noexcept {
    return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

Interval hull(const Interval& a, const Interval& b) noexcept {
    if (a.empty()) return b;
    if (b.empty()) return a;
    return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

bool Box::empty() const noexcept {
    return std::any_of(axes.begin(), axes.end(), [](const Interval& interval) { return interval.empty(); });
}

Index Box::volume() const noexcept {
    Index product = 1;
    for (const Interval& interval : axes) product *= interval.size();
    return product;
}

bool Box::contains(const Box& other) const noexcept {
    if (other.empty()) return true;
    for (std::size_t axis = 0; axis < kAxes; ++axis) {
        if (!axes[axis].contains(other.axes[axis])) return false;
    }
    return true;
}

Box make_box(Index n, Index c, Index h, Index w) { return {{{{0, n}, {0, c}, {0, h}, {0, w}}}}; }

Box intersection(const Box& a, const Box& b) noexcept {
    Box box;
    for (std::size_t axis = 0; axis < kAxes; ++axis) box.axes[axis] = intersection(a.axes[axis], b.axes[axis]);
    return box;
}

Box hull(const Box& a, const Box& b) noexcept {
    if (a.empty()) return b;
    if (b.empty()) return a;
    Box box;
    for (std::size_t axis = 0; axis < kAxes; ++axis) box.axes[axis] = hull(a.axes[axis], b.axes[axis]);
    return box;
}

std::string to_string(const Box& box) {
    std::string text;
    for (const Axis axis : kAllAxes) {
        text += fmt::format("{}{}[{},{})", text.empty() ? "" : " ", "nchw"[static_cast<std::size_t>(axis)],
                            box[axis].begin, box[axis].end);
    }
    return text;
}

Region::Region(const Box& box) {
    if (!box.empty()) boxes_.push_back(box);
}

Index Region::volume() const noexcept {
    Index sum = 0;
    for (const Box& box : boxes_) sum += box.volume();
    return sum;
}

bool Region::contains(const Region& other) const {
    if (boxes_.size() == 1) {
        return std::all_of(other.boxes_.begin(), other.boxes_.end(),
                           [this](const Box& box) { return boxes_[0].contains(box); });
    }
    return combined(other.boxes_, boxes_, kDifference).empty();
}

Box Region::hull() const noexcept {
    Box box;
    for (const Box& each : boxes_) box = graph::hull(box, each);
    return box;
}

// Nearly all regions are one box, and most operations on them leave one box or nothing: these take no general method.

Region& Region::operator|=(const Region& other) {
    if (other.empty()) return *this;
    if (empty()) {
        boxes_ = other.boxes_;
    } else if (boxes_.size() > 1 || other.boxes_.size() > 1) {
        boxes_ = combined(boxes_, other.boxes_, kUnion);
    } else if (other.boxes_[0].contains(boxes_[0])) {
        boxes_[0] = other.boxes_[0];
    } else if (!boxes_[0].contains(other.boxes_[0]) && !join_boxes(boxes_[0], other.boxes_[0])) {
        boxes_ = combined(boxes_, other.boxes_, kUnion);
    }
    return *this;
}

Region& Region::operator&=(const Region& other) {
    if (boxes_.size() == 1 && other.boxes_.size() == 1) {
        boxes_[0] = intersection(boxes_[0], other.boxes_[0]);
        if (boxes_[0].empty()) boxes_.clear();
    } else if (empty() || other.empty()) {
        boxes_.clear();
    } else {
        boxes_ = combined(boxes_, other.boxes_, kIntersection);
    }
    return *this;
}

Region& Region::operator-=(const Region& other) {
    if (empty() || other.empty()) return *this;
    if (boxes_.size() > 1 || other.boxes_.size() > 1) {
        boxes_ = combined(boxes_, other.boxes_, kDifference);
        return *this;
    }
    const Box& cut = other.boxes_[0];
    if (intersection(boxes_[0], cut).empty()) return *this;
    const std::size_t axis = axis_outside(cut, boxes_[0]);
    if (axis == kAxes) {
        boxes_.clear();
    } else if (axis > kAxes) {
        boxes_ = combined(boxes_, other.boxes_, kDifference);
    } else {
        const Interval whole = boxes_[0].axes[axis];
        boxes_.push_back(boxes_[0]);
        boxes_[0].axes[axis].end = cut.axes[axis].begin;
        boxes_[1].axes[axis].begin = cut.axes[axis].end;
        if (cut.axes[axis].end >= whole.end) boxes_.pop_back();
        if (cut.axes[axis].begin <= whole.begin) boxes_.erase(boxes_.begin());
    }
    return *this;
}

bool meet(const Region& a, const Region& b) {
    constexpr std::size_t kFew = 16;  // boxes, beyond which trying all pairs takes longer
    if (a.boxes().size() > kFew && b.boxes().size() > kFew) return !(a & b).empty();
    for (const Box& left : a.boxes()) {
        for (const Box& right : b.boxes()) {
            if (!intersection(left, right).empty()) return true;
        }
    }
    return false;
}

}  // namespace convoy::graph

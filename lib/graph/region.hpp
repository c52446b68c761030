#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace convoy::graph {

using Index = std::int64_t;

/// The axes of a tensor that can be cut. A feature map is [n, c, h, w], a feature vector [n, c, 1, 1]; any other
/// tensor is only ever whole and counts as one element [1, 1, 1, 1].
enum class Axis : std::uint8_t { n, c, h, w };
inline constexpr std::size_t kAxes = 4;
inline constexpr std::array<Axis, kAxes> kAllAxes{Axis::n, Axis::c, Axis::h, Axis::w};

/// Half-open [begin, end).
struct Interval {
    Index begin{};
    Index end{};

    auto operator<=>(const Interval&) const = default;
    [[nodiscard]] Index size() const noexcept { return end > begin ? end - begin : 0; }
    [[nodiscard]] bool empty() const noexcept { return end <= begin; }
    [[nodiscard]] bool contains(const Interval& other) const noexcept {
        return other.empty() || (begin <= other.begin && other.end <= end);
    }
};
[[nodiscard]] Interval intersection(const Interval& a, const Interval& b) noexcept;
/// The smallest interval that contains both; an empty one does not count.
[[nodiscard]] Interval hull(const Interval& a, const Interval& b) noexcept;

/// A half-open box over [n, c, h, w].
struct Box {
    std::array<Interval, kAxes> axes{};

    auto operator<=>(const Box&) const = default;
    [[nodiscard]] Interval& operator[](Axis axis) noexcept { return axes[static_cast<std::size_t>(axis)]; }
    [[nodiscard]] const Interval& operator[](Axis axis) const noexcept { return axes[static_cast<std::size_t>(axis)]; }
    [[nodiscard]] bool empty() const noexcept;
    /// Number of elements.
    [[nodiscard]] Index volume() const noexcept;
    [[nodiscard]] bool contains(const Box& other) const noexcept;
};
[[nodiscard]] Box make_box(Index n, Index c, Index h, Index w);  ///< [0,n) x [0,c) x [0,h) x [0,w)
[[nodiscard]] Box intersection(const Box& a, const Box& b) noexcept;
[[nodiscard]] Box hull(const Box& a, const Box& b) noexcept;
/// "n[0,1) c[0,64) h[0,40) w[0,112)"
[[nodiscard]] std::string to_string(const Box& box);

/// A set of elements: disjoint boxes in one normal form, so that equal sets compare equal.
class Region {
  public:
    Region() = default;
    Region(const Box& box);  // NOLINT(google-explicit-constructor): a box is a region

    [[nodiscard]] const std::vector<Box>& boxes() const noexcept { return boxes_; }
    [[nodiscard]] bool empty() const noexcept { return boxes_.empty(); }
    [[nodiscard]] Index volume() const noexcept;
    [[nodiscard]] bool contains(const Region& other) const;
    [[nodiscard]] Box hull() const noexcept;
    bool operator==(const Region&) const = default;

    Region& operator|=(const Region& other);  ///< union
    Region& operator&=(const Region& other);  ///< intersection
    Region& operator-=(const Region& other);  ///< difference
    friend Region operator|(Region a, const Region& b) { return a |= b; }
    friend Region operator&(Region a, const Region& b) { return a &= b; }
    friend Region operator-(Region a, const Region& b) { return a -= b; }

  private:
    std::vector<Box> boxes_;
};

/// Whether they have elements in common: what their intersection tells, without making it.
[[nodiscard]] bool meet(const Region& a, const Region& b);

/// What one piece holds of one tensor: an interval along n, h and w, and along c a list of disjoint, sorted, not
/// touching intervals. (A plain hull along c costs 2.5 to 3.9 times the bytes on channel-shuffle chains.)
struct Slab {
    Interval n;
    std::vector<Interval> c;
    Interval h;
    Interval w;

    bool operator==(const Slab&) const = default;
    [[nodiscard]] bool empty() const noexcept;
    [[nodiscard]] Index channels() const noexcept;  ///< total of c
    [[nodiscard]] Index volume() const noexcept;
    [[nodiscard]] Box hull() const noexcept;
    [[nodiscard]] Region region() const;
    /// The boxes of a dense [n, channels, h, w] buffer in the order in which they lie in memory: one box per interval
    /// of c where n has one element or c one interval, otherwise one per element of n and interval of c.
    [[nodiscard]] std::vector<Box> boxes() const;
};
[[nodiscard]] Slab make_slab(const Box& box);
/// Hull along n, h and w, union along c.
[[nodiscard]] Slab join(const Slab& a, const Slab& b);
/// The part of a slab inside a box.
[[nodiscard]] Slab intersection(const Slab& slab, const Box& box);
/// Sorts and merges overlapping or touching intervals, drops empty ones.
[[nodiscard]] std::vector<Interval> normalized(std::vector<Interval> intervals);

}  // namespace convoy::graph

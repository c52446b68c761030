#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace convoy::testbed {

using Nanoseconds = std::chrono::nanoseconds;

/// What a link does to a frame besides limiting its rate.
struct Impairment {
    Nanoseconds delay{};
    Nanoseconds jitter{};  ///< each frame's delay is drawn from delay - jitter to delay + jitter, evenly
    double loss = 0;       ///< share of frames that are lost, 0 to 1
    bool operator==(const Impairment&) const = default;
};

/// The frames on their way to one destination. None overtakes another, as on a cable: with jitter a late frame holds
/// up those behind it. Seeded, so that the same frames meet the same fate again; the caller brings the clock.
class DelayLine {
  public:
    /// Frames on their way at once; those beyond are lost, as in a router.
    static constexpr std::size_t kCapacity = 20000;

    explicit DelayLine(std::uint32_t seed) : random_(seed) {}

    /// @return false when the frame is lost
    bool push(Nanoseconds now, const Impairment& link, std::span<const std::uint8_t> frame) {
        if (frames_.size() >= kCapacity || draw() < link.loss) return false;
        const double swing = link.jitter > Nanoseconds::zero() ? 2 * draw() - 1 : 0;
        const Nanoseconds drawn = link.delay + std::chrono::duration_cast<Nanoseconds>(swing * link.jitter);
        Nanoseconds due = now + std::max(drawn, Nanoseconds::zero());
        if (!frames_.empty()) due = std::max(due, frames_.back().due);
        frames_.push_back({due, {frame.begin(), frame.end()}});
        return true;
    }

    [[nodiscard]] std::optional<Nanoseconds> next_due() const {
        if (frames_.empty()) return std::nullopt;
        return frames_.front().due;
    }

    /// Takes the first frame, if it is due by now.
    [[nodiscard]] std::optional<std::vector<std::uint8_t>> pop(Nanoseconds now) {
        if (frames_.empty() || frames_.front().due > now) return std::nullopt;
        std::vector<std::uint8_t> bytes = std::move(frames_.front().bytes);
        frames_.pop_front();
        return bytes;
    }

  private:
    struct Frame {
        Nanoseconds due;
        std::vector<std::uint8_t> bytes;
    };

    double draw() { return std::uniform_real_distribution<double>(0, 1)(random_); }

    std::mt19937 random_;
    std::deque<Frame> frames_;
};

}  // namespace convoy::testbed

#include "report/critical_path.hpp"

#include <algorithm>

namespace convoy::report::detail {
namespace {

using samples::Activity;
using samples::Span;
using samples::Transfer;
using util::Seconds;

/// Predicted times are exact; measured ones of two devices are compared by an estimate of their clocks' offset.
constexpr Seconds kSlack{2e-6};

class Walk {
  public:
    Walk(const samples::Timeline& timeline, std::uint32_t sink, const std::vector<samples::StartUp>& start_ups)
        : timeline_(timeline), start_ups_(start_ups), device_(sink), now_(timeline.latency) {}

    std::map<Term, Seconds> run() {
        while (now_ > Seconds{0}) {
            const Span* span = latest_span();
            const Transfer* transfer = latest_transfer();
            if (span == nullptr && transfer == nullptr) break;
            // A message that came after the device's own last step is what it had waited for.
            if (transfer != nullptr && (span == nullptr || transfer->end > span->end)) {
                cross(*transfer);
            } else {
                wait_since(span->end);
                spend({TermKind::compute, span->stage, device_, device_}, span->begin);
            }
        }
        wait_since(Seconds{0});
        return std::move(terms_);
    }

  private:
    /// Takes the time from `begin` until now.
    void spend(const Term& term, Seconds begin) {
        begin = std::clamp(begin, Seconds{0}, now_);
        if (now_ > begin) terms_[term] += now_ - begin;
        now_ = begin;
    }
    void wait_since(Seconds end) { spend({TermKind::waiting, -1, device_, device_}, end); }

    /// The step that must have ended before now; each step that takes time brings the walk nearer to the start.
    const Span* latest_span() const {
        const Span* latest = nullptr;
        for (const Span& span : timeline_.spans)
            if (span.device == device_ && span.activity == Activity::compute && span.begin < now_ &&
                span.end <= now_ + kSlack && (latest == nullptr || span.end > latest->end))
                latest = &span;
        return latest;
    }
    const Transfer* latest_transfer() const {
        const Transfer* latest = nullptr;
        for (const Transfer& transfer : timeline_.transfers)
            if (transfer.to == device_ && transfer.from != device_ && transfer.begin < now_ &&
                transfer.end <= now_ + kSlack && (latest == nullptr || transfer.end > latest->end))
                latest = &transfer;
        return latest;
    }

    void cross(const Transfer& transfer) {
        wait_since(transfer.end);
        const auto emulated = std::ranges::find_if(start_ups_, [&](const samples::StartUp& link) {
            return link.from == transfer.from && link.to == transfer.to;
        });
        const Seconds start_up = emulated == start_ups_.end() ? Seconds{0} : emulated->time;
        const Seconds started = std::min(now_, transfer.begin + start_up);
        spend({TermKind::transfer, transfer.stage, transfer.from, transfer.to}, started);
        spend({TermKind::start_up, transfer.stage, transfer.from, transfer.to}, transfer.begin);
        device_ = transfer.from;
    }

    const samples::Timeline& timeline_;
    const std::vector<samples::StartUp>& start_ups_;
    std::uint32_t device_;
    Seconds now_;
    std::map<Term, Seconds> terms_;
};

}  // namespace

std::map<Term, Seconds> critical_path(const samples::Timeline& timeline, std::uint32_t sink,
                                      const std::vector<samples::StartUp>& start_ups) {
    return Walk(timeline, sink, start_ups).run();
}

}  // namespace convoy::report::detail

#include "plan/plan.hpp"

#include <algorithm>
#include <numeric>

namespace convoy::plan {

namespace {

/// Smooth weighted round robin: the route with the most credit, the first one on a tie, pays for a whole turn.
class RoundRobin {
  public:
    explicit RoundRobin(const Plan& plan) : plan_(plan), credit_(plan.routes.size()) {
        std::int64_t total = 0;
        for (const Route& route : plan.routes) {
            common_ = std::gcd(common_, std::int64_t{route.weight});
            total += route.weight;
        }
        turn_ = total / common_;
    }

    [[nodiscard]] std::int64_t turn() const noexcept { return turn_; }

    std::size_t next() {
        for (std::size_t r = 0; r < credit_.size(); ++r) credit_[r] += plan_.routes[r].weight / common_;
        const auto chosen =
            static_cast<std::size_t>(std::max_element(credit_.begin(), credit_.end()) - credit_.begin());
        credit_[chosen] -= turn_;
        return chosen;
    }

  private:
    const Plan& plan_;
    std::int64_t common_ = 0;
    std::int64_t turn_ = 1;
    std::vector<std::int64_t> credit_;
};

}  // namespace

std::size_t route_of(const Plan& plan, std::uint64_t frame) {
    if (plan.routes.size() <= 1) return 0;
    RoundRobin robin(plan);
    const std::uint64_t turn = frame % static_cast<std::uint64_t>(robin.turn());
    for (std::uint64_t i = 0; i < turn; ++i) (void)robin.next();
    return robin.next();
}

std::vector<std::size_t> turn_of_routes(const Plan& plan) {
    if (plan.routes.size() <= 1) return {0};
    RoundRobin robin(plan);
    std::vector<std::size_t> turn(static_cast<std::size_t>(robin.turn()));
    for (std::size_t& route : turn) route = robin.next();
    return turn;
}

}  // namespace convoy::plan

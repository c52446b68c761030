#include "plan/plan.hpp"

#include <algorithm>
#include <numeric>

namespace convoy::plan {

std::size_t route_of(const Plan& plan, std::uint64_t frame) {
    if (plan.routes.size() <= 1) return 0;
    std::int64_t common = 0;
    std::int64_t total = 0;
    for (const Route& route : plan.routes) {
        common = std::gcd(common, std::int64_t{route.weight});
        total += route.weight;
    }
    const std::int64_t period = total / common;
    const auto turn = static_cast<std::int64_t>(frame % static_cast<std::uint64_t>(period));
    std::vector<std::int64_t> credit(plan.routes.size());
    std::size_t chosen = 0;
    for (std::int64_t i = 0; i <= turn; ++i) {
        for (std::size_t r = 0; r < credit.size(); ++r) credit[r] += plan.routes[r].weight / common;
        chosen = static_cast<std::size_t>(std::max_element(credit.begin(), credit.end()) - credit.begin());
        credit[chosen] -= period;
    }
    return chosen;
}

}  // namespace convoy::plan

#include "engine/random_values.hpp"

#include <algorithm>
#include <array>

#include "util/random.hpp"

namespace convoy::engine {

namespace {

using Table = std::array<float, 4093>;  // a prime, so that rows of weights differ

Table drawn() {
    Table table;
    util::Random random(1);
    for (float& value : table) value = static_cast<float>(2 * random.uniform() - 1);
    return table;
}

}  // namespace

void fill_randomly(std::span<float> values, float limit) {
    static const Table table = drawn();
    for (std::size_t begin = 0; begin < values.size(); begin += table.size()) {
        const std::size_t count = std::min(table.size(), values.size() - begin);
        std::transform(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(count),
                       values.begin() + static_cast<std::ptrdiff_t>(begin), [&](float value) { return limit * value; });
    }
}

}  // namespace convoy::engine

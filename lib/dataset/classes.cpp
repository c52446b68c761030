#include "dataset/classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "util/error.hpp"
#include "util/file.hpp"

namespace convoy::dataset {

std::vector<RankedClass> top_k(std::span<const float> scores, std::size_t count) {
    const auto rank = [&](std::size_t i) { return std::isnan(scores[i]) ? -INFINITY : scores[i]; };
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) > rank(b); });
    order.resize(std::min(count, order.size()));
    std::vector<RankedClass> best;
    for (const std::size_t i : order) best.push_back({i, scores[i]});
    return best;
}

std::map<std::string, std::int64_t> read_truth(const std::string& path) {
    constexpr std::uint64_t kLargest = 64 << 20;
    const util::FileView file = util::FileView::open(path, kLargest);
    std::map<std::string, std::int64_t> truth;
    std::string_view left = file.text();
    for (int number = 1; !left.empty(); ++number) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || (number == 1 && line == "file,label")) continue;
        const std::size_t comma = line.rfind(',');
        const std::string_view label = comma == std::string_view::npos ? "" : line.substr(comma + 1);
        std::int64_t value = -1;
        const auto [stop, failure] = std::from_chars(label.data(), label.data() + label.size(), value);
        if (label.empty() || failure != std::errc() || stop != label.data() + label.size() || value < 0)
            throw util::Error(util::Errc::data, "expected FILE,LABEL with the label's number")
                .at({path, number, static_cast<int>(comma == std::string_view::npos ? 1 : comma + 2)});
        truth[std::string(line.substr(0, comma))] = value;
    }
    return truth;
}

}  // namespace convoy::dataset

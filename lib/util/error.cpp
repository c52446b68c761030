#include "util/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace convoy::util {

int exit_code(Errc code) noexcept {
    switch (code) {
        case Errc::usage:
            return 64;
        case Errc::data:
            return 65;
        case Errc::no_input:
            return 66;
        case Errc::unavailable:
            return 69;
        case Errc::internal:
            return 70;
        case Errc::cannot_create:
            return 73;
        case Errc::io:
            return 74;
        case Errc::closed_output:
            return 74;
        case Errc::timed_out:
            return 75;
        case Errc::protocol:
            return 76;
        case Errc::permission:
            return 77;
        case Errc::impossible:
            return 78;
        case Errc::interrupted:
            return 130;
    }
    return 70;
}

Error& Error::also(Error other) & {
    further_.push_back(std::move(other));
    return *this;
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggestion(std::string_view written, const std::vector<std::string>& candidates) {
    constexpr std::size_t kLongestCompared = 200;  // keeps a hostile key from costing quadratic time
    if (written.size() > kLongestCompared) return "";
    std::size_t best = std::max<std::size_t>(2, written.size() / 3) + 1;
    const std::string* nearest = nullptr;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > kLongestCompared) continue;
        const std::size_t distance = edit_distance(written, candidate);
        if (distance < best) {
            best = distance;
            nearest = &candidate;
        }
    }
    return nearest ? fmt::format("did you mean '{}'?", *nearest) : "";
}

}  // namespace convoy::util

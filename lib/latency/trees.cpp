#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "latency/learners.hpp"

namespace convoy::latency::detail {

namespace {

constexpr std::size_t kNodeSize = 3;
constexpr double kMostNodes = 1e6;

/// The nodes behind the list of first nodes.
Numbers nodes_of(Numbers parameters) { return parameters.subspan(1 + static_cast<std::size_t>(parameters[0])); }

/// Walks one tree in preorder from node `begin` and returns the node behind it, or an empty text and 0 for none.
///
/// Preorder leaves one place for each child, so no node is shared and none leads back: a walk down always ends.
std::string walk(Numbers nodes, std::size_t begin, std::size_t features, std::size_t& end) {
    const std::size_t count = nodes.size() / kNodeSize;
    std::vector<std::size_t> awaited;  // right children whose left siblings are not yet complete
    for (std::size_t at = begin; at < count; ++at) {
        const Numbers node = nodes.subspan(at * kNodeSize, kNodeSize);
        if (node[0] == -1) {
            if (awaited.empty()) {
                end = at + 1;
                return "";
            }
            if (awaited.back() != at + 1) return fmt::format("node {} is not where its parent says", at + 1);
            awaited.pop_back();
            continue;
        }
        if (!is_whole(node[0], 0, static_cast<double>(features) - 1))
            return fmt::format("node {} looks at feature {} of {}", at, node[0], features);
        if (!is_whole(node[2], 2, static_cast<double>(count - at)))
            return fmt::format(
                "node {} has its right child {} nodes further, beyond "
                "the end or on the left one",
                at, node[2]);
        awaited.push_back(at + static_cast<std::size_t>(node[2]));
    }
    return "the last tree has no end";
}

}  // namespace

double predict_trees(Numbers parameters, Numbers features) {
    const auto trees = static_cast<std::size_t>(parameters[0]);
    const Numbers nodes = nodes_of(parameters);
    double sum = 0;
    for (std::size_t tree = 0; tree < trees; ++tree) {
        const double* node = &nodes[static_cast<std::size_t>(parameters[1 + tree]) * kNodeSize];
        while (node[0] >= 0) {
            const bool left = features[static_cast<std::size_t>(node[0])] <= node[1];
            node += (left ? 1 : static_cast<std::size_t>(node[2])) * kNodeSize;
        }
        sum += node[1];
    }
    return sum;
}

double least_trees(Numbers parameters, Numbers low, Numbers high) {
    const auto trees = static_cast<std::size_t>(parameters[0]);
    const Numbers nodes = nodes_of(parameters);
    std::vector<std::size_t> ahead;
    double sum = 0;
    for (std::size_t tree = 0; tree < trees; ++tree) {
        double least = std::numeric_limits<double>::infinity();
        ahead.assign(1, static_cast<std::size_t>(parameters[1 + tree]));
        while (!ahead.empty()) {
            const std::size_t at = ahead.back();
            ahead.pop_back();
            const Numbers node = nodes.subspan(at * kNodeSize, kNodeSize);
            if (node[0] < 0) {
                least = std::min(least, node[1]);
                continue;
            }
            const auto feature = static_cast<std::size_t>(node[0]);
            if (low[feature] <= node[1]) ahead.push_back(at + 1);
            if (high[feature] > node[1]) ahead.push_back(at + static_cast<std::size_t>(node[2]));
        }
        sum += least;
    }
    return sum;
}

std::string check_trees(Numbers parameters, std::size_t features) {
    if (parameters.empty() || !is_whole(parameters[0], 1, kMostNodes) ||
        parameters[0] + 1 > static_cast<double>(parameters.size()))
        return "the first parameter of trees is their number, from 1, and the "
               "first node of each follows";
    const Numbers nodes = nodes_of(parameters);
    if (nodes.empty() || nodes.size() % kNodeSize != 0) return "a node of a tree has three numbers";
    std::size_t end = 0;
    for (std::size_t tree = 0; tree < static_cast<std::size_t>(parameters[0]); ++tree) {
        if (parameters[1 + tree] != static_cast<double>(end))
            return fmt::format("tree {} must begin at node {}, not {}", tree, end, parameters[1 + tree]);
        std::string problem = walk(nodes, end, features, end);
        if (!problem.empty()) return problem;
    }
    return end * kNodeSize == nodes.size() ? "" : "there are nodes that belong to no tree";
}

}  // namespace convoy::latency::detail

#include "compress/candidates.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "nets.hpp"

using namespace convoy;
using compress::ChannelGroup;

namespace {

std::vector<std::string> names(const std::vector<compress::Layer>& layers) {
    std::vector<std::string> all;
    for (const compress::Layer& layer : layers) all.push_back(layer.name);
    return all;
}

std::vector<std::string> names(const std::vector<ChannelGroup>& groups) {
    std::vector<std::string> all;
    for (const ChannelGroup& group : groups) all.push_back(group.name);
    return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("compress: layers that mix all channels can be factorised, grouped ones are left alone", "[compress]") {
    const graph::Graph graph = test::depthwise_net(1);
    CHECK(names(compress::factorisable(graph)) == Names{"stem", "point", "fc"});
    const compress::Layer stem = compress::factorisable(graph)[0];
    CHECK(stem.outputs == 12);
    CHECK(stem.terms == 27);
    CHECK(stem.positions == 100);
    CHECK(stem.full_rank() == 12);
    CHECK(stem.narrow_elements(5) == 500);
    CHECK(stem.size().flops.value == 2.0 * 12 * 27 * 100);
    CHECK(stem.size().parameters == 12 * 27 + 12);
    CHECK(stem.size_at(5).flops.value == 2.0 * 5 * (27 + 12) * 100);
    CHECK(stem.size_at(5).parameters == 5 * 27 + 5 + 12 * 5 + 12);
    CHECK(stem.largest_useful_rank() == 8);
    CHECK(stem.size_at(8).flops < stem.size().flops);
    CHECK(stem.size_at(9).flops > stem.size().flops);
}

TEST_CASE("compress: the size of a graph adds up its operators", "[compress]") {
    test::Net net(1);
    const graph::Graph graph = net.finish({net.fc("fc", net.input({1, 8}), 4)});
    const compress::Size size = compress::size_of(graph);
    CHECK(size.parameters == 4 * 8 + 4);
    CHECK(size.flops.value >= 2 * 4 * 8);
    CHECK(size.flops.value <= 2 * 4 * 8 + 8);
}

TEST_CASE("compress: channels of a residual sum go together, those of its branch alone", "[compress]") {
    const auto groups = compress::channel_groups(test::residual_net(1));
    CHECK(names(groups) == Names{"stem", "a1", "b1", "b2"});
    CHECK(groups[0].makers == Names{"stem", "a2"});
    CHECK(groups[0].readers == Names{"a1", "b1", "down"});
    CHECK(groups[0].channels() == 12);
    CHECK(groups[0].members[3].size() == 3);  // stem, a2, sum1
    CHECK(groups[3].makers == Names{"b2", "down"});
    CHECK(groups[3].readers == Names{"fc"});
}

TEST_CASE("compress: channels keep their place through concat, shuffle and depthwise convolutions", "[compress]") {
    const graph::Graph graph = test::concat_net(1);
    const auto groups = compress::channel_groups(graph);
    CHECK(names(groups) == Names{"stem", "left", "right", "after"});
    CHECK(groups[0].readers == Names{"left", "right", "after"});
    CHECK(groups[2].readers == Names{"after"});
    // Channel 1 of `right` is channel 9 of the concat, which the shuffle puts behind the 16 even ones.
    const graph::TensorId shuffled = graph.find_tensor("shuffle_out").value();
    const auto& members = groups[2].members[1];
    CHECK(std::find(members.begin(), members.end(), compress::ChannelOf{shuffled, 16 + 4}) != members.end());

    const auto deep = compress::channel_groups(test::depthwise_net(1));
    CHECK(names(deep) == Names{"stem"});  // `point` feeds a grouped convolution
    CHECK(deep[0].readers == Names{"point"});
    CHECK(deep[0].members[0].size() == 2);
}

TEST_CASE("compress: single cuts are the tensors that every path goes through", "[compress]") {
    CHECK(compress::single_cuts(test::residual_net(1)) ==
          Names{"stem_out", "sum1_out", "sum2_out", "pool_out", "fc_out"});
    CHECK(compress::single_cuts(test::concat_net(1)) == Names{"stem_out", "cat_out", "shuffle_out", "after_out"});
}

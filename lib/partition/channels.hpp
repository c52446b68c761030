#pragma once

#include <vector>

#include "partition/assemble.hpp"

namespace convoy::partition::detail {

/// Devices of the bed, and of each the channels (or features) that it computes: consecutive, empty for none.
struct ChannelShares {
    std::vector<std::size_t> devices;
    std::vector<graph::Interval> channels;
};

/// Whether output channels [a, b) need channels [a, b) of each input, and no others (an input of one channel is read
/// by all of them): pools, elementwise operators, depthwise convolutions.
[[nodiscard]] bool is_channelwise(const graph::Graph& graph, graph::OperatorId op);

/// Whether it has weights of its own for each output channel, and more than one: a convolution, not a depthwise one, or
/// a fully connected layer.
[[nodiscard]] bool has_filters(const graph::Graph& graph, graph::OperatorId op);

/// Output channels that belong together: those of one group, where there are at least as many groups as `devices`.
[[nodiscard]] graph::Index channel_granule(const graph::Graph& graph, graph::OperatorId op, std::size_t devices);

/// The channels of an operator's output.
[[nodiscard]] graph::Index output_channels(const graph::Graph& graph, graph::OperatorId op);

/// Some channels of an operator's output as one piece of work, with `in` summed over these channels of the first input.
[[nodiscard]] graph::Work channel_work(const graph::Graph& graph, graph::OperatorId op,
                                       const graph::Interval& channels);
[[nodiscard]] graph::Work addend_work(const graph::Graph& graph, graph::OperatorId op, const graph::Interval& summed);

/// The range as one stage whose last operator's output channels are shared; every operator behind the first is
/// channelwise, so that the others' follow.
[[nodiscard]] plan::Stage channel_stage(const graph::Graph& graph, OperatorRange range, const ChannelShares& shares);

/// The range as one stage whose last operator is summed over shares of its first input's channels.
[[nodiscard]] plan::Stage addend_stage(const graph::Graph& graph, OperatorRange range, const ChannelShares& shares);

/// The range whole on each of the devices.
[[nodiscard]] plan::Stage replicated_stage(const graph::Graph& graph, OperatorRange range,
                                           const std::vector<std::size_t>& devices);

/// A tensor whole on each of the devices.
[[nodiscard]] plan::Stage hold_on(const graph::Graph& graph, graph::TensorId tensor,
                                  const std::vector<std::size_t>& devices);
/// A tensor in shares of its channels.
[[nodiscard]] plan::Stage hold_channels(const graph::Graph& graph, graph::TensorId tensor, const ChannelShares& shares);

}  // namespace convoy::partition::detail

#pragma once

#include "partition/strategy.hpp"

/// The strategies themselves, each in the file of its name; strategy.cpp lists them.
namespace convoy::partition::detail {

/// All operators in one stage on the source.
[[nodiscard]] plan::Plan make_local(const Problem& problem);
/// All operators on the one other device that is predicted fastest, transfers counted.
[[nodiscard]] plan::Plan make_cloud(const Problem& problem);
/// A prefix on the source and the rest on another device, or several devices one after the other, or one alone.
///
/// Of prefix and rest the best of all cuts of the graph's topological order; of several devices in order the best that
/// dynamic programming over positions and devices finds, exact for chains.
///
/// Source: Kang et al., "Neurosurgeon", ASPLOS 2017 (latency). We differ: any DAG, several devices, messages cost
/// start-up and delay, and so does the way to the sink.
[[nodiscard]] plan::Plan make_layerwise(const Problem& problem);
/// Feature maps cut into rows over two or more devices.
[[nodiscard]] plan::Plan make_rows(const Problem& problem);
/// Feature maps cut into columns over two or more devices.
[[nodiscard]] plan::Plan make_cols(const Problem& problem);
/// Feature maps cut into tiles over two or more devices; maps of one row or one column into columns or rows.
[[nodiscard]] plan::Plan make_grid(const Problem& problem);
/// Every operator with filters cut into output channels, the channelwise ones behind it following; the next one needs
/// all channels on every device: an all-gather. What cannot be cut is computed by every device.
///
/// Shares go by the devices' predicted speed for the operator, as far as memory allows; the number of devices is the
/// best one. Any DAG.
///
/// Source: the baseline OC of IOP (arXiv 2409.07693). We differ: residual and inception blocks are cut operator by
/// operator; as few devices as pay.
[[nodiscard]] plan::Plan make_oc(const Problem& problem);

/// Depth input partitioning: a master (the source) and workers share one convolution at a time, on a p x q grid of
/// groups of input channels and of filters; every layer returns to the master, which adds up, applies the tail, and
/// computes whatever does not trigger. A plan with no distributed layer at all is an answer, too.
///
/// Source: Dey, Mukherjee, Pal, Balamuralidhar, "Partitioning of CNN Models for Execution on Fog Devices", 2018, and
/// the authors' patent US 11488026 B2. We differ, unless settings ask for the paper's form: the estimate counts inputs
/// that go out q times, partial sums that come back p times and messages, not maps, of n workers, instead of the bound
/// of very many (bound=published); workers that are not alike get parts by their speed (shares=equal). "More than 60
/// channels" is asked of inputs and of filters (min_channels). Only convolutions without groups are distributed. Where
/// memory is limited: layers that do not trigger are distributed, the largest first, until the master has room.
[[nodiscard]] plan::Plan make_dipm(const Problem& problem);

/// Interleaved operator partitioning: pairs of operators, the first cut into output channels, the second into the same
/// input channels, nothing sent in between and one sum behind; greedily against CoEdge's way with single operators.
///
/// Source: Liu et al., arXiv 2409.07693, segmentation as its reviews describe it. We differ: an operator includes the
/// channelwise ones behind it, a block of a DAG is an operator that is never part of a pair; CoEdge's rows go by
/// capability, an operator without rows onto the device that is fastest for it; addends are summed where that is
/// fastest (sum=star: on one device, then sent to all); the number of devices is the best one. Where the greedy choice
/// leaves later operators no memory, every possible pair is taken.
[[nodiscard]] plan::Plan make_iop(const Problem& problem);

/// The same decisions, and output channels without a partner, by dynamic programming over (operators, layout); then
/// single decisions are improved on the simulator. Never slower than `iop` with its own settings.
[[nodiscard]] plan::Plan make_iop_dp(const Problem& problem);

/// Stages of a pipeline over frames, each a run of blocks on one device or cut into rows over several: most throughput.
/// See PipelineSearch for the source and what differs.
[[nodiscard]] plan::Plan make_pipeline(const Problem& problem);

/// Whole frames on each device that has memory for the model: a route for each, weighted so that all are done with
/// their frames at the same time, as far as source, sink and medium get them there: most throughput.
[[nodiscard]] plan::Plan make_replicate(const Problem& problem);

/// The best plan of all other strategies.
[[nodiscard]] plan::Plan make_auto(const Problem& problem);

}  // namespace convoy::partition::detail

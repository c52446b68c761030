#pragma once

#include <array>

#include "partition/settings.hpp"
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
inline constexpr Setting kNeurosurgeonObjective{.name = "objective",
                                                .choices = "latency|energy",
                                                .fallback = "latency",
                                                .about = "what is least: latency, or the source's own energy"};
inline constexpr std::array kNeurosurgeonSettings{kNeurosurgeonObjective};
/// The first layers on the source, the others on one other device: the best of all cuts of the chain of single-entry,
/// single-exit blocks, by the sums of predicted times; cuts that exceed a memory limit are passed over.
///
/// Source: Kang et al., "Neurosurgeon", ASPLOS 2017: every cut is tried, for latency or for the mobile device's energy,
/// with the load of the server in its prediction. We differ: blocks are layers, so that DAGs have cuts; every other
/// device may be the server; messages cost start-up and delay, and so does the way to the sink.
[[nodiscard]] plan::Plan make_neurosurgeon(const Problem& problem);

inline constexpr Setting kDadsLoad{.name = "load",
                                   .choices = "light|heavy",
                                   .fallback = "light",
                                   .about = "light: least latency; heavy: least time of the busiest stage"};
inline constexpr std::array kDadsSettings{kDadsLoad};
/// Any DAG cut once, between the source and one other device: a least cut of a network whose arcs are times.
///
/// Light load: computing on both sides and transfers, one after the other, are least. Heavy load: frames are pipelined,
/// and the longest of the three is least, found to a factor of three by the same cut, and better by the least cuts
/// through each border between two operators, of which the plan with the highest predicted throughput is taken; three
/// frames are in flight.
///
/// Source: Hu et al., "DADS", INFOCOM 2019. The network is the standard form (a node to the edge side costs its cloud
/// time, an auxiliary node pays a tensor once for all of its readers), a reconstruction, and so is the search for heavy
/// load. We differ: every other device may be the cloud (the 4 fastest are tried); messages cost start-up and delay,
/// and so does the way to the sink.
[[nodiscard]] plan::Plan make_dads(const Problem& problem);

/// Every layer that can be cut, along its longer edge, in parts that go by the devices' speeds; after each layer the
/// source gathers the parts. Other layers run on the source.
///
/// Source: Mao et al., "MoDNN", DATE 2017 (biased one-dimensional partition). We differ: fully connected layers are not
/// cut (MoDNN clusters the non-zero weights of sparse ones, ours are dense); a pool is cut together with its
/// convolution; what a device computed itself is not sent to it again; of the k fastest devices the best k is taken.
[[nodiscard]] plan::Plan make_modnn(const Problem& problem);

inline constexpr Setting kCoedgeObjective{.name = "objective",
                                          .choices = "latency|energy",
                                          .fallback = "latency",
                                          .about = "what is least; energy within the deadline"};
inline constexpr Setting kCoedgeDeadline{
    .name = "deadline_ms", .about = "for energy; without it what the source takes alone", .least = 1e-3, .most = 1e9};
inline constexpr Setting kCoedgeTransfer{
    .name = "transfer", .choices = "all|halo", .fallback = "all", .about = "which transfers the linear program counts"};
inline constexpr std::array kCoedgeSettings{kCoedgeObjective, kCoedgeDeadline, kCoedgeTransfer};
/// Rows in the same proportions through all layers, by a linear program; layers without rows on one device.
///
/// The shares make the slowest device's time least, or the energy (above idling) while nobody takes longer than the
/// deadline. A share is 0, or at least as many rows of every layer as a neighbour's halo needs: the device with the
/// smallest share below that is left out and the program solved again, until there is none. Memory limits are upper
/// bounds of shares, lowered until the plan fits.
///
/// Source: Zeng et al., "CoEdge", IEEE/ACM ToN 2021; program and threshold as reconstructed from secondary sources. We
/// differ: the program also counts the input's way from the source and the last rows' way to the device behind them
/// (transfer=halo leaves both out); a predicted plan that misses the deadline tightens the program's; of more devices
/// than there is room for above the threshold several are left out at once; the device for the other layers is the
/// best of the 4 fastest and the source.
[[nodiscard]] plan::Plan make_coedge(const Problem& problem);

inline constexpr Setting kDeepthingsLayers{.name = "layers",
                                           .about = "fused layers (blocks of a DAG), from the first on",
                                           .least = 1,
                                           .most = 1e4,
                                           .whole = true};
inline constexpr Setting kDeepthingsRows{
    .name = "rows", .about = "rows of tiles", .least = 1, .most = 64, .whole = true};
inline constexpr Setting kDeepthingsColumns{
    .name = "columns", .about = "columns of tiles", .least = 1, .most = 64, .whole = true};
inline constexpr std::array kDeepthingsSettings{kDeepthingsLayers, kDeepthingsRows, kDeepthingsColumns};
/// Fused tile partitioning: the first layers in one block on a grid of equal tiles, dealt to the devices in turn; the
/// source scatters their inputs, gathers their outputs and computes all that follows.
///
/// Source: Zhao et al., "DeepThings", IEEE TCAD 2018. We differ: a plan is static, so tiles are dealt out in turn
/// instead of being stolen, and no tile reuses data of another; windows of any size, stride and padding; number of
/// layers and grid are the best of those that may be (squares of 2 to 5 tiles a side), where the user does not say.
[[nodiscard]] plan::Plan make_deepthings(const Problem& problem);

/// Fused blocks by dynamic programming: best(from) = min over ends of cost(from, end) + best(end), each block on the
/// best grid of equal tiles with one tile for each device, or whole on the source, which scatters and gathers every
/// block.
///
/// Source: Zhou et al., "Adaptive parallel execution of deep neural networks on heterogeneous edge devices" (AOFL), SEC
/// 2019, and its planner. We differ: predicted times stand for the planner's fitted constants; grids of up to 64
/// devices, the fastest ones, the source always among them; a block is at most 24 layers (blocks of a DAG).
[[nodiscard]] plan::Plan make_aofl(const Problem& problem);

inline constexpr Setting kEdgeldFusion{
    .name = "fusion", .choices = "on|off", .fallback = "on", .about = "blocks of several layers, or single layers"};
inline constexpr std::array kEdgeldSettings{kEdgeldFusion};
/// Fused blocks cut into rows by compute and bandwidth: a device's rows are inversely proportional to the time that it
/// would need for all of a block, transfers included. The source scatters and gathers every block.
///
/// Source: Xue et al., "EdgeLD", HPCC 2020 (one-dimensional, weighted by compute and bandwidth; fused blocks). Which
/// layers are fused is a reconstruction: the cheapest sequence by dynamic programming. We differ: of the k fastest
/// devices the best k is taken.
[[nodiscard]] plan::Plan make_edgeld(const Problem& problem);

inline constexpr Setting kDeepslicingEvery{
    .name = "every", .about = "layers between two synchronisations", .least = 1, .most = 1000, .whole = true};
inline constexpr std::array kDeepslicingSettings{kDeepslicingEvery};
/// Rows in proportion to the devices' speeds; every few layers (blocks of a DAG) the devices exchange the rows that the
/// next ones need. Layers without rows run on the source.
///
/// Source: Zhang et al., "DeepSlicing", IEEE TPDS 2021 (proportional synchronised scheduler), from its abstract: how
/// many layers there are between two synchronisations is the best of 1 to 16 where the user does not say. We differ: of
/// the k fastest devices the best k is taken.
[[nodiscard]] plan::Plan make_deepslicing(const Problem& problem);

inline constexpr Setting kOfpmHeights{.name = "heights",
                                      .choices = "best|compute|transfers",
                                      .fallback = "best",
                                      .about = "what the slowest device's time consists of"};
inline constexpr std::array kOfpmSettings{kOfpmHeights};
/// Each layer whole on the best device or in equal rows on several: the shortest path of LayerPath.
///
/// Source: FPM of the OFPM thesis (Shen, 2023), the homogeneous case. We differ: any DAG, layers in its order; of the
/// k fastest devices those k that are best for a layer; the path is searched with estimates, with each k alone and all
/// of them, and the plan that is predicted fastest is taken. The same holds for opm and ofpm.
[[nodiscard]] plan::Plan make_fpm(const Problem& problem);
/// Each layer that has rows in rows by demand: heights for which the slowest device is fastest.
///
/// Source: OPM of the OFPM thesis (Shen, 2023), as the search for the smallest maximum. A device's time is that of
/// computing, or also that of its rows' way from and to the source; by default the better of the two plans.
[[nodiscard]] plan::Plan make_opm(const Problem& problem);
/// Both: each layer whole on the best device or in rows by demand, the device that gathers and scatters a decision.
///
/// Source: OFPM of the OFPM thesis (Shen, 2023); HVPM in Yang et al., "OfpCNN", IEEE TPDS 2023.
[[nodiscard]] plan::Plan make_ofpm(const Problem& problem);

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

inline constexpr Setting kAutoSeeds{.name = "seeds",
                                    .choices = "on|off",
                                    .fallback = "on",
                                    .about = "whether the plans of all other strategies count, too"};
inline constexpr std::array kAutoSettings{kAutoSeeds};
/// The best of what AutoSearch finds and, unless settings say otherwise, of the plans of all other strategies.
/// @see Proposals, which work those out only once
[[nodiscard]] plan::Plan make_auto(const Problem& problem);

}  // namespace convoy::partition::detail

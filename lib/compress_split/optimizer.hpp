#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compress_split/rows.hpp"
#include "compress_split/workshop.hpp"
#include "util/clock.hpp"

namespace convoy::compress_split {

struct Settings {
    double max_drop = 0.01;  ///< the budget: points of the metric, as a ratio
    double errors = 1;       ///< standard errors that are added to measured drops
    std::uint64_t seed = 1;
    util::Seconds time_budget{240};
    /// Called many times a second while models are fitted and run. What it throws ends everything.
    std::function<void()> tick = {};
    std::function<void(const std::string&)> say = {};  ///< what happens, one line each
};

/// How a row of the table runs.
struct Way {
    std::string method;
    graph::Graph model;
    partition::Proposal proposal;
};

/// What was chosen for one bed.
struct Result {
    graph::Graph model;
    partition::Proposal proposal;            ///< how it runs
    std::string recipe;                      ///< for a person: "conv2: rank 12; conv3: 48 of 64 channels"
    Score check;                             ///< on images that decided nothing
    Score all;                               ///< on these and those of the selection
    std::vector<cost::CompressionRow> rows;  ///< the baselines, and "ours" last
    std::vector<Way> ways;                   ///< of the rows that are possible
    bool cut_short = false;                  ///< by the time budget: another run may differ
};

/// Compresses one model for edge and cloud devices, so that narrow new layers become cuts, and cuts it. Several beds
/// share what is measured and learnt.
///
/// Rank, pruning, bottleneck and codec by aim(), with the cut kept in each of the places that are most promising: what
/// models lose is told by the mean squared relative error of their outputs, which is steady where the accuracy of some
/// hundred images is not; at which error the budget is used up is learnt (Price), and models are made on both sides of
/// it. For measurements few images do. Then the fastest models that are fitted to all images of the calibration are
/// verified on images that decided nothing, until one keeps to the budget there.
///
/// Source: Wang, Li, Qian, Wei, "edge-cloud collaborative inference by compressing and splitting", J. East China Normal
/// Univ. 2021(6), and Zhang et al., J. Systems Architecture 2022, 102461: compress first, new layers are candidates,
/// prediction models pick the cut. The selection itself is a reconstruction. We differ: nothing is trained; cut and
/// compression are chosen together; codecs.
class Optimizer {
  public:
    /// Runs the model on all images and samples its layers. Graph and images must outlive it.
    /// @throws Error impossible: nothing to compress; data: values that are not finite
    Optimizer(const graph::Graph& original, const Images& images, Settings settings);
    ~Optimizer();
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    [[nodiscard]] const Evaluator& evaluator() const noexcept;
    /// Looks for models that are fast on this bed. @param share  of the time for all searches
    void search(const latency::Bed& bed, std::size_t cloud, double share = 1);
    /// Verifies what is fastest on this bed, until something keeps to the budget: choose() would do it, but then other
    /// beds for which something was chosen before could not take it.
    void verify(const latency::Bed& bed, std::size_t cloud);
    /// The fastest of all that were found, for whatever bed, on this one.
    /// @throws Error impossible: no change keeps to the budget, or saves time; no plan fits into memory; timed_out:
    /// nothing was measured
    [[nodiscard]] Result choose(const latency::Bed& bed, std::size_t cloud);

  private:
    struct Parts;
    class OnBed;
    std::unique_ptr<Parts> parts_;
};

}  // namespace convoy::compress_split

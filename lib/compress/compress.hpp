#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "compress/calibration.hpp"
#include "compress/candidates.hpp"

/// A smaller model in closed form, from calibration inputs alone: no training.
namespace convoy::compress {

namespace detail {
class Fits;
}

/// How the variance of a layer's responses, or of a tensor's values, is spread over directions: what ranks candidates
/// without building them.
struct Spectrum {
    std::string name;  ///< layer or tensor
    /// [k]: share of the variance outside of the k strongest directions, so [0] is 1. Of layers wider than
    /// kDenseChannels only the first directions are known: the list is shorter than the full rank then.
    std::vector<double> lost;
    /// The smallest rank that loses at most this share; the last one that is known when none does.
    [[nodiscard]] graph::Index rank_for(double share) const noexcept;
};
inline constexpr graph::Index kDenseChannels = 1024;  ///< above it a randomised range finder replaces the full solver

/// What removing channels of a group costs, weakest first.
struct PruningOrder {
    std::string group;
    std::vector<graph::Index> order;  ///< channels of the group, first to go first; all but one
    std::vector<double> lost;         ///< [k]: error of the readers' responses, as a share of their variance, once the
                                      ///< first k are gone and the readers' weights refitted; summed over the readers
};

struct Factorisation {
    std::string layer;
    graph::Index rank = 0;
};
struct Pruning {
    std::string group;      ///< ChannelGroup::name
    graph::Index keep = 0;  ///< channels
};
struct Bottleneck {
    std::string tensor;
    graph::Index width = 0;
};

/// What to do to a model. Prunings come first, then layers in the order of the graph, bottlenecks where they are.
struct Recipe {
    std::vector<Pruning> prunings{};
    std::vector<Factorisation> factorisations{};
    std::vector<Bottleneck> bottlenecks{};
    [[nodiscard]] bool empty() const noexcept {
        return prunings.empty() && factorisations.empty() && bottlenecks.empty();
    }
};

/// "conv2: rank 12; conv3: 48 channels; pool1_out: width 8"
[[nodiscard]] std::string to_string(const Recipe& recipe);

struct BuildOptions {
    /// Fit every layer behind a change to the original's responses from the responses that it gives to the changed
    /// model's inputs, so that errors do not pile up: one more pass over the frames for each, from the layer before to
    /// this one. Otherwise each is fitted on the original's responses alone, without a pass.
    bool asymmetric = true;
    /// The passes are over so many of the frames, at most: faster, and less exact.
    std::size_t frames = std::numeric_limits<std::size_t>::max();
    /// Calls per pass: layer by layer.
    std::function<void(const std::string& layer, std::size_t pass, std::size_t of_passes)> on_pass{};
    Progress progress{};
};

/// A model with the sampled responses of all its layers, from which smaller models are made.
///
/// Factorisation: y = W x + b (f channels) becomes r channels K x K and f channels 1 x 1 by reduced-rank regression:
/// the r principal directions of the fitted responses. Source: Zhang et al., "Accelerating Very Deep Convolutional
/// Networks for Classification and Detection", TPAMI 2016, section 3.1 and 3.3 (asymmetric). We differ: the regression
/// is drawn towards the identity and the covariance towards W W^T, both weakly, so that directions that calibration
/// never showed are kept as they were, and full rank is the model itself; activations are not part of the fit.
/// The narrow channels are centred and brought to equal ranges: an 8-bit codec has one scale for all of them.
///
/// Pruning: channels go one by one, each time the one whose loss changes the next layers' responses least; the readers'
/// weights are refitted by least squares. Source: Luo et al., "ThiNet", ICCV 2017, section 3.2. We differ: what a
/// removed channel held is expressed by all kept channels of the same tensor, instead of one factor per channel, which
/// serves several readers of one tensor and coupled tensors alike.
///
/// Bottleneck: a 1x1 convolution to `width` channels and one back, the same regression of a tensor on itself.
///
/// Immutable; const functions may be called by several threads, but for build(), which runs the engine.
class Compressor {
  public:
    /// Runs the graph once on every frame. The graph and the frames must live as long as this.
    /// @throws Error as sample(); impossible when the graph has no layer that could be factorised or pruned
    Compressor(const graph::Graph& graph, Frames frames, const Sampling& sampling = {}, const Progress& progress = {});

    [[nodiscard]] const graph::Graph& graph() const noexcept { return graph_; }
    [[nodiscard]] const std::vector<Layer>& layers() const noexcept { return layers_; }
    [[nodiscard]] const std::vector<ChannelGroup>& groups() const noexcept { return groups_; }
    [[nodiscard]] const std::vector<std::string>& cuts() const noexcept { return cuts_; }

    /// Of a layer's responses. O(f^3); compute once. @throws Error data: no such layer
    [[nodiscard]] Spectrum layer_spectrum(const std::string& layer) const;
    /// Of a tensor of cuts(). @throws Error data: no such cut
    [[nodiscard]] Spectrum cut_spectrum(const std::string& tensor) const;
    /// O(c^3) per reader the first time. @throws Error data: no such group
    [[nodiscard]] PruningOrder pruning_order(const std::string& group) const;

    /// The smaller model. Layers keep their names: of a factorised one the second half, which has its activation, and
    /// its output's name; the first is `<layer>_low` and makes the new cut, tensor `<output>_low`. A bottleneck's are
    /// `<tensor>_reduce`, which makes `<tensor>_narrow`, and `<tensor>_restore`.
    ///
    /// @throws Error impossible: a rank, width or number of channels that is not from 1 to all of them, one layer
    ///         named twice, nothing to do; data: names that the graph does not have; as sample()
    [[nodiscard]] graph::Graph build(const Recipe& recipe, const BuildOptions& options = {}) const;

  private:
    const graph::Graph& graph_;
    Frames frames_;
    Sampling sampling_;
    std::vector<Layer> layers_;
    std::vector<ChannelGroup> groups_;
    std::vector<std::string> cuts_;
    Activations original_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, PruningOrder, std::less<>> orders_;  ///< those that were asked for
    std::shared_ptr<detail::Fits> fits_;                               ///< what builds have in common
};

}  // namespace convoy::compress

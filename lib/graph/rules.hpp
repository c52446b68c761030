#pragma once

#include <initializer_list>
#include <span>

#include "graph/calculus.hpp"

/// The calculus of each Kind, in one place per Kind: what calculus.hpp computes from. Private to module graph.
namespace convoy::graph::detail {

/// One operator in its graph.
struct Site {
    const Graph& graph;
    const Operator& op;

    [[nodiscard]] const TensorInfo& input(std::size_t i = 0) const { return graph.tensor(op.inputs.at(i)); }
    [[nodiscard]] const TensorInfo& output(std::size_t i = 0) const { return graph.tensor(op.outputs.at(i)); }
};

/// Output channels `c` as they are computed, and the part of the first input that is summed.
struct Sum {
    const Slab& output;
    const Box& domain;
};

struct Rule {
    Cuts (*cuts)(const Site& site);
    /// `asked` is not empty.
    Slab (*computed)(const Site& site, std::size_t output, const Slab& asked);
    /// Without `in`, not clipped yet; `output` is not empty.
    Slab (*needed)(const Site& site, std::size_t input, const Slab& output);
    /// For a box of output 0; null when nothing is contracted.
    Box (*summed)(const Site& site, const Box& cell);
    /// Floating-point operations without the tail.
    double (*operations)(const Site& site, const Sum& sum);
    /// Values read from Operator::weights, or from a binary operator's constants.
    Index (*weights)(const Site& site, const Sum& sum);
    /// @throws Error data when shapes, weights and attributes do not fit
    void (*check)(const Site& site);
};
/// The rule of an operator: that of its Kind, or that of `whole` when one of its tensors is only ever whole.
[[nodiscard]] const Rule& rule_of(const Site& site);

/// Groups of a convolution.
struct Groups {
    Index inputs;   ///< channels of each
    Index outputs;  ///< channels of each
    [[nodiscard]] Interval of(const Interval& output_channels) const noexcept;
    [[nodiscard]] Interval outputs_of(const Interval& groups) const noexcept;
    [[nodiscard]] Interval inputs_of(const Interval& groups) const noexcept;
};
[[nodiscard]] Groups groups_of(const Site& site);
/// Pairs of an output channel and an input channel inside `domain` that are connected.
[[nodiscard]] Index connections(const Site& site, const Sum& sum);

/// An output-channel box inside one group, or else whole groups (rule 6).
[[nodiscard]] Slab whole_groups(const Site& site, std::size_t output, const Slab& asked);
/// The input channels of the groups of these output channels.
[[nodiscard]] std::vector<Interval> group_channels(const Site& site, const std::vector<Interval>& outputs);

/// The hull of the input elements that the windows of `output` touch along h or w; empty when all lie in padding.
[[nodiscard]] Interval touched(const Window& window, Axis axis, const Interval& output, Index extent) noexcept;

extern const Rule kConvolution;
extern const Rule kPool;
extern const Rule kGlobalAveragePool;
extern const Rule kGlobalMaxPool;
extern const Rule kGemm;
extern const Rule kElementwise;
extern const Rule kBroadcast;
extern const Rule kConcat;
extern const Rule kSoftmax;
extern const Rule kPad;
extern const Rule kFlatten;
extern const Rule kTransposedConvolution;
extern const Rule kGather;
extern const Rule kResize;
extern const Rule kDepthToSpace;
extern const Rule kSpaceToDepth;
extern const Rule kLrn;
extern const Rule kWhole;

/// Refuses an operator, naming it. @throws Error data always
[[noreturn]] void refuse(const Site& site, const std::string& why);
// Parts of the checks. @throws Error data when the operator does not fit
void require(bool condition, const Site& site, const char* why);
void require_arity(const Site& site, std::size_t inputs);
void require_maps(const Site& site);
void require_same(const Site& site, std::initializer_list<Axis> axes);
void require_window(const Site& site);
/// Groups that divide the channels, and weights [f, c/group, kh, kw].
void require_grouped_weights(const Site& site);
/// What every operator must keep: numbers of inputs and outputs, a tail that fits its channels.
void check_common(const Site& site);
void check_convolution(const Site& site);
void check_pool(const Site& site);
void check_global_pool(const Site& site);
void check_gemm(const Site& site);
void check_elementwise(const Site& site);
void check_softmax(const Site& site);
void check_broadcast(const Site& site);
void check_concat(const Site& site);
void check_pad(const Site& site);
void check_flatten(const Site& site);
void check_transposed_convolution(const Site& site);
void check_gather(const Site& site);
void check_resize(const Site& site);
void check_blocks(const Site& site);
void check_lrn(const Site& site);
void check_whole(const Site& site);

}  // namespace convoy::graph::detail

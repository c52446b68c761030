#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compress/compress.hpp"
#include "compress_split/search.hpp"
#include "wire/codec.hpp"

namespace convoy::compress_split {

/// What is done to one place of a model.
enum class What : std::uint8_t {
    rank,      ///< a layer becomes two with so many channels between them
    channels,  ///< so many channels of a group are kept
    width,     ///< a bottleneck of so many channels behind a tensor
    codec,     ///< at the cut
};

/// One thing that may be done to a model, to several degrees: with its Place, one line of a Menu.
struct Choice {
    What what = What::rank;
    std::string name;                   ///< layer, group or tensor
    std::vector<graph::Index> amounts;  ///< by level: ranks, channels, widths, codecs' numbers; the first: as it is
};

/// Channels that are left of tensors when channels of a group go, weakest first.
struct GroupEffect {
    std::string group;
    /// By tensor, how many of its channels are gone after the first k of the group are: [k], [0] is 0.
    std::map<graph::TensorId, std::vector<graph::Index>> gone;
    graph::Index channels = 0;
    std::size_t place = 0;  ///< in the menu
};

/// All that may be done to a model, and what each of it is estimated to cost. Immutable.
struct Menu {
    std::vector<Choice> choices;
    std::vector<Place> places;  ///< of each choice; losses are shares of variance, until they are weighted
    std::vector<GroupEffect> groups;

    [[nodiscard]] std::optional<std::size_t> find(What what, const std::string& name) const noexcept;
};

/// Ranks, kept channels and widths at a few shares of lost variance each, where they save something; and the codecs.
/// O(f^3) for each layer, group and cut.
/// @throws Error what the compressor throws
[[nodiscard]] Menu menu_of(const compress::Compressor& compressor);

/// Of each tensor, how many channels it has at these levels; bottlenecks and ranks change none.
[[nodiscard]] std::vector<graph::Index> channels_at(const Menu& menu, const graph::Graph& graph, const Levels& levels);

/// What the levels come to. Where pruning leaves fewer channels than a rank or a width, that change is left out.
/// @param channels  channels_at() these levels
[[nodiscard]] compress::Recipe recipe_of(const Menu& menu, const graph::Graph& graph, const Levels& levels);
[[nodiscard]] wire::Codec codec_of(const Menu& menu, const Levels& levels);

/// Terms of each sum of a layer when its input has so many of its channels.
[[nodiscard]] graph::Index terms_of(const graph::Graph& graph, const graph::Operator& op, graph::Index input_channels);

}  // namespace convoy::compress_split

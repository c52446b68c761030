#include "compress_split/menu.hpp"

#include <algorithm>
#include <array>

#include "compress_split/cuts.hpp"

namespace convoy::compress_split {

using graph::Axis;
using graph::Index;
using graph::TensorId;

namespace {

/// Of variance, where ranks and widths are tried.
constexpr std::array kLostShares{0.0005, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5};
/// Of a group's channels, how many stay.
constexpr std::array kKept{0.9375, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25};
/// Of variance, what a codec of 16 and of 8 bits loses, roughly: a step is 2^-11 of a value, or 1/255 of a range of
/// about ten standard deviations.
constexpr std::array kCodecLosses{0.0, 1e-8, 1e-4};

Index channels_of(const graph::Graph& graph, TensorId id) { return graph.tensor(id).full[Axis::c].size(); }

void add(Menu& menu, Choice choice, Place place) {
    if (choice.amounts.size() < 2) return;
    menu.choices.push_back(std::move(choice));
    menu.places.push_back(std::move(place));
}

/// Ranks or widths below `all` by falling size, each at the smallest of the shares that it keeps to.
void add_spectrum(Menu& menu, What what, const compress::Spectrum& spectrum, Index all) {
    Choice choice{what, spectrum.name, {all}};
    Place place{spectrum.name, {0}};
    for (const double share : kLostShares) {
        const Index amount = spectrum.rank_for(share);
        const auto known = static_cast<std::size_t>(amount);
        if (amount < 1 || amount >= choice.amounts.back() || known >= spectrum.lost.size()) continue;
        choice.amounts.push_back(amount);
        place.loss.push_back(std::max(place.loss.back(), spectrum.lost[known]));
    }
    add(menu, std::move(choice), std::move(place));
}

GroupEffect effect_of(const compress::ChannelGroup& group, const compress::PruningOrder& order) {
    GroupEffect effect{group.name, {}, group.channels(), 0};
    for (const auto& member : group.members)
        for (const compress::ChannelOf& channel : member) effect.gone[channel.tensor] = {0};
    for (const Index channel : order.order) {
        for (auto& [tensor, gone] : effect.gone) {
            const auto& member = group.members[static_cast<std::size_t>(channel)];
            gone.push_back(gone.back() +
                           std::count_if(member.begin(), member.end(),
                                         [&tensor = tensor](const auto& at) { return at.tensor == tensor; }));
        }
    }
    return effect;
}

void add_group(Menu& menu, const compress::ChannelGroup& group, const compress::PruningOrder& order) {
    Choice choice{What::channels, group.name, {group.channels()}};
    Place place{group.name, {0}};
    for (const double kept : kKept) {
        const auto keep = std::max<Index>(1, static_cast<Index>(kept * static_cast<double>(group.channels())));
        const auto gone = static_cast<std::size_t>(group.channels() - keep);
        if (keep >= choice.amounts.back() || gone > order.order.size() || gone >= order.lost.size()) continue;
        choice.amounts.push_back(keep);
        place.loss.push_back(std::max(place.loss.back(), order.lost[gone]));
    }
    if (choice.amounts.size() < 2) return;
    menu.groups.push_back(effect_of(group, order));
    menu.groups.back().place = menu.choices.size();
    add(menu, std::move(choice), std::move(place));
}

}  // namespace

std::optional<std::size_t> Menu::find(What what, const std::string& name) const noexcept {
    for (std::size_t i = 0; i < choices.size(); ++i)
        if (choices[i].what == what && choices[i].name == name) return i;
    return std::nullopt;
}

Menu menu_of(const compress::Compressor& compressor) {
    Menu menu;
    for (const compress::Layer& layer : compressor.layers()) {
        const Index useful = layer.largest_useful_rank();
        if (useful >= 1) add_spectrum(menu, What::rank, compressor.layer_spectrum(layer.name), useful + 1);
    }
    for (const compress::ChannelGroup& group : compressor.groups()) {
        if (group.channels() >= 2) add_group(menu, group, compressor.pruning_order(group.name));
    }
    for (const std::string& cut : compressor.cuts()) {
        const auto tensor = compressor.graph().find_tensor(cut);
        if (tensor && channels_of(compressor.graph(), *tensor) >= 2) {
            add_spectrum(menu, What::width, compressor.cut_spectrum(cut), channels_of(compressor.graph(), *tensor));
        }
    }
    Choice codecs{What::codec, "codec", {}};
    for (const wire::Codec codec : kCodecs) codecs.amounts.push_back(static_cast<Index>(codec));
    add(menu, std::move(codecs), {"codec", {kCodecLosses.begin(), kCodecLosses.end()}});
    return menu;
}

std::vector<Index> channels_at(const Menu& menu, const graph::Graph& graph, const Levels& levels) {
    std::vector<Index> channels;
    for (std::size_t t = 0; t < graph.tensors().size(); ++t) {
        channels.push_back(channels_of(graph, TensorId{static_cast<std::uint32_t>(t)}));
    }
    for (const GroupEffect& group : menu.groups) {
        if (levels[group.place] == 0) continue;
        const Index keep = menu.choices[group.place].amounts[levels[group.place]];
        const auto gone = static_cast<std::size_t>(group.channels - keep);
        for (const auto& [tensor, by_count] : group.gone) channels[index(tensor)] -= by_count[gone];
    }
    return channels;
}

Index terms_of(const graph::Graph& graph, const graph::Operator& op, Index input_channels) {
    const graph::Box& input = graph.tensor(op.inputs.front()).full;
    if (op.kind == graph::Kind::gemm) return input_channels * input[Axis::h].size() * input[Axis::w].size();
    return input_channels * op.window.kernel[0] * op.window.kernel[1];
}

compress::Recipe recipe_of(const Menu& menu, const graph::Graph& graph, const Levels& levels) {
    const std::vector<Index> channels = channels_at(menu, graph, levels);
    compress::Recipe recipe;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        if (levels[i] == 0) continue;
        const Choice& choice = menu.choices[i];
        const Index amount = choice.amounts[levels[i]];
        if (choice.what == What::channels) recipe.prunings.push_back({choice.name, amount});
        if (choice.what == What::width && amount < channels[index(graph.find_tensor(choice.name).value())]) {
            recipe.bottlenecks.push_back({choice.name, amount});
        }
        if (choice.what != What::rank) continue;
        const graph::Operator& op = graph.op(graph.find_operator(choice.name).value());
        const Index terms = terms_of(graph, op, channels[index(op.inputs.front())]);
        if (amount < std::min(terms, channels[index(op.outputs.front())])) {
            recipe.factorisations.push_back({choice.name, amount});
        }
    }
    return recipe;
}

wire::Codec codec_of(const Menu& menu, const Levels& levels) {
    for (std::size_t i = levels.size(); i-- > 0;)  // it is the last choice
        if (menu.choices[i].what == What::codec) return kCodecs[levels[i]];
    return wire::Codec::fp32;
}

}  // namespace convoy::compress_split

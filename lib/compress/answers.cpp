#include "compress/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "compress/runner.hpp"
#include "util/error.hpp"

namespace convoy::compress {

using graph::TensorId;
using util::Errc;
using util::Error;

namespace {

/// The run of a graph up to one crossing tensor, or to its outputs.
struct Section {
    std::unique_ptr<detail::Runner> runner;
    std::optional<Crossing> crossing;  ///< behind it
};

std::vector<Section> sections_of(const graph::Graph& graph, const std::vector<Crossing>& crossings) {
    std::vector<std::pair<TensorId, Crossing>> ordered;
    for (const Crossing& crossing : crossings) {
        const auto id = graph.find_tensor(crossing.tensor);
        if (!id) throw Error(Errc::data, fmt::format("the model has no tensor '{}'", crossing.tensor));
        ordered.emplace_back(*id, Crossing{graph.tensor(*id).name, crossing.codec});
    }
    const auto place = [&](TensorId id) {
        const auto producer = graph.producer(id);
        return producer ? static_cast<std::ptrdiff_t>(index(*producer)) : -1;
    };
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](const auto& a, const auto& b) { return place(a.first) < place(b.first); });
    std::vector<TensorId> given = graph.inputs();
    std::vector<Section> sections;
    for (const auto& [id, crossing] : ordered) {
        sections.push_back({std::make_unique<detail::Runner>(graph, given, std::vector{id}), crossing});
        if (std::find(given.begin(), given.end(), id) == given.end()) given.push_back(id);
    }
    sections.push_back({std::make_unique<detail::Runner>(graph, given, graph.outputs()), std::nullopt});
    return sections;
}

/// What the receiver gets.
graph::Tensor carried(const graph::Tensor& tensor, wire::Codec codec) {
    const std::vector<graph::Box> boxes(tensor.boxes());
    graph::Tensor received(boxes, tensor.view().element_bytes());
    wire::decode(codec, wire::encode(codec, tensor.view()).span(), received.view());
    return received;
}

std::vector<float> outputs_of(const graph::Graph& graph, const detail::Values& values) {
    std::vector<float> all;
    for (const TensorId id : graph.outputs()) {
        const graph::TensorInfo& info = graph.tensor(id);
        if (info.type != graph::ElementType::float32) continue;
        const graph::Tensor& tensor = values.at(info.name);
        all.insert(all.end(), tensor.floats(), tensor.floats() + tensor.view().bytes().value / 4);
    }
    return all;
}

std::size_t best(const std::vector<float>& scores) {
    return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

std::vector<std::vector<float>> answers(const graph::Graph& graph, const Frames& frames,
                                        const std::vector<Crossing>& crossings, const Progress& progress) {
    detail::require_frames(frames);
    const std::vector<Section> sections = sections_of(graph, crossings);
    std::vector<std::vector<float>> all;
    for (std::size_t frame = 0; frame < frames.count; ++frame) {
        detail::Values values = detail::load(graph, frames, frame);
        for (const Section& section : sections) {
            section.runner->run(values);
            if (!section.crossing || wire::exact(section.crossing->codec)) continue;
            graph::Tensor& tensor = values.at(section.crossing->tensor);
            tensor = carried(tensor, section.crossing->codec);
        }
        all.push_back(outputs_of(graph, values));
        if (progress) progress(frame + 1, frames.count);
    }
    return all;
}

Difference difference(const std::vector<std::vector<float>>& wanted, const std::vector<std::vector<float>>& given) {
    if (wanted.size() != given.size()) throw Error(Errc::internal, "answers to different frames are compared");
    double error = 0;
    double norm = 0;
    std::size_t agreeing = 0;
    for (std::size_t frame = 0; frame < wanted.size(); ++frame) {
        const auto& a = wanted[frame];
        const auto& b = given[frame];
        if (a.size() != b.size()) throw Error(Errc::internal, "answers of different sizes are compared");
        for (std::size_t i = 0; i < a.size(); ++i) {
            error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
            norm += std::pow(static_cast<double>(a[i]), 2);
        }
        agreeing += best(a) == best(b) ? 1 : 0;
    }
    const auto frames = static_cast<double>(std::max<std::size_t>(1, wanted.size()));
    return {norm > 0 ? std::sqrt(error / norm) : std::sqrt(error), static_cast<double>(agreeing) / frames};
}

}  // namespace convoy::compress

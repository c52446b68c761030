#include "dataset/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "dataset/npy.hpp"
#include "util/error.hpp"
#include "util/random.hpp"

namespace convoy::dataset {
namespace {

namespace fs = std::filesystem;
using graph::Tensor;
using util::Errc;
using util::Error;

constexpr std::string_view kRandom = "random:";

bool is_npy_name(const std::string& path) { return fs::path(path).extension() == ".npy"; }

std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && (is_image_name(entry.path()) || is_npy_name(entry.path())))
            files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    if (files.empty()) throw Error(Errc::no_input, fmt::format("folder '{}' holds no images or .npy files", folder));
    return files;
}

std::uint64_t seed_of(const std::string& source) {
    const std::string_view digits = std::string_view(source).substr(kRandom.size());
    std::uint64_t seed = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (failure != std::errc() || end != digits.data() + digits.size())
        throw Error(Errc::usage, fmt::format("'{}': the seed must be a whole number", source))
            .hint("for example random:7");
    return seed;
}

std::string shape_text(const std::vector<graph::Index>& dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

Tensor random_tensor(const graph::TensorInfo& info, util::Random& random) {
    if (info.type != graph::ElementType::float32)
        throw Error(Errc::impossible, fmt::format("input '{}' is not float32: random values make no sense", info.name));
    graph::Index elements = 1;
    for (const graph::Index size : info.dims) elements *= size;
    Tensor tensor({info.full}, info.element_bytes);
    for (graph::Index i = 0; i < elements; ++i) tensor.floats()[i] = static_cast<float>(random.normal());
    return tensor;
}

Tensor npy_tensor(const std::string& path, const graph::TensorInfo& info) {
    const Array array = read_npy(util::FileView::open(path));
    if (info.type != graph::ElementType::float32)
        throw Error(Errc::impossible, fmt::format("input '{}' is not float32", info.name));
    std::vector<graph::Index> dims = array.dims;
    if (dims.size() + 1 == info.dims.size()) dims.insert(dims.begin(), 1);  // a single image without its batch axis
    if (dims != info.dims)
        throw Error(Errc::data, fmt::format("'{}' has the shape {}, the model's input '{}' {}", path,
                                            shape_text(array.dims), info.name, shape_text(info.dims)));
    Tensor tensor({info.full}, info.element_bytes);
    std::memcpy(tensor.floats(), array.values.data(), array.values.size() * sizeof(float));
    return tensor;
}

Tensor image_tensor(const std::string& path, const graph::TensorInfo& info,
                    const std::optional<Preprocess>& preprocess) {
    if (!preprocess)
        throw Error(Errc::usage, fmt::format("'{}' is an image: how it becomes the model's input is not said", path))
            .hint("give --preprocess FILE");
    Tensor tensor = read_image(path, *preprocess);
    if (info.full != tensor.boxes().front() || info.type != graph::ElementType::float32)
        throw Error(Errc::data, fmt::format("images become {}, the model's input '{}' is {}",
                                            graph::to_string(tensor.boxes().front()), info.name, shape_text(info.dims)))
            .hint("change size and channels in the preprocess file");
    return tensor;
}

}  // namespace

Inputs::Inputs(const std::vector<std::string>& sources, const graph::Graph& graph, std::optional<Preprocess> preprocess)
    : graph_(graph), preprocess_(std::move(preprocess)) {
    for (const std::string& source : sources) {
        std::error_code ignored;
        if (source.starts_with(kRandom)) {
            (void)seed_of(source);
            items_.push_back(source);
        } else if (fs::is_directory(source, ignored)) {
            const std::vector<std::string> files = files_in(source);
            items_.insert(items_.end(), files.begin(), files.end());
        } else if (source == "-" || fs::exists(source, ignored)) {
            items_.push_back(source);
        } else {
            throw Error(Errc::no_input, fmt::format("input '{}' does not exist", source));
        }
        if (graph.inputs().size() != 1 && !source.starts_with(kRandom))
            throw Error(Errc::impossible,
                        fmt::format("the model has {} inputs; only random:SEED feeds them all", graph.inputs().size()));
    }
}

std::vector<Tensor> Inputs::load(std::size_t item, std::uint64_t frame) const {
    const std::string& source = items_.at(item);
    std::vector<Tensor> tensors;
    if (source.starts_with(kRandom)) {
        constexpr std::uint64_t kFrameStep = 0x9E3779B97F4A7C15U;  // spreads neighbouring frames over all seeds
        util::Random random(seed_of(source) + frame * kFrameStep);
        for (const graph::TensorId id : graph_.inputs()) tensors.push_back(random_tensor(graph_.tensor(id), random));
        return tensors;
    }
    const graph::TensorInfo& info = graph_.tensor(graph_.inputs().front());
    tensors.push_back(source == "-" || is_npy_name(source) ? npy_tensor(source, info)
                                                           : image_tensor(source, info, preprocess_));
    return tensors;
}

}  // namespace convoy::dataset

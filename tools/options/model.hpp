#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "cli/parser.hpp"
#include "engine/runnable.hpp"
#include "graph/onnx.hpp"

namespace convoy::tools {

inline constexpr cli::Option kInputShape{.long_name = "input-shape",
                                         .hint = cli::Hint::text,
                                         .value_name = "NAME=DIMS",
                                         .help = "fix the dims of a model input, for example x=1x3x224x224",
                                         .group = "model",
                                         .repeatable = true};

/// "1x3x224x224". @throws Error usage
inline std::vector<graph::Index> dims_from(const cli::Options& options, const std::string& text) {
    std::vector<graph::Index> dims;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (true) {
        graph::Index dim = 0;
        const auto [stop, error] = std::from_chars(at, end, dim);
        if (error != std::errc() || dim < 1 || (stop != end && *stop != 'x')) {
            throw options.error("input-shape", "'" + text + "' is no list of dims", "for example 1x3x224x224");
        }
        dims.push_back(dim);
        if (stop == end) return dims;
        at = stop + 1;
    }
}

/// What --input-shape says. @throws Error usage
inline graph::OnnxOptions onnx_options(const cli::Options& options) {
    graph::OnnxOptions onnx;
    for (const auto& [name, dims] : options.assignments("input-shape")) {
        onnx.input_shapes[name] = dims_from(options, dims);
    }
    return onnx;
}

/// Reads the model that a path names, "-" is stdin.
/// @throws Error as graph::read_onnx, engine::require_runnable and util::FileView
inline graph::Graph read_model(const cli::Options& options, const std::string& path) {
    graph::Graph graph = graph::read_onnx(util::FileView::open(path), onnx_options(options));
    engine::require_runnable(graph);
    return graph;
}

}  // namespace convoy::tools

#include "graph/graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "graph/rules.hpp"
#include "util/error.hpp"

namespace convoy::graph {
namespace {

using util::Errc;
using util::Error;

/// Larger tensors are refused: sizes in bytes and products of a few of them stay far from overflow.
constexpr Index kMaxTensorBytes = Index{1} << 40;

/// Bytes of a tensor of these dims. @throws Error data
Index checked_bytes(const std::string& name, const std::vector<Index>& dims, ElementType type) {
    Index bytes = element_size(type);
    if (bytes == 0) throw Error(Errc::data, fmt::format("tensor '{}' has an unknown element type", name));
    for (const Index dim : dims) {
        if (dim < 1 || dim > kMaxTensorBytes / bytes) {
            throw Error(Errc::data,
                        fmt::format("tensor '{}' has impossible dimensions [{}]", name, fmt::join(dims, ", ")));
        }
        bytes *= dim;
    }
    return bytes;
}

}  // namespace

std::optional<OperatorId> Graph::producer(TensorId id) const { return producers_.at(index(id)); }

bool Graph::is_output(TensorId id) const { return std::find(outputs_.begin(), outputs_.end(), id) != outputs_.end(); }

std::optional<OperatorId> Graph::find_operator(std::string_view name) const {
    const auto found = operator_names_.find(name);
    return found == operator_names_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TensorId> Graph::find_tensor(std::string_view name) const {
    const auto found = tensor_names_.find(name);
    return found == tensor_names_.end() ? std::nullopt : std::optional(found->second);
}

TensorId GraphBuilder::add_tensor(std::string name, std::vector<Index> dims, ElementType type) {
    TensorInfo info{.name = std::move(name), .type = type, .dims = std::move(dims), .full = make_box(1, 1, 1, 1)};
    const Index bytes = checked_bytes(info.name, info.dims, type);
    if (info.dims.size() == 4) {
        info.full = make_box(info.dims[0], info.dims[1], info.dims[2], info.dims[3]);
    } else if (info.dims.size() == 2) {
        info.full = make_box(info.dims[0], info.dims[1], 1, 1);
    } else {
        info.whole_only = true;
    }
    info.element_bytes = info.whole_only ? bytes : element_size(type);
    const TensorId id{static_cast<std::uint32_t>(graph_.tensors_.size())};
    alias_tensor(info.name, id);
    graph_.tensors_.push_back(std::move(info));
    return id;
}

OperatorId GraphBuilder::add_operator(Operator op) {
    const OperatorId id{static_cast<std::uint32_t>(graph_.operators_.size())};
    const auto claim = [&](const std::string& name) {
        if (!graph_.operator_names_.emplace(name, id).second) {
            throw Error(Errc::data, fmt::format("two operators are named '{}'", name));
        }
    };
    claim(op.name);
    for (const std::string& name : op.absorbed) claim(name);
    graph_.operators_.push_back(std::move(op));
    return id;
}

void GraphBuilder::add_input(TensorId id) { graph_.inputs_.push_back(id); }

void GraphBuilder::add_output(TensorId id) { graph_.outputs_.push_back(id); }

void GraphBuilder::alias_tensor(std::string name, TensorId id) {
    const auto [place, fresh] = graph_.tensor_names_.emplace(std::move(name), id);
    if (!fresh) throw Error(Errc::data, fmt::format("two tensors are named '{}'", place->first));
}

void GraphBuilder::keep(std::shared_ptr<const void> storage) { graph_.storage_.push_back(std::move(storage)); }

Constant GraphBuilder::make_constant(std::vector<Index> dims, const std::vector<float>& values) {
    auto memory = std::make_shared<const std::vector<float>>(values);
    Constant constant{ElementType::float32, std::move(dims), std::as_bytes(std::span(*memory))};
    if (constant.elements() != static_cast<Index>(values.size())) {
        throw Error(Errc::internal, fmt::format("a constant of dimensions [{}] was given {} values",
                                                fmt::join(constant.dims, ", "), values.size()));
    }
    keep(std::move(memory));
    return constant;
}

void GraphBuilder::set_source(std::string file, std::string sha256) {
    graph_.file_ = std::move(file);
    graph_.sha256_ = std::move(sha256);
}

Graph GraphBuilder::finish() {
    link_inputs();
    for (std::size_t i = 0; i < graph_.operators_.size(); ++i) {
        link_operator(OperatorId{static_cast<std::uint32_t>(i)});
        const detail::Site site{graph_, graph_.operators_[i]};
        detail::check_common(site);
        detail::rule_of(site).check(site);
    }
    for (const TensorId id : graph_.outputs_) {
        if (!known_.at(index(id))) {
            throw Error(Errc::data, fmt::format("output '{}' is computed by nobody", graph_.tensors_[index(id)].name));
        }
    }
    return std::move(graph_);
}

void GraphBuilder::link_inputs() {
    graph_.producers_.assign(graph_.tensors_.size(), std::nullopt);
    graph_.readers_.assign(graph_.tensors_.size(), {});
    known_.assign(graph_.tensors_.size(), false);
    for (const TensorId id : graph_.inputs_) {
        if (known_.at(index(id))) {
            throw Error(Errc::data, fmt::format("input '{}' is listed twice", graph_.tensors_[index(id)].name));
        }
        known_[index(id)] = true;
    }
}

void GraphBuilder::link_operator(OperatorId id) {
    const Operator& op = graph_.operators_[index(id)];
    for (const TensorId input : op.inputs) {
        if (!known_.at(index(input))) {
            throw Error(Errc::data, fmt::format("operator '{}' reads '{}', which is computed later or by nobody",
                                                op.name, graph_.tensors_[index(input)].name));
        }
        std::vector<OperatorId>& readers = graph_.readers_[index(input)];
        if (readers.empty() || readers.back() != id) readers.push_back(id);
    }
    for (const TensorId output : op.outputs) {
        if (known_.at(index(output))) {
            throw Error(Errc::data, fmt::format("tensor '{}' is computed twice: operator '{}' computes it again",
                                                graph_.tensors_[index(output)].name, op.name));
        }
        known_[index(output)] = true;
        graph_.producers_[index(output)] = id;
    }
}

}  // namespace convoy::graph

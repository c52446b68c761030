#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "graph/onnx_draft.hpp"
#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

using util::Errc;
using util::Error;

constexpr Index kOldestOpset = 7;
constexpr Index kNewestOpset = 17;
// Shape inference multiplies and divides by these attributes without looking at them.
constexpr Index kLargestExtent = std::numeric_limits<std::int32_t>::max();

/// Text of foreign libraries on one line.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (!space) line.push_back(c);
        if (space && !line.empty() && line.back() != ' ') line.push_back(' ');
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

onnx::ModelProto parse(const std::string& skeleton) {
    onnx::ModelProto model;
    if (!model.ParseFromArray(skeleton.data(), static_cast<int>(skeleton.size()))) {
        throw Error(Errc::data, "not a valid ONNX file: protobuf cannot parse it")
            .hint("is it an ONNX file, and complete?");
    }
    return model;
}

Index opset_of(const onnx::ModelProto& model) {
    for (const auto& import : model.opset_import()) {
        if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
        if (import.version() >= kOldestOpset && import.version() <= kNewestOpset) return import.version();
        throw Error(Errc::data, fmt::format("the model uses ONNX opset {}; {} to {} can be read", import.version(),
                                            kOldestOpset, kNewestOpset));
    }
    throw Error(Errc::data, "the model names no ONNX opset").hint("is it an ONNX file?");
}

/// Unnamed nodes are called `<op>_<index>`; a repeated name gets `#2`, `#3`.
void name_nodes(onnx::GraphProto& graph) {
    std::unordered_set<std::string> taken;
    std::map<std::string, int> repeats;
    for (int i = 0; i < graph.node_size(); ++i) {
        onnx::NodeProto& node = *graph.mutable_node(i);
        const std::string base = node.name().empty() ? fmt::format("{}_{}", node.op_type(), i) : node.name();
        std::string name = base;
        for (int& count = repeats[base]; !taken.insert(name).second;) {
            count = std::max(count, 1) + 1;
            name = fmt::format("{}#{}", base, count);
        }
        node.set_name(name);
    }
}

void require_range(const onnx::NodeProto& node, const onnx::AttributeProto& attribute, Index low) {
    const auto check = [&](Index value) {
        if (value < low || value > kLargestExtent) {
            refuse(node, fmt::format("attribute '{}' is {}", attribute.name(), value));
        }
    };
    if (attribute.type() == onnx::AttributeProto::INT) check(attribute.i());
    for (const Index value : attribute.ints()) check(value);
}

void check_attributes(const onnx::NodeProto& node) {
    for (const auto& attribute : node.attribute()) {
        const std::string& name = attribute.name();
        if (name == "strides" || name == "dilations" || name == "kernel_shape" || name == "group" ||
            name == "blocksize") {
            require_range(node, attribute, 1);
        } else if (name == "pads" || name == "output_padding" || name == "output_shape") {
            require_range(node, attribute, -kLargestExtent);
        } else if (attribute.has_g() || attribute.graphs_size() > 0) {
            refuse(node, "operators with subgraphs (If, Loop, Scan) cannot be run");
        }
    }
}

void check_nodes(const onnx::ModelProto& model) {
    if (model.functions_size() > 0) throw Error(Errc::data, "models with functions of their own cannot be read");
    for (const onnx::NodeProto& node : model.graph().node()) {
        if (!node.domain().empty() && node.domain() != "ai.onnx") {
            refuse(node, fmt::format("operators of domain '{}' cannot be run", node.domain()));
        }
        const std::string& type = node.op_type();
        if (type.find("Sequence") != std::string::npos || type.find("Optional") != std::string::npos) {
            refuse(node, "sequences and optional values cannot be run");
        }
        check_attributes(node);
    }
}

void name_missing_outputs(onnx::GraphProto& graph) {
    for (onnx::NodeProto& node : *graph.mutable_node()) {
        while (node.output_size() > 0 && node.output(node.output_size() - 1).empty()) {
            node.mutable_output()->RemoveLast();
        }
        for (int i = 0; i < node.output_size(); ++i) {
            if (node.output(i).empty()) node.set_output(i, fmt::format("{}:{}", node.name(), i));
        }
    }
}

using NamedConstants = std::vector<std::pair<std::string, Constant>>;

template <class Map, class Key>
const RawRange* find_range(const Map& ranges, const Key& key) {
    const auto found = ranges.find(key);
    return found == ranges.end() ? nullptr : &found->second;
}

/// Takes the values of initializers and of tensors in attributes out of the model, which keeps dummies.
NamedConstants take_constants(Draft& draft, const Skeleton& skeleton, const util::FileView& file) {
    NamedConstants constants;
    ConstantReader reader(draft, file);
    onnx::GraphProto& graph = *draft.model.mutable_graph();
    for (int i = 0; i < graph.initializer_size(); ++i) {
        onnx::TensorProto& tensor = *graph.mutable_initializer(i);
        const auto* range = find_range(skeleton.initializers, static_cast<std::size_t>(i));
        auto constant = reader.read(tensor, tensor.name(), range);
        if (constant) constants.emplace_back(tensor.name(), std::move(*constant));
    }
    for (int i = 0; i < graph.node_size(); ++i) {
        onnx::NodeProto& node = *graph.mutable_node(i);
        for (int k = 0; k < node.attribute_size(); ++k) {
            if (node.op_type() != "Constant" || node.output_size() != 1 || !node.attribute(k).has_t()) continue;
            const std::pair position{static_cast<std::size_t>(i), static_cast<std::size_t>(k)};
            const auto* range = find_range(skeleton.attributes, position);
            auto constant = reader.read(*node.mutable_attribute(k)->mutable_t(), node.output(0), range);
            if (constant) constants.emplace_back(node.output(0), std::move(*constant));
        }
    }
    return constants;
}

/// The checker wants a shape on every input and output; inference finds the outputs', the user may give the inputs'.
void complete_shapes(onnx::GraphProto& graph, const OnnxOptions& options) {
    for (onnx::ValueInfoProto& output : *graph.mutable_output()) {
        if (output.type().has_tensor_type()) output.mutable_type()->mutable_tensor_type()->mutable_shape();
    }
    for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
        const auto given = options.input_shapes.find(input.name());
        if (given == options.input_shapes.end() || !input.type().has_tensor_type()) continue;
        auto& tensor = *input.mutable_type()->mutable_tensor_type();
        if (tensor.has_shape()) continue;
        for (std::size_t i = 0; i < given->second.size(); ++i) tensor.mutable_shape()->add_dim();
    }
}

void require_input_shapes(const onnx::GraphProto& graph, const NamedConstants& constants) {
    std::unordered_set<std::string_view> known;
    for (const auto& [name, constant] : constants) known.insert(name);
    for (const onnx::ValueInfoProto& input : graph.input()) {
        if (known.count(input.name()) > 0 || !input.type().has_tensor_type()) continue;
        if (input.type().tensor_type().has_shape()) continue;
        throw Error(Errc::data, fmt::format("input '{}' has no shape", input.name()))
            .hint(fmt::format("--input-shape {}=1x3x224x224", input.name()));
    }
}

void check(const onnx::ModelProto& model) {
    try {
        onnx::checker::check_model(model);
    } catch (const std::exception& problem) {
        throw Error(Errc::data, fmt::format("the ONNX checker refuses the model: {}", one_line(problem.what())));
    }
}

/// Replaces initializers and Constant nodes by entries of draft.constants.
void settle_constants(Draft& draft, NamedConstants constants) {
    std::unordered_set<std::string> known;
    for (const auto& [name, constant] : constants) {
        if (!known.insert(name).second) throw Error(Errc::data, fmt::format("two tensors are named '{}'", name));
    }
    onnx::GraphProto& graph = *draft.model.mutable_graph();
    const auto settled = [&](const std::string& name) { return known.count(name) > 0; };
    auto& initializers = *graph.mutable_initializer();
    initializers.erase(std::remove_if(initializers.begin(), initializers.end(),
                                      [&](const onnx::TensorProto& tensor) { return settled(tensor.name()); }),
                       initializers.end());
    auto& nodes = *graph.mutable_node();
    nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                               [&](const onnx::NodeProto& node) {
                                   return node.op_type() == "Constant" && settled(node.output(0));
                               }),
                nodes.end());
    auto& inputs = *graph.mutable_input();
    inputs.erase(std::remove_if(inputs.begin(), inputs.end(),
                                [&](const onnx::ValueInfoProto& input) { return settled(input.name()); }),
                 inputs.end());
    for (auto& [name, constant] : constants) draft.add_constant(name, std::move(constant));
}

std::vector<Index> written_dims(const onnx::ValueInfoProto& input) {
    std::vector<Index> dims;
    for (const auto& dim : input.type().tensor_type().shape().dim()) {
        dims.push_back(dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : 0);
    }
    return dims;
}

[[noreturn]] void refuse_dynamic(const onnx::ValueInfoProto& input, std::size_t dim) {
    const auto& written = input.type().tensor_type().shape().dim(static_cast<int>(dim));
    const std::string called = written.dim_param().empty() ? "" : fmt::format(" ('{}')", written.dim_param());
    throw Error(Errc::data, fmt::format("input '{}': dimension {}{} is not fixed", input.name(), dim, called))
        .hint(fmt::format("--input-shape {}=1x3x224x224", input.name()));
}

std::vector<Index> fixed_dims(const onnx::ValueInfoProto& input, const OnnxOptions& options) {
    std::vector<Index> dims = written_dims(input);
    const auto given = options.input_shapes.find(input.name());
    if (given != options.input_shapes.end()) {
        if (given->second.size() != dims.size()) {
            throw Error(Errc::data, fmt::format("input '{}' has {} dimensions, but {} are given for it", input.name(),
                                                dims.size(), given->second.size()))
                .hint(fmt::format("--input-shape {}=1x3x224x224", input.name()));
        }
        dims = given->second;
    } else if (!dims.empty() && dims[0] == 0) {
        dims[0] = 1;
    }
    for (std::size_t i = 0; i < dims.size(); ++i) {
        if (dims[i] == 0 && given == options.input_shapes.end()) refuse_dynamic(input, i);
        if (dims[i] < 1) {
            throw Error(Errc::data, fmt::format("dimension {} given for input '{}' is {}", i, input.name(), dims[i]));
        }
    }
    (void)checked_elements(dims, fmt::format("input '{}'", input.name()));
    return dims;
}

void require_input_names(const onnx::GraphProto& graph, const OnnxOptions& options) {
    std::vector<std::string> names;
    for (const onnx::ValueInfoProto& input : graph.input()) names.push_back(input.name());
    if (names.empty()) throw Error(Errc::data, "the model has no inputs");
    for (const auto& [name, dims] : options.input_shapes) {
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        throw Error(Errc::usage, fmt::format("the model has no input '{}'", name))
            .key("--input-shape")
            .hint(util::suggestion(name, names));
    }
}

void fix_inputs(onnx::GraphProto& graph, const OnnxOptions& options) {
    for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
        if (!input.type().has_tensor_type() || !element_type(input.type().tensor_type().elem_type())) {
            throw Error(Errc::data, fmt::format("input '{}' is no tensor of numbers", input.name()));
        }
        const std::vector<Index> dims = fixed_dims(input, options);
        auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
        shape.Clear();
        for (const Index dim : dims) shape.add_dim()->set_dim_value(dim);
    }
}

void keep_shape(Draft& draft, const onnx::ValueInfoProto& info) {
    if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape()) return;
    TensorShape shape{info.type().tensor_type().elem_type(), {}};
    for (const auto& dim : info.type().tensor_type().shape().dim()) {
        if (!dim.has_dim_value()) return;
        shape.dims.push_back(dim.dim_value());
    }
    (void)checked_elements(shape.dims, fmt::format("tensor '{}'", info.name()));
    draft.shapes[info.name()] = std::move(shape);
}

/// libonnx 1.12 reads dimension 1 of these weights without looking at their rank.
void check_weights(const Draft& draft) {
    for (const onnx::NodeProto& node : draft.model.graph().node()) {
        if (node.op_type() != "ConvTranspose") continue;
        const Constant* weights = node.input_size() > 1 ? draft.constant(node.input(1)) : nullptr;
        if (weights == nullptr || weights->dims.size() < 3) refuse(node, "its weights are no constant convolution");
    }
}

}  // namespace

Draft prepare(const util::FileView& file, const OnnxOptions& options) {
    Draft draft;
    draft.file = file.name();
    Skeleton skeleton = scan_onnx(file.bytes());
    draft.model = parse(skeleton.bytes);
    skeleton.bytes = {};
    draft.opset = opset_of(draft.model);
    draft.model.clear_training_info();
    onnx::GraphProto& graph = *draft.model.mutable_graph();
    name_nodes(graph);
    check_nodes(draft.model);
    NamedConstants constants = take_constants(draft, skeleton, file);
    complete_shapes(graph, options);
    require_input_shapes(graph, constants);
    check(draft.model);
    if (graph.sparse_initializer_size() > 0) throw Error(Errc::data, "sparse weights cannot be read");
    name_missing_outputs(graph);
    settle_constants(draft, std::move(constants));
    require_input_names(graph, options);
    fix_inputs(graph, options);
    if (graph.output_size() == 0) throw Error(Errc::data, "the model has no outputs");
    for (const auto& output : graph.output()) {
        if (!draft.outputs.insert(output.name()).second) {
            throw Error(Errc::data, fmt::format("output '{}' is listed twice", output.name()));
        }
    }
    // Since version 4 of the format initializers need not be inputs, which ours no longer are.
    draft.model.set_ir_version(onnx::IR_VERSION);
    return draft;
}

void infer_shapes(Draft& draft) {
    onnx::GraphProto& graph = *draft.model.mutable_graph();
    graph.clear_value_info();
    for (onnx::ValueInfoProto& output : *graph.mutable_output()) {
        const auto& inputs = graph.input();
        const auto given = std::find_if(inputs.begin(), inputs.end(), [&](const onnx::ValueInfoProto& input) {
            return input.name() == output.name();
        });
        if (given != inputs.end()) {  // libonnx would take the output's shape, not the input's
            *output.mutable_type() = given->type();
        } else {
            output.mutable_type()->mutable_tensor_type()->clear_shape();
        }
    }
    check_weights(draft);
    try {
        // Data propagation resolves nothing that our folding does not.
        const onnx::ShapeInferenceOptions strict(false, 1, false);
        onnx::shape_inference::InferShapes(draft.model, onnx::OpSchemaRegistry::Instance(), strict);
    } catch (const std::exception& problem) {
        throw Error(Errc::data, fmt::format("the model's shapes do not agree: {}", one_line(problem.what())));
    }
    draft.shapes.clear();
    for (const auto& [name, constant] : draft.constants) {
        draft.shapes[name] = TensorShape{static_cast<int>(constant.type), constant.dims};
    }
    for (const auto* infos : {&graph.input(), &graph.value_info(), &graph.output()}) {
        for (const onnx::ValueInfoProto& info : *infos) keep_shape(draft, info);
    }
}

}  // namespace convoy::graph::detail

#include "backend_case.hpp"

#include <fmt/format.h>
#include <onnx/defs/tensor_proto_util.h>
#include <onnx/onnx_pb.h>
#include <onnx/version_converter/convert.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>

#include "graph/onnx.hpp"
#include "util/error.hpp"
#include "whole.hpp"

namespace convoy::test {
namespace {

namespace fs = std::filesystem;
using Kind = Outcome::Kind;

/// Relative to the largest magnitude of a tensor.
constexpr double kTolerance = 1e-5;

template <class Message>
std::optional<Message> parsed(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    Message message;
    if (!file || !message.ParseFromIstream(&file)) return std::nullopt;
    return message;
}

/// The tensors of a data set, in the order of the model's inputs or outputs; shorter where a file holds something else.
std::vector<onnx::TensorProto> tensors_in(const fs::path& folder, const std::string& prefix) {
    std::vector<onnx::TensorProto> tensors;
    while (true) {
        auto tensor = parsed<onnx::TensorProto>(folder / fmt::format("{}_{}.pb", prefix, tensors.size()));
        if (!tensor || tensor->data_type() == onnx::TensorProto::UNDEFINED) return tensors;
        tensors.push_back(std::move(*tensor));
    }
}

std::string bytes_of(const onnx::TensorProto& tensor) {
    if (tensor.has_raw_data()) return tensor.raw_data();
    const auto joined = [](const auto& values) {
        return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
    };
    if (tensor.data_type() == onnx::TensorProto::FLOAT) return joined(onnx::ParseData<float>(&tensor));
    if (tensor.data_type() == onnx::TensorProto::INT64) return joined(onnx::ParseData<std::int64_t>(&tensor));
    return {};
}

std::vector<float> floats_of(const onnx::TensorProto& tensor) {
    const std::string bytes = bytes_of(tensor);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

/// Names of the inputs that are fed, in order: old models list their weights among the inputs.
std::vector<std::string> fed_inputs(const onnx::ModelProto& model) {
    std::set<std::string> weights;
    for (const auto& tensor : model.graph().initializer()) weights.insert(tensor.name());
    std::vector<std::string> names;
    for (const auto& input : model.graph().input())
        if (!weights.contains(input.name())) names.push_back(input.name());
    return names;
}

/// The model with all fed inputs but the first as constants.
onnx::ModelProto with_constants(onnx::ModelProto model, const std::vector<onnx::TensorProto>& values) {
    const std::vector<std::string> names = fed_inputs(model);
    auto& inputs = *model.mutable_graph()->mutable_input();
    for (std::size_t i = 1; i < names.size() && i < values.size(); ++i) {
        inputs.erase(std::ranges::find(inputs, names[i], &onnx::ValueInfoProto::name));
        onnx::TensorProto& constant = *model.mutable_graph()->add_initializer();
        constant = values[i];
        constant.set_name(names[i]);
    }
    constexpr int kConstantsNeedNotBeInputs = 4;
    model.set_ir_version(std::max<std::int64_t>(model.ir_version(), kConstantsNeedNotBeInputs));
    return model;
}

/// Models of before opset 7, which no exporter writes any more, as ONNX itself converts them; as they are where it
/// cannot.
onnx::ModelProto modernised(const onnx::ModelProto& model) {
    constexpr int kOldest = 7;
    if (model.opset_import_size() != 1 || model.opset_import(0).version() >= kOldest) return model;
    try {
        return onnx::version_conversion::ConvertVersion(model, kOldest);
    } catch (const std::exception&) {
        return model;
    }
}

graph::Tensor fed(const graph::TensorInfo& info, const onnx::TensorProto& value) {
    graph::Tensor tensor({info.full}, info.element_bytes);
    const std::string bytes = bytes_of(value);
    if (bytes.size() != static_cast<std::size_t>(tensor.view().bytes().value))
        throw util::Error(util::Errc::data, fmt::format("input '{}' has another size than its value", info.name));
    std::memcpy(tensor.view().data(), bytes.data(), bytes.size());
    return tensor;
}

std::string difference(const graph::TensorInfo& info, const graph::Tensor& ours, const onnx::TensorProto& expected) {
    const std::vector<graph::Index> dims(expected.dims().begin(), expected.dims().end());
    if (info.dims != dims)
        return fmt::format("'{}' is [{}], not [{}]", info.name, fmt::join(info.dims, ", "), fmt::join(dims, ", "));
    if (static_cast<int>(info.type) != expected.data_type()) return fmt::format("'{}' has another type", info.name);
    if (info.type != graph::ElementType::float32) {
        const std::string bytes = bytes_of(expected);
        return std::memcmp(bytes.data(), ours.view().data(), bytes.size()) == 0 ? "" : info.name + " differs";
    }
    const std::vector<float> values = floats_of(expected);
    double largest = 0;
    for (const float value : values)
        if (std::isfinite(value)) largest = std::max(largest, std::abs(static_cast<double>(value)));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double is = ours.floats()[i];
        const double should = values[i];
        if (is == should || (std::isnan(is) && std::isnan(should))) continue;
        if (!(std::abs(is - should) <= kTolerance * largest))
            return fmt::format("element {} of '{}' is {}, not {}", i, info.name, is, should);
    }
    return {};
}

/// The values of the graph's inputs, by the names of the model's.
std::vector<graph::Tensor> inputs_of(const graph::Graph& graph, const onnx::ModelProto& model,
                                     const std::vector<onnx::TensorProto>& values) {
    const std::vector<std::string> names = fed_inputs(model);
    std::vector<graph::Tensor> inputs;
    for (const graph::TensorId id : graph.inputs()) {
        const graph::TensorInfo& info = graph.tensor(id);
        const auto place = static_cast<std::size_t>(std::ranges::find(names, info.name) - names.begin());
        if (place >= values.size()) throw util::Error(util::Errc::data, "input '" + info.name + "' is no tensor");
        inputs.push_back(fed(info, values[place]));
    }
    return inputs;
}

std::string difference(const graph::Graph& graph, const std::vector<graph::Tensor>& outputs,
                       const std::vector<onnx::TensorProto>& expected) {
    if (outputs.size() != expected.size()) return fmt::format("{} outputs, not {}", outputs.size(), expected.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        std::string text = difference(graph.tensor(graph.outputs()[i]), outputs[i], expected[i]);
        if (!text.empty()) return text;
    }
    return {};
}

/// @param values  of the fed inputs
Outcome outcome_of(const onnx::ModelProto& model, const std::vector<onnx::TensorProto>& values,
                   const std::vector<onnx::TensorProto>& expected, Pieces& pieces) {
    try {
        const graph::Graph graph =
            graph::read_onnx(util::FileView::from_bytes(model.SerializeAsString(), "model.onnx"));
        const std::vector<graph::Tensor> inputs = inputs_of(graph, model, values);
        const auto differs = [&](const auto& outputs) { return difference(graph, outputs, expected); };
        std::string text = differs(run_whole(graph, inputs));
        if (!text.empty()) return {Kind::wrong, std::move(text)};
        run_in_pieces(graph, inputs, differs, pieces);
        return {Kind::right, {}};
    } catch (const util::Error& error) {
        return {error.code() == util::Errc::data ? Kind::refused : Kind::wrong, error.message()};
    }
}

/// One of several data sets: the worst counts.
void take_worst(Outcome& all, const Outcome& one) {
    if (one.kind == Kind::wrong || all.kind == Kind::right) all = one;
}

}  // namespace

BackendCase run_backend_case(const fs::path& folder) {
    BackendCase result;
    result.name = folder.parent_path().filename().string() + "/" + folder.filename().string();
    auto model = parsed<onnx::ModelProto>(folder / "model.onnx");
    if (!model) return result;
    model = modernised(*model);
    for (const auto& node : model->graph().node()) result.types.insert(node.op_type());
    result.fed.kind = result.bound.kind = Kind::right;
    for (int set = 0; fs::exists(folder / fmt::format("test_data_set_{}", set)); ++set) {
        const fs::path data = folder / fmt::format("test_data_set_{}", set);
        const std::vector<onnx::TensorProto> values = tensors_in(data, "input");
        const std::vector<onnx::TensorProto> expected = tensors_in(data, "output");
        const Outcome fed = outcome_of(*model, values, expected, result.pieces);
        take_worst(result.fed, fed);
        take_worst(result.bound, fed_inputs(*model).size() < 2
                                     ? fed
                                     : outcome_of(with_constants(*model, values), values, expected, result.pieces));
    }
    return result;
}

}  // namespace convoy::test

// Constants computed from constants, and shape arithmetic.
#include <algorithm>
#include <cmath>

#include "graph/onnx_arithmetic.hpp"
#include "graph/onnx_call.hpp"

namespace convoy::graph::detail {
namespace {

using Dims = std::vector<Index>;

Constant integers(Draft& draft, const Dims& values, Dims dims) {
    return draft.own(ElementType::int64, std::move(dims),
                     std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Index)));
}

Result identity(const Call& call) { return *call.inputs[0]; }

Result constant_of_shape(const Call& call) {
    const auto dims = integers_of(*call.inputs[0]);
    if (!dims || dims->size() > 32 || call.too_large(*dims)) return std::nullopt;
    const auto* value = attribute(call.node, "value");
    Constant element{ElementType::float32, {1}, std::as_bytes(std::span("\0\0\0", 4))};
    if (value != nullptr) {
        if (!value->has_t()) return std::nullopt;
        onnx::TensorProto tensor = value->t();
        if (tensor.data_location() == onnx::TensorProto::EXTERNAL) return std::nullopt;
        const auto read = ConstantReader(call.draft, util::FileView()).read(tensor, call.node.output(0), nullptr);
        if (!read || read->elements() != 1) return std::nullopt;
        element = *read;
    }
    return strided(call.draft, element, *dims, 0, Dims(dims->size(), 0));
}

Result constant(const Call& call) {
    if (call.node.attribute_size() != 1) return std::nullopt;
    const auto& value = call.node.attribute(0);
    if (value.name() == "value_int") return integers(call.draft, {value.i()}, {});
    if (value.name() == "value_ints") {
        return integers(call.draft, {value.ints().begin(), value.ints().end()}, {value.ints_size()});
    }
    std::vector<float> floats(value.floats().begin(), value.floats().end());
    Dims dims{static_cast<Index>(floats.size())};
    if (value.name() == "value_float") {
        floats = {value.f()};
        dims = {};
    } else if (value.name() != "value_floats") {
        return std::nullopt;
    }
    return call.draft.own(ElementType::float32, dims,
                          std::string(reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)));
}

Result cast(const Call& call) {
    const auto type = element_type(static_cast<int>(int_attribute(call.node, "to", 0)));
    if (!type) return std::nullopt;
    if (*type == call.inputs[0]->type) return identity(call);
    const auto values = load(*call.inputs[0]);
    return values ? store(call.draft, *values, *type, call.inputs[0]->dims) : std::nullopt;
}

Result range(const Call& call) {
    if (call.inputs.size() != 3) return std::nullopt;
    Dims values;
    for (const Constant* input : call.inputs) {
        const auto integer = input != nullptr ? integers_of(*input) : std::nullopt;
        if (!integer || integer->size() != 1 || std::abs(integer->front()) > (Index{1} << 40)) return std::nullopt;
        values.push_back(integer->front());
    }
    if (values[2] == 0) return std::nullopt;
    Dims counted;
    for (Index at = values[0]; values[2] > 0 ? at < values[1] : at > values[1]; at += values[2]) {
        if (static_cast<Index>(counted.size()) >= kSmallResult) return std::nullopt;
        counted.push_back(at);
    }
    Values all{.integer = true, .integers = counted, .reals = {}};
    return store(call.draft, all, call.inputs[0]->type, {static_cast<Index>(counted.size())});
}

/// Product of a vector: the number of elements that a shape stands for.
Result reduce_prod(const Call& call) {
    const Constant& in = *call.inputs[0];
    const auto values = integers_of(in);
    const auto axes = call.integers("axes", 1);
    if (!values || in.dims.size() != 1 || (axes && *axes != Dims{0} && *axes != Dims{-1})) return std::nullopt;
    Index all = 1;
    for (const Index value : *values) {
        if (__builtin_mul_overflow(all, value, &all)) return std::nullopt;
    }
    const bool keep = int_attribute(call.node, "keepdims", 1) != 0;
    const Values one{.integer = true, .integers = {all}, .reals = {}};
    return store(call.draft, one, in.type, keep ? Dims{1} : Dims{});
}

Result elementwise(const Call& call) {
    const std::string& type = call.node.op_type();
    if (call.inputs.size() == 1) return unary(call.draft, type, *call.inputs[0]);
    if (call.inputs.size() != 2 || call.inputs[1] == nullptr) return std::nullopt;
    const auto dims = broadcast_dims(call.inputs[0]->dims, call.inputs[1]->dims);
    if (!dims || call.too_large(*dims)) return std::nullopt;
    return binary(call.draft, type, *call.inputs[0], *call.inputs[1]);
}

/// Shape and Size need no constant, only the shape of their input.
Result shape_of(const onnx::NodeProto& node, Draft& draft) {
    const TensorShape* shape = node.input_size() == 1 ? draft.shape(node.input(0)) : nullptr;
    if (shape == nullptr) return std::nullopt;
    if (node.op_type() == "Size") return integers(draft, {checked_elements(shape->dims, node.input(0))}, {});
    const auto rank = static_cast<Index>(shape->dims.size());
    const auto bound = [&](Index written) {
        return std::clamp<Index>(written < 0 ? written + rank : written, 0, rank);
    };
    const Index begin = bound(int_attribute(node, "start", 0));
    const Index end = std::max(begin, bound(int_attribute(node, "end", rank)));
    return integers(draft, {shape->dims.begin() + begin, shape->dims.begin() + end}, {end - begin});
}

using Function = Result (*)(const Call&);
const std::map<std::string_view, Function>& functions() {
    static const std::map<std::string_view, Function> table{
        {"Identity", identity},
        {"Reshape", reshape},
        {"Flatten", flatten},
        {"Squeeze", squeeze},
        {"Unsqueeze", unsqueeze},
        {"Transpose", transpose},
        {"Slice", slice},
        {"Gather", gather},
        {"Concat", concat},
        {"Expand", expand},
        {"Tile", tile},
        {"ScatterND", scatter},
        {"ConstantOfShape", constant_of_shape},
        {"Constant", constant},
        {"Cast", cast},
        {"Range", range},
        {"ReduceProd", reduce_prod},
        {"Where", where},
    };
    return table;
}

}  // namespace

std::optional<Dims> Call::integers(const char* name, std::size_t place) const {
    if (const auto written = ints_attribute(node, name)) return written;
    return input(place) != nullptr ? integers_of(*input(place)) : std::nullopt;
}

bool Call::too_large(const Dims& dims) const {
    Index limit = kSmallResult;
    for (const Constant* constant : inputs) limit += constant != nullptr ? constant->elements() : 0;
    Index elements = 1;
    for (const Index dim : dims) {
        if (dim < 0 || __builtin_mul_overflow(elements, dim, &elements) || elements > limit) return true;
    }
    return false;
}

std::optional<Constant> evaluate(const onnx::NodeProto& node, Draft& draft) {
    if (node.op_type() == "Shape" || node.op_type() == "Size") return shape_of(node, draft);
    const auto found = functions().find(node.op_type());
    if (found == functions().end() && !is_arithmetic(node.op_type())) return std::nullopt;
    Call call{node, draft, {}};
    for (const std::string& name : node.input()) {
        const Constant* input = name.empty() ? nullptr : draft.constant(name);
        if (input == nullptr && !name.empty()) return std::nullopt;
        call.inputs.push_back(input);
    }
    if (node.op_type() != "Constant" && (call.inputs.empty() || call.inputs[0] == nullptr)) return std::nullopt;
    return found != functions().end() ? found->second(call) : elementwise(call);
}

}  // namespace convoy::graph::detail

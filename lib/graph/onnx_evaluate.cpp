#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "graph/onnx_arithmetic.hpp"
#include "graph/onnx_draft.hpp"

namespace convoy::graph::detail {
namespace {

// A result may have as many elements as its inputs together; small ones may grow up to this (Expand, Range, ...).
constexpr Index kSmallResult = Index{1} << 20;

using Result = std::optional<Constant>;
using Dims = std::vector<Index>;

/// A node whose inputs are constants; missing optional inputs are null.
struct Call {
    const onnx::NodeProto& node;
    Draft& draft;
    std::vector<const Constant*> inputs;

    [[nodiscard]] const Constant* input(std::size_t i) const { return i < inputs.size() ? inputs[i] : nullptr; }
    /// Integers given as an attribute in old opsets and as an input in new ones. Nothing when neither is there.
    [[nodiscard]] std::optional<Dims> integers(const char* name, std::size_t place) const {
        if (const auto written = ints_attribute(node, name)) return written;
        return input(place) != nullptr ? integers_of(*input(place)) : std::nullopt;
    }
    [[nodiscard]] bool too_large(const Dims& dims) const {
        Index limit = kSmallResult;
        for (const Constant* constant : inputs) limit += constant != nullptr ? constant->elements() : 0;
        Index elements = 1;
        for (const Index dim : dims) {
            if (dim < 0 || __builtin_mul_overflow(elements, dim, &elements) || elements > limit) return true;
        }
        return false;
    }
};

std::optional<Index> normalized_axis(Index axis, Index rank) {
    if (axis < -rank || axis >= rank) return std::nullopt;
    return axis < 0 ? axis + rank : axis;
}

Index product(const Dims& dims, std::size_t begin, std::size_t end) {
    Index elements = 1;
    for (std::size_t i = begin; i < end; ++i) elements *= dims[i];
    return elements;
}

Index rank_of(const Constant& constant) { return static_cast<Index>(constant.dims.size()); }

Constant integers(Draft& draft, const Dims& values, Dims dims) {
    return draft.own(ElementType::int64, std::move(dims),
                     std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Index)));
}

/// The same values in other dims: shares the memory.
Result reshaped(const Constant& constant, Dims dims) {
    Constant result = constant;
    result.dims = std::move(dims);
    return result.elements() == constant.elements() ? Result(std::move(result)) : std::nullopt;
}

/// Element [i0, i1, ...] of the result is element offset + sum(i * step) of `from`.
Constant strided(Draft& draft, const Constant& from, const Dims& dims, Index offset, const Dims& steps) {
    const auto size = static_cast<std::size_t>(element_size(from.type));
    const auto total = static_cast<std::size_t>(product(dims, 0, dims.size()));
    std::string bytes(total * size, '\0');
    Dims at(dims.size(), 0);
    Index source = offset;
    for (std::size_t i = 0; i < total; ++i) {
        std::memcpy(bytes.data() + i * size, from.data.data() + static_cast<std::size_t>(source) * size, size);
        for (std::size_t axis = dims.size(); axis-- > 0;) {
            source += steps[axis];
            if (++at[axis] < dims[axis]) break;
            source -= steps[axis] * dims[axis];
            at[axis] = 0;
        }
    }
    return draft.own(from.type, dims, std::move(bytes));
}

Dims dense_steps(const Dims& dims) {
    Dims steps(dims.size(), 1);
    for (std::size_t axis = dims.size(); axis-- > 1;) steps[axis - 1] = steps[axis] * dims[axis];
    return steps;
}

Result identity(const Call& call) { return *call.inputs[0]; }

Result reshape(const Call& call) {
    const Constant& in = *call.inputs[0];
    auto dims = call.input(1) != nullptr ? integers_of(*call.input(1)) : std::nullopt;
    if (!dims || dims->size() > 32) return std::nullopt;
    const bool zero_is_zero = int_attribute(call.node, "allowzero", 0) != 0;
    Index known = 1;
    std::optional<std::size_t> open;
    for (std::size_t i = 0; i < dims->size(); ++i) {
        Index& dim = (*dims)[i];
        if (dim == 0 && !zero_is_zero) {
            if (i >= in.dims.size()) return std::nullopt;
            dim = in.dims[i];
        }
        if (dim < -1 || (dim == -1 && open)) return std::nullopt;
        if (dim == -1) open = i;
        if (dim != -1 && __builtin_mul_overflow(known, dim, &known)) return std::nullopt;
    }
    if (open) {
        if (known == 0) return std::nullopt;
        (*dims)[*open] = in.elements() / known;
    }
    return call.too_large(*dims) ? std::nullopt : reshaped(in, std::move(*dims));
}

Result flatten(const Call& call) {
    const Constant& in = *call.inputs[0];
    Index axis = int_attribute(call.node, "axis", 1);
    if (axis < -rank_of(in) || axis > rank_of(in)) return std::nullopt;
    if (axis < 0) axis += rank_of(in);
    const auto cut = static_cast<std::size_t>(axis);
    return reshaped(in, {product(in.dims, 0, cut), product(in.dims, cut, in.dims.size())});
}

Result squeeze(const Call& call) {
    const Constant& in = *call.inputs[0];
    const auto axes = call.integers("axes", 1);
    std::vector<bool> gone(in.dims.size(), false);
    if (!axes) {
        if (call.input(1) != nullptr) return std::nullopt;
        for (std::size_t i = 0; i < gone.size(); ++i) gone[i] = in.dims[i] == 1;
    } else {
        for (const Index axis : *axes) {
            const auto place = normalized_axis(axis, rank_of(in));
            if (!place || in.dims[static_cast<std::size_t>(*place)] != 1) return std::nullopt;
            gone[static_cast<std::size_t>(*place)] = true;
        }
    }
    Dims dims;
    for (std::size_t i = 0; i < gone.size(); ++i) {
        if (!gone[i]) dims.push_back(in.dims[i]);
    }
    return reshaped(in, std::move(dims));
}

Result unsqueeze(const Call& call) {
    const Constant& in = *call.inputs[0];
    const auto axes = call.integers("axes", 1);
    if (!axes || axes->size() > 16) return std::nullopt;
    std::vector<bool> fresh(in.dims.size() + axes->size(), false);
    for (const Index axis : *axes) {
        const auto place = normalized_axis(axis, static_cast<Index>(fresh.size()));
        if (!place || fresh[static_cast<std::size_t>(*place)]) return std::nullopt;
        fresh[static_cast<std::size_t>(*place)] = true;
    }
    Dims dims;
    auto old = in.dims.begin();
    for (const bool is_new : fresh) dims.push_back(is_new ? 1 : *old++);
    return reshaped(in, std::move(dims));
}

Result transpose(const Call& call) {
    const Constant& in = *call.inputs[0];
    Dims perm(in.dims.size());
    for (std::size_t i = 0; i < perm.size(); ++i) perm[i] = static_cast<Index>(perm.size() - 1 - i);
    if (const auto written = ints_attribute(call.node, "perm")) perm = *written;
    if (perm.size() != in.dims.size()) return std::nullopt;
    const Dims steps = dense_steps(in.dims);
    std::vector<bool> seen(perm.size(), false);
    Dims dims;
    Dims permuted;
    for (const Index axis : perm) {
        if (axis < 0 || axis >= rank_of(in) || seen[static_cast<std::size_t>(axis)]) return std::nullopt;
        seen[static_cast<std::size_t>(axis)] = true;
        dims.push_back(in.dims[static_cast<std::size_t>(axis)]);
        permuted.push_back(steps[static_cast<std::size_t>(axis)]);
    }
    return strided(call.draft, in, dims, 0, permuted);
}

/// One axis of a Slice: first index, step, count.
struct Range {
    Index begin;
    Index step;
    Index count;
};

Range sliced(Index dim, Index start, Index end, Index step) {
    if (start < 0) start += dim;
    if (end < 0) end += dim;
    if (step > 0) {
        start = std::clamp<Index>(start, 0, dim);
        end = std::clamp<Index>(end, 0, dim);
        return {start, step, end > start ? (end - start - 1) / step + 1 : 0};
    }
    start = std::clamp<Index>(start, 0, dim - 1);
    end = std::clamp<Index>(end, -1, dim - 1);
    return {start, step, start > end ? (start - end - 1) / -step + 1 : 0};
}

Result slice(const Call& call) {
    const Constant& in = *call.inputs[0];
    const auto starts = call.integers("starts", 1);
    const auto ends = call.integers("ends", 2);
    const auto axes = call.integers("axes", 3);
    const auto steps = call.input(4) != nullptr ? integers_of(*call.input(4)) : std::nullopt;
    if (!starts || !ends || starts->size() != ends->size() || in.elements() == 0) return std::nullopt;
    if ((axes && axes->size() != starts->size()) || (steps && steps->size() != starts->size())) return std::nullopt;
    Dims dims = in.dims;
    Dims distance = dense_steps(in.dims);
    Index offset = 0;
    std::vector<bool> seen(dims.size(), false);
    for (std::size_t i = 0; i < starts->size(); ++i) {
        const auto place = normalized_axis(axes ? (*axes)[i] : static_cast<Index>(i), rank_of(in));
        const Index step = steps ? std::clamp<Index>((*steps)[i], -(Index{1} << 40), Index{1} << 40) : 1;
        if (!place || step == 0 || seen[static_cast<std::size_t>(*place)]) return std::nullopt;
        const auto axis = static_cast<std::size_t>(*place);
        seen[axis] = true;
        const Range range = sliced(dims[axis], (*starts)[i], (*ends)[i], step);
        dims[axis] = range.count;
        offset += range.begin * distance[axis];
        if (range.count > 1) distance[axis] *= range.step;
    }
    return strided(call.draft, in, dims, offset, distance);
}

Result gather(const Call& call) {
    const Constant& in = *call.inputs[0];
    const auto place = normalized_axis(int_attribute(call.node, "axis", 0), rank_of(in));
    const auto picks = call.input(1) != nullptr ? integers_of(*call.input(1)) : std::nullopt;
    if (!place || !picks) return std::nullopt;
    const auto axis = static_cast<std::size_t>(*place);
    Dims dims(in.dims.begin(), in.dims.begin() + *place);
    dims.insert(dims.end(), call.input(1)->dims.begin(), call.input(1)->dims.end());
    dims.insert(dims.end(), in.dims.begin() + *place + 1, in.dims.end());
    if (call.too_large(dims) || dims.size() > 32) return std::nullopt;
    const Index outer = product(in.dims, 0, axis);
    const auto run = static_cast<std::size_t>(product(in.dims, axis + 1, in.dims.size()) * element_size(in.type));
    std::string bytes;
    for (Index o = 0; o < outer; ++o) {
        for (Index pick : *picks) {
            if (pick < -in.dims[axis] || pick >= in.dims[axis]) return std::nullopt;
            if (pick < 0) pick += in.dims[axis];
            const auto at = static_cast<std::size_t>(o * in.dims[axis] + pick) * run;
            bytes.append(reinterpret_cast<const char*>(in.data.data()) + at, run);
        }
    }
    return call.draft.own(in.type, dims, std::move(bytes));
}

Result concat(const Call& call) {
    const Constant& first = *call.inputs[0];
    const auto place = normalized_axis(int_attribute(call.node, "axis", 0), rank_of(first));
    if (!place) return std::nullopt;
    const auto axis = static_cast<std::size_t>(*place);
    Dims dims = first.dims;
    dims[axis] = 0;
    for (const Constant* part : call.inputs) {
        if (part == nullptr || part->type != first.type || part->dims.size() != dims.size()) return std::nullopt;
        for (std::size_t i = 0; i < dims.size(); ++i) {
            if (i != axis && part->dims[i] != dims[i]) return std::nullopt;
        }
        dims[axis] += part->dims[axis];
    }
    if (call.too_large(dims)) return std::nullopt;
    std::string bytes;
    const Index outer = product(dims, 0, axis);
    for (Index o = 0; o < outer; ++o) {
        for (const Constant* part : call.inputs) {
            const std::size_t run = part->data.size() / static_cast<std::size_t>(outer);
            bytes.append(reinterpret_cast<const char*>(part->data.data()) + static_cast<std::size_t>(o) * run, run);
        }
    }
    return call.draft.own(first.type, dims, std::move(bytes));
}

Result expand(const Call& call) {
    const auto shape = call.input(1) != nullptr ? integers_of(*call.input(1)) : std::nullopt;
    if (!shape) return std::nullopt;
    const auto dims = broadcast_dims(call.inputs[0]->dims, *shape);
    if (!dims || call.too_large(*dims)) return std::nullopt;
    return strided(call.draft, *call.inputs[0], *dims, 0, broadcast_steps(call.inputs[0]->dims, *dims));
}

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

Result where(const Call& call) {
    if (call.inputs.size() != 3 || call.inputs[1] == nullptr || call.inputs[2] == nullptr) return std::nullopt;
    const Constant& yes = *call.inputs[1];
    const Constant& no = *call.inputs[2];
    auto dims = broadcast_dims(yes.dims, no.dims);
    if (dims) dims = broadcast_dims(*dims, call.inputs[0]->dims);
    if (!dims || call.too_large(*dims) || call.inputs[0]->type != ElementType::boolean || yes.type != no.type) {
        return std::nullopt;
    }
    const auto wide = [&](const Constant& from) {
        return strided(call.draft, from, *dims, 0, broadcast_steps(from.dims, *dims));
    };
    const Constant choice = wide(*call.inputs[0]);
    const Constant taken = wide(yes);
    const Constant other = wide(no);
    const auto size = static_cast<std::size_t>(element_size(yes.type));
    std::string bytes;
    for (std::size_t i = 0; i < choice.data.size(); ++i) {
        const Constant& from = choice.data[i] != std::byte{0} ? taken : other;
        bytes.append(reinterpret_cast<const char*>(from.data.data()) + i * size, size);
    }
    return call.draft.own(yes.type, *dims, std::move(bytes));
}

/// Shape and Size need no constant, only the shape of their input.
Result shape_of(const onnx::NodeProto& node, Draft& draft) {
    const TensorShape* shape = node.input_size() == 1 ? draft.shape(node.input(0)) : nullptr;
    if (shape == nullptr) return std::nullopt;
    if (node.op_type() == "Size") return integers(draft, {product(shape->dims, 0, shape->dims.size())}, {});
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

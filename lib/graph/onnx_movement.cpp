// Constant operators that only move elements.
#include <algorithm>
#include <cstring>

#include "graph/onnx_arithmetic.hpp"
#include "graph/onnx_call.hpp"

namespace convoy::graph::detail {
namespace {

using Dims = std::vector<Index>;

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

/// The same values in other dims: shares the memory.
Result reshaped(const Constant& constant, Dims dims) {
    Constant result = constant;
    result.dims = std::move(dims);
    return result.elements() == constant.elements() ? Result(std::move(result)) : std::nullopt;
}

Dims dense_steps(const Dims& dims) {
    Dims steps(dims.size(), 1);
    for (std::size_t axis = dims.size(); axis-- > 1;) steps[axis - 1] = steps[axis] * dims[axis];
    return steps;
}

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

}  // namespace

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

std::optional<std::vector<Range>> slice_ranges(const Dims& dims, const SliceArguments& arguments) {
    const auto& [starts, ends, axes, steps] = arguments;
    if (starts.size() != ends.size()) return std::nullopt;
    if ((axes && axes->size() != starts.size()) || (steps && steps->size() != starts.size())) return std::nullopt;
    std::vector<Range> ranges;
    for (const Index dim : dims) ranges.push_back({0, 1, dim});
    std::vector<bool> seen(dims.size(), false);
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const auto place = normalized_axis(axes ? (*axes)[i] : static_cast<Index>(i), static_cast<Index>(dims.size()));
        const Index step = steps ? std::clamp<Index>((*steps)[i], -(Index{1} << 40), Index{1} << 40) : 1;
        if (!place || step == 0 || seen[static_cast<std::size_t>(*place)]) return std::nullopt;
        const auto axis = static_cast<std::size_t>(*place);
        seen[axis] = true;
        ranges[axis] = sliced(dims[axis], starts[i], ends[i], step);
    }
    return ranges;
}

Result slice(const Call& call) {
    const Constant& in = *call.inputs[0];
    const auto starts = call.integers("starts", 1);
    const auto ends = call.integers("ends", 2);
    const auto axes = call.integers("axes", 3);
    const auto steps = call.input(4) != nullptr ? integers_of(*call.input(4)) : std::nullopt;
    if (!starts || !ends || in.elements() == 0) return std::nullopt;
    const auto ranges = slice_ranges(in.dims, {*starts, *ends, axes, steps});
    if (!ranges) return std::nullopt;
    Dims dims;
    Dims distance = dense_steps(in.dims);
    Index offset = 0;
    for (std::size_t axis = 0; axis < ranges->size(); ++axis) {
        const Range& range = (*ranges)[axis];
        dims.push_back(range.count);
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

Result tile(const Call& call) {
    const Constant& in = *call.inputs[0];
    const auto repeats = call.input(1) != nullptr ? integers_of(*call.input(1)) : std::nullopt;
    if (!repeats || repeats->size() != in.dims.size() || repeats->size() > 16) return std::nullopt;
    // As [r0, d0, r1, d1, ...], where a repetition moves nowhere.
    const Dims dense = dense_steps(in.dims);
    Dims dims;
    Dims pairs;
    Dims steps;
    for (std::size_t axis = 0; axis < in.dims.size(); ++axis) {
        Index extent = 0;
        if (__builtin_mul_overflow((*repeats)[axis], in.dims[axis], &extent)) return std::nullopt;
        dims.push_back(extent);
        pairs.insert(pairs.end(), {(*repeats)[axis], in.dims[axis]});
        steps.insert(steps.end(), {0, dense[axis]});
    }
    if (call.too_large(dims)) return std::nullopt;
    return reshaped(strided(call.draft, in, pairs, 0, steps), std::move(dims));
}

Result scatter(const Call& call) {
    if (call.inputs.size() != 3 || call.inputs[1] == nullptr || call.inputs[2] == nullptr) return std::nullopt;
    const Constant& in = *call.inputs[0];
    const Constant& written = *call.inputs[2];
    const Dims& shape = call.inputs[1]->dims;
    const auto indices = integers_of(*call.inputs[1]);
    if (!indices || shape.empty() || shape.back() < 1 || shape.back() > rank_of(in) || in.type != written.type ||
        string_attribute(call.node, "reduction", "none") != "none") {
        return std::nullopt;
    }
    const auto depth = static_cast<std::size_t>(shape.back());
    const auto size = static_cast<std::size_t>(element_size(in.type));
    const Dims steps = dense_steps(in.dims);
    const auto run = static_cast<std::size_t>(product(in.dims, depth, in.dims.size())) * size;
    if (indices->size() / depth * run != written.data.size()) return std::nullopt;
    std::string bytes(reinterpret_cast<const char*>(in.data.data()), in.data.size());
    for (std::size_t update = 0; update < indices->size() / depth; ++update) {
        Index place = 0;
        for (std::size_t axis = 0; axis < depth; ++axis) {
            Index at = (*indices)[update * depth + axis];
            if (at < -in.dims[axis] || at >= in.dims[axis]) return std::nullopt;
            if (at < 0) at += in.dims[axis];
            place += at * steps[axis];
        }
        std::memcpy(bytes.data() + static_cast<std::size_t>(place) * size, written.data.data() + update * run, run);
    }
    return call.draft.own(in.type, in.dims, std::move(bytes));
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

}  // namespace convoy::graph::detail

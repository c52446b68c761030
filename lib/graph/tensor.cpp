#include "graph/tensor.hpp"

#include <cassert>
#include <cstring>

namespace convoy::graph {
namespace {

/// Byte distance from one element to the next along each axis of a dense box.
std::array<Index, kAxes> strides(const Box& box, Index element_bytes) {
    std::array<Index, kAxes> stride{};
    Index distance = element_bytes;
    for (std::size_t axis = kAxes; axis-- > 0;) {
        stride[axis] = distance;
        distance *= box.axes[axis].size();
    }
    return stride;
}

/// The part `box` inside one dense box that lies at `data`.
struct Part {
    std::byte* data;
    std::array<Index, kAxes> stride;
};

Part part_of(const Box& whole, std::byte* data, const Box& box, Index element_bytes) {
    Part part{data, strides(whole, element_bytes)};
    for (std::size_t axis = 0; axis < kAxes; ++axis) {
        part.data += (box.axes[axis].begin - whole.axes[axis].begin) * part.stride[axis];
    }
    return part;
}

/// Copies one box, axis by axis, until what is left lies dense in both.
void copy_box(const Part& from, const Part& to, const Box& box, Index element_bytes) {
    std::size_t axis = kAxes;
    Index run = element_bytes;
    while (axis > 0 && from.stride[axis - 1] == run && to.stride[axis - 1] == run) run *= box.axes[--axis].size();
    std::array<Index, kAxes> at{};
    for (;;) {
        std::byte* source = from.data;
        std::byte* target = to.data;
        for (std::size_t i = 0; i < axis; ++i) {
            source += at[i] * from.stride[i];
            target += at[i] * to.stride[i];
        }
        std::memcpy(target, source, static_cast<std::size_t>(run));
        std::size_t digit = axis;
        while (digit > 0 && ++at[digit - 1] == box.axes[digit - 1].size()) at[--digit] = 0;
        if (digit == 0) return;
    }
}

template <class Visit>
void for_each_box(const TensorView& view, Visit visit) {
    std::byte* data = view.data();
    for (const Box& box : view.boxes()) {
        visit(box, data);
        data += box.volume() * view.element_bytes();
    }
}

}  // namespace

Index element_size(ElementType type) noexcept {
    switch (type) {
        case ElementType::uint8:
        case ElementType::int8:
        case ElementType::boolean:
            return 1;
        case ElementType::float16:
            return 2;
        case ElementType::float32:
        case ElementType::int32:
            return 4;
        case ElementType::int64:
        case ElementType::float64:
            return 8;
    }
    return 0;
}

const char* to_string(ElementType type) noexcept {
    switch (type) {
        case ElementType::float32:
            return "float32";
        case ElementType::uint8:
            return "uint8";
        case ElementType::int8:
            return "int8";
        case ElementType::int32:
            return "int32";
        case ElementType::int64:
            return "int64";
        case ElementType::boolean:
            return "bool";
        case ElementType::float16:
            return "float16";
        case ElementType::float64:
            return "float64";
    }
    return "unknown";
}

Index TensorView::volume() const noexcept {
    Index sum = 0;
    for (const Box& box : boxes_) sum += box.volume();
    return sum;
}

Tensor::Tensor(std::vector<Box> boxes, Index element_bytes)
    : boxes_(std::move(boxes)),
      element_bytes_(element_bytes),
      memory_(util::AlignedBytes(static_cast<std::size_t>(TensorView(boxes_, nullptr, element_bytes).bytes().value))) {}

Tensor::Tensor(std::vector<Box> boxes, util::SharedBytes memory, Index element_bytes)
    : boxes_(std::move(boxes)), element_bytes_(element_bytes), memory_(std::move(memory)) {
    assert(static_cast<Index>(memory_.bytes.size()) >= view().bytes().value);
}

void copy(const TensorView& from, const TensorView& to, const Region& region) {
    const Index size = from.element_bytes();
    for_each_box(from, [&](const Box& source, std::byte* source_data) {
        for_each_box(to, [&](const Box& target, std::byte* target_data) {
            const Box common = intersection(source, target);
            if (common.empty()) return;
            for (const Box& wanted : region.boxes()) {
                const Box box = intersection(common, wanted);
                if (box.empty()) continue;
                copy_box(part_of(source, source_data, box, size), part_of(target, target_data, box, size), box, size);
            }
        });
    });
}

void copy(const TensorView& from, const TensorView& to) {
    const Index size = from.element_bytes();
    for_each_box(from, [&](const Box& source, std::byte* source_data) {
        for_each_box(to, [&](const Box& target, std::byte* target_data) {
            const Box box = intersection(source, target);
            if (box.empty()) return;
            copy_box(part_of(source, source_data, box, size), part_of(target, target_data, box, size), box, size);
        });
    });
}

}  // namespace convoy::graph

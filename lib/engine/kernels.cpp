#include "engine/kernels.hpp"

#include <algorithm>
#include <utility>

#include "engine/functions.hpp"

namespace convoy::engine {

using graph::Box;
using graph::Index;
using graph::Slab;
using graph::TensorView;

Source::Source(const graph::TensorInfo& tensor, const Slab& slab, const Slab& shape,
               const std::vector<TensorView>* const* views)
    : Kernel(dims_of(shape)),
      boxes_(slab.boxes()),
      type_(tensor.type),
      element_bytes_(tensor.element_bytes),
      views_(views) {
    if (type_ != graph::ElementType::float32) raw_.resize(static_cast<std::size_t>(slab.volume() * element_bytes_));
}

void Source::run(std::span<const cv::Mat>, cv::Mat& output) {
    const std::vector<TensorView>& views = **views_;
    if (!raw_.empty()) {
        const TensorView slab(boxes_, raw_.data(), element_bytes_);
        for (const TensorView& view : views) graph::copy(view, slab);
        to_floats(type_, raw_.data(), output.ptr<float>(), static_cast<Index>(output.total()));
        return;
    }
    if (views.size() == 1 && std::ranges::equal(views.front().boxes(), boxes_)) {
        output = cv::Mat(shape(), CV_32F, views.front().data());
        return;
    }
    const TensorView slab(boxes_, reinterpret_cast<std::byte*>(output.data), element_bytes_);
    for (const TensorView& view : views) graph::copy(view, slab);
}

Sink::Sink(std::vector<Part> parts, const std::span<const TensorView>* views, std::vector<std::span<float>>* values)
    : Kernel({1, 1}), parts_(std::move(parts)), views_(views), values_(values) {
    values_->resize(parts_.size());
}

void Sink::run(std::span<const cv::Mat> inputs, cv::Mat&) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        Part& part = parts_[i];
        (*values_)[i] = {reinterpret_cast<float*>(inputs[i].data), inputs[i].total()};
        if ((*views_)[i].boxes().empty()) continue;
        auto* values = reinterpret_cast<std::byte*>(inputs[i].data);
        if (part.type != graph::ElementType::float32) {
            const auto count = static_cast<Index>(inputs[i].total());
            part.raw.resize(static_cast<std::size_t>(count * element_size(part.type)));
            from_floats(part.type, inputs[i].ptr<float>(), part.raw.data(), count);
            values = part.raw.data();
        }
        const TensorView value(part.boxes, values, part.element_bytes);
        graph::copy(value, (*views_)[i]);
    }
}

namespace {
Slab padded(const Slab& part, const Window::Pads& pads) {
    Slab out = part;
    out.h.end += pads.top + pads.bottom;
    out.w.end += pads.left + pads.right;
    return out;
}
}  // namespace

Window::Window(const Slab& part, std::optional<Crop> crop, const Pads& pads, float value)
    : Kernel(dims_of(padded(part, pads))),
      part_(part),
      out_(padded(part, pads)),
      crop_(std::move(crop)),
      pads_(pads),
      value_(value) {}

void Window::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    auto* to = output.ptr<float>();
    if (!crop_) {
        std::fill_n(to, output.total(), value_);
        return;
    }
    const auto* from = inputs[0].ptr<float>();
    for_each_plane(out_, out_.volume(), [&](Index n, Index c) { plane(from, to, n, c); });
}

void Window::plane(const float* from, float* to, Index n, Index c) const {
    const Index height = out_.h.size();
    const Index width = out_.w.size();
    to += (n * out_.channels() + c) * height * width;
    to = std::fill_n(to, pads_.top * width, value_);
    for (Index h = 0; h < part_.h.size(); ++h) {
        to = std::fill_n(to, pads_.left, value_);
        to = std::copy_n(crop_->row(from, n, c, h), part_.w.size(), to);
        to = std::fill_n(to, pads_.right, value_);
    }
    std::fill_n(to, pads_.bottom * width, value_);
}

GlobalPool::GlobalPool(bool maximum, const Slab& output, const Slab& input, Crop crop, Index area, Pointwise tail)
    : Kernel(dims_of(output)),
      maximum_(maximum),
      output_(output),
      input_(input),
      crop_(std::move(crop)),
      area_(area),
      tail_(std::move(tail)) {}

void GlobalPool::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    for_each_plane(output_, input_.volume(), [&](Index n, Index c) {
        double sum = 0;
        float largest = *crop_.row(from, n, c, 0);
        for (Index h = 0; h < input_.h.size(); ++h) {
            const float* row = crop_.row(from, n, c, h);
            if (maximum_) {
                largest = std::max(largest, *std::max_element(row, row + input_.w.size()));
            } else {
                for (Index w = 0; w < input_.w.size(); ++w) sum += row[w];
            }
        }
        float* result = to + n * output_.channels() + c;
        *result = maximum_ ? largest : static_cast<float>(sum / static_cast<double>(area_));
        tail_.apply(result, result, 1, c);
    });
}

Binary::Binary(graph::Arithmetic arithmetic, const Slab& output, std::vector<Operand> operands, Pointwise tail)
    : Kernel(dims_of(output)),
      arithmetic_(arithmetic),
      output_(output),
      operands_(std::move(operands)),
      tail_(std::move(tail)) {}

void Binary::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const Index height = output_.h.size();
    const Index width = output_.w.size();
    for_each_plane(output_, output_.volume(), [&](Index n, Index c) {
        float* plane = output.ptr<float>() + (n * output_.channels() + c) * height * width;
        for (Index h = 0; h < height; ++h) {
            float* row = plane + h * width;
            for (const Operand& operand : operands_) {
                const Slab& part = operand.part;
                const float* from = operand.values.empty() ? inputs[operand.input].ptr<float>() : operand.values.data();
                const float* values = operand.crop.row(from, part.n.size() == 1 ? 0 : n, part.channels() == 1 ? 0 : c,
                                                       part.h.size() == 1 ? 0 : h);
                const Index step = part.w.size() == 1 ? 0 : 1;
                if (&operand == &operands_.front()) {
                    spread(values, step, row, width);
                } else {
                    combine(arithmetic_, values, step, row, width);
                }
            }
        }
        tail_.apply(plane, plane, height * width, c);
    });
}

Concat::Concat(const Slab& output, std::vector<std::optional<Crop>> crops, std::vector<Origin> origins, Pointwise tail)
    : Kernel(dims_of(output)),
      output_(output),
      crops_(std::move(crops)),
      origins_(std::move(origins)),
      tail_(std::move(tail)) {}

void Concat::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const Index height = output_.h.size();
    const Index width = output_.w.size();
    for_each_plane(output_, output_.volume(), [&](Index n, Index c) {
        float* plane = output.ptr<float>() + (n * output_.channels() + c) * height * width;
        const Origin& origin = origins_[static_cast<std::size_t>(c)];
        const auto* from = inputs[origin.input].ptr<float>();
        for (Index h = 0; h < height; ++h) {
            std::copy_n(crops_[origin.input]->row(from, n, origin.channel, h), width, plane + h * width);
        }
        tail_.apply(plane, plane, height * width, c);
    });
}

Map::Map(const Slab& output, Crop crop, std::vector<Pointwise> functions)
    : Kernel(dims_of(output)), output_(output), crop_(std::move(crop)), functions_(std::move(functions)) {}

void Map::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const Index height = output_.h.size();
    const Index width = output_.w.size();
    const auto* from = inputs[0].ptr<float>();
    for_each_plane(output_, output_.volume(), [&](Index n, Index c) {
        float* plane = output.ptr<float>() + (n * output_.channels() + c) * height * width;
        for (Index h = 0; h < height; ++h) std::copy_n(crop_.row(from, n, c, h), width, plane + h * width);
        for (const Pointwise& function : functions_) function.apply(plane, plane, height * width, c);
    });
}

}  // namespace convoy::engine

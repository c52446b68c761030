#include "engine/net.hpp"

#include <fmt/format.h>

#include <numeric>

#include "engine/layers.hpp"

namespace convoy::engine {

using graph::Index;
using graph::Slab;

Slab shape_of(const graph::TensorInfo& tensor, const Slab& slab) {
    if (!tensor.whole_only || slab.empty()) return slab;
    Slab row = slab;
    row.w.end = row.w.begin + tensor.element_bytes / element_size(tensor.type);
    return row;
}

NetBuilder::NetBuilder(Weights& weights, Shard::Net& net) : weights_(weights), net_(net) {
    prepare_opencv();
    net_.net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net_.net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
}

int NetBuilder::add_layer(const std::string& type, cv::dnn::LayerParams& params, const std::vector<Value>& inputs) {
    net_.sink = fmt::format("l{}", net_.net.getLayerNames().size());
    const int id = net_.net.addLayer(net_.sink, type, params);
    int pin = 0;
    for (const Value& input : inputs) net_.net.connect(input.layer, 0, id, pin++);
    if (inputs.empty()) net_.net.connect(0, 0, id, 0);  // a net's layers all hang on its input
    return id;
}

Value NetBuilder::add_kernel(std::unique_ptr<Kernel> kernel, const Slab& slab, const std::vector<Value>& inputs) {
    cv::dnn::LayerParams params = layer_params(*kernel);
    Value value{add_layer(kKernelLayer, params, inputs), slab, kernel->shape()};
    net_.kernels.push_back(std::move(kernel));
    return value;
}

Value NetBuilder::add_stock(const std::string& type, cv::dnn::LayerParams params, const Slab& slab,
                            const std::vector<Value>& inputs, std::vector<int> dims) {
    return {add_layer(type, params, inputs), slab, std::move(dims)};
}

Value NetBuilder::add_source(const graph::TensorInfo& tensor, const Slab& slab, std::size_t input) {
    const Slab shape = shape_of(tensor, slab);
    return add_kernel(std::make_unique<Source>(tensor, slab, shape, &net_.inputs[input]), shape, {});
}

void NetBuilder::add_sink(const std::vector<Value>& values, const std::vector<plan::Run::Output>& outputs) {
    std::vector<Sink::Part> parts;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const graph::TensorInfo& tensor = graph().tensor(outputs[i].tensor);
        Slab held = values[i].slab;
        if (tensor.whole_only) held = outputs[i].slab;
        parts.push_back({held.boxes(), tensor.type, tensor.element_bytes, {}});
    }
    add_kernel(std::make_unique<Sink>(std::move(parts), &net_.outputs, &net_.values), {}, values);
}

Value NetBuilder::add_tail(const graph::Tail& tail, const Value& value) {
    auto function = std::make_unique<Pointwise>(tail, value.slab.c, false);
    if (function->identity()) return value;
    const bool relu = tail.activation == graph::Activation::relu || tail.activation == graph::Activation::leaky_relu;
    if (relu && tail.scale.empty() && tail.shift.empty()) {  // OpenCV's convolution computes this one in registers
        cv::dnn::LayerParams params;
        params.set("negative_slope", tail.activation == graph::Activation::relu ? 0.0F : tail.alpha);
        return add_stock("ReLU", params, value.slab, {value}, value.dims);
    }
    cv::dnn::LayerParams params = layer_params(*function);
    net_.functions.push_back(std::move(function));
    return add_stock(kPointwiseLayer, params, value.slab, {value}, value.dims);
}

Value NetBuilder::reshaped(const Value& value, const std::vector<int>& dims) {
    if (value.dims == dims) return value;
    cv::dnn::LayerParams params;
    params.set("dim", cv::dnn::DictValue::arrayInt(dims.data(), static_cast<int>(dims.size())));
    return add_stock("Reshape", params, value.slab, {value}, dims);
}

Value NetBuilder::cropped(const Value& value, const Slab& part) {
    if (value.slab == part) return value;
    return add_kernel(std::make_unique<Window>(part, Crop(part, value.slab), Window::Pads{}, 0.0F), part, {value});
}

}  // namespace convoy::engine

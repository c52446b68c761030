#include "zoo/builder.hpp"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace convoy::zoo {
namespace {

constexpr double kBiasSpread = 0.1;

Value named(const std::string& node, Value shape) {
    shape.name = node + "_out";
    return shape;
}

std::int64_t windows(std::int64_t extent, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
    return (extent + 2 * pad - kernel) / stride + 1;
}

std::int64_t windows(std::int64_t extent, const PoolShape& shape) {
    if (shape.same) return (extent + shape.stride - 1) / shape.stride;
    const std::int64_t round_up = shape.ceil ? shape.stride - 1 : 0;
    return windows(extent + round_up, shape.kernel, shape.stride, shape.pad);
}

/// Mean and variance of max(x, 0) + slope * min(x, 0) for a normal x.
Value rectified(Value x, double slope = 0) {
    const double deviation = std::sqrt(x.variance);
    const double z = x.mean / deviation;
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    const double positive = std::erfc(-z / std::numbers::sqrt2) / 2;
    const double upper_power = x.power() * positive + x.mean * deviation * density;
    const double upper_mean = x.mean * positive + deviation * density;
    const double power = upper_power + slope * slope * (x.power() - upper_power);
    x.mean = upper_mean + slope * (x.mean - upper_mean);
    x.variance = power - x.mean * x.mean;
    return x;
}

void set(onnx::NodeProto& node, const char* name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
}

void set(onnx::NodeProto& node, const char* name, float value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
}

void set(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    attribute.mutable_ints()->Add(values.begin(), values.end());
}

void set(onnx::NodeProto& node, const char* name, const char* value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
}

void set_window(onnx::NodeProto& node, std::int64_t kernel, std::int64_t stride) {
    set(node, "kernel_shape", {kernel, kernel});
    set(node, "strides", {stride, stride});
}

void set_pads(onnx::NodeProto& node, std::int64_t pad) { set(node, "pads", {pad, pad, pad, pad}); }

void set_type(onnx::ValueInfoProto& info, const std::string& name, const std::vector<std::int64_t>& dims) {
    info.set_name(name);
    onnx::TypeProto_Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims) tensor.mutable_shape()->add_dim()->set_dim_value(dim);
}

}  // namespace

Builder::Builder(const std::string& model_name) : model_(std::make_unique<onnx::ModelProto>()) {
    model_->set_ir_version(7);
    model_->set_producer_name("convoy-zoo");
    onnx::OperatorSetIdProto& opset = *model_->add_opset_import();
    opset.set_domain("");
    opset.set_version(13);
    model_->mutable_graph()->set_name(model_name);
}

Builder::~Builder() = default;

onnx::NodeProto& Builder::node(const std::string& op, const Value& out, const std::vector<std::string>& inputs) {
    onnx::NodeProto& node = *model_->mutable_graph()->add_node();
    node.set_op_type(op);
    node.set_name(out.name.substr(0, out.name.rfind("_out")));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(out.name);
    return node;
}

std::string Builder::weight(const std::string& name, const std::vector<std::int64_t>& dims, const Filling& filling) {
    onnx::TensorProto& tensor = *model_->mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.mutable_dims()->Add(dims.begin(), dims.end());
    fillings_.push_back(filling);
    return name;
}

Value Builder::input(std::int64_t channels, std::int64_t height, std::int64_t width) {
    set_type(*model_->mutable_graph()->add_input(), "input", {1, channels, height, width});
    return {.name = "input", .channels = channels, .height = height, .width = width};
}

Value Builder::conv(const std::string& name, const Value& x, const ConvShape& shape) {
    const std::int64_t per_group = x.channels / shape.groups;
    const auto fan_in = static_cast<double>(per_group * shape.kernel * shape.kernel);
    const Value out = named(name, {.channels = shape.outputs,
                                   .height = windows(x.height, shape.kernel, shape.stride, shape.pad),
                                   .width = windows(x.width, shape.kernel, shape.stride, shape.pad)});
    std::vector<std::string> inputs{
        x.name, weight(name + ".weight", {shape.outputs, per_group, shape.kernel, shape.kernel},
                       {.spread = std::sqrt(1 / (fan_in * (shape.centred ? x.variance : x.power()))),
                        .run = shape.centred ? static_cast<std::int64_t>(fan_in) : 1})};
    if (shape.bias) inputs.push_back(weight(name + ".bias", {shape.outputs}, {.spread = kBiasSpread}));
    onnx::NodeProto& made = node("Conv", out, inputs);
    set(made, "dilations", {1, 1});
    set(made, "group", shape.groups);
    set_window(made, shape.kernel, shape.stride);
    set_pads(made, shape.pad);
    return out;
}

Value Builder::batch_norm(const std::string& name, const Value& x, double scale) {
    using enum Filling::Kind;
    Value out = named(name, x);
    const double deviation = std::sqrt(x.variance);
    onnx::NodeProto& made =
        node("BatchNormalization", out,
             {x.name, weight(name + ".weight", {x.channels}, {uniform, scale, 0.2 * scale}),
              weight(name + ".bias", {x.channels}, {normal, 0, kBiasSpread * scale}),
              weight(name + ".running_mean", {x.channels}, {normal, x.mean, 0.1 * deviation}),
              weight(name + ".running_var", {x.channels}, {uniform, x.variance, 0.2 * x.variance})});
    set(made, "epsilon", 1e-5F);
    set(made, "momentum", 0.9F);
    out.mean = 0;
    out.variance = scale * scale;
    return out;
}

Value Builder::relu(const std::string& name, const Value& x) {
    const Value out = named(name, rectified(x));
    node("Relu", out, {x.name});
    return out;
}

Value Builder::relu6(const std::string& name, const Value& x) {
    const Value out = named(name, rectified(x));
    std::vector<std::string> inputs{x.name};
    for (const auto& [bound, value] : {std::pair("min", 0.0F), std::pair("max", 6.0F)}) {
        const Value constant = named(name + "." + bound, {});
        onnx::AttributeProto& attribute = *node("Constant", constant, {}).add_attribute();
        attribute.set_name("value");
        attribute.set_type(onnx::AttributeProto::TENSOR);
        attribute.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
        attribute.mutable_t()->set_raw_data(&value, sizeof value);
        inputs.push_back(constant.name);
    }
    node("Clip", out, inputs);
    return out;
}

Value Builder::leaky_relu(const std::string& name, const Value& x, float alpha) {
    const Value out = named(name, rectified(x, static_cast<double>(alpha)));
    set(node("LeakyRelu", out, {x.name}), "alpha", alpha);
    return out;
}

Value Builder::max_pool(const std::string& name, const Value& x, const PoolShape& shape) {
    Value out = named(name, x);
    out.height = windows(x.height, shape);
    out.width = windows(x.width, shape);
    // The maximum of k*k neighbours, which are correlated, lies about this much above their mean.
    out.mean += 0.3 * static_cast<double>(shape.kernel) * std::sqrt(x.variance);
    onnx::NodeProto& made = node("MaxPool", out, {x.name});
    set(made, "ceil_mode", std::int64_t{shape.ceil ? 1 : 0});
    set_window(made, shape.kernel, shape.stride);
    if (shape.same) set(made, "auto_pad", "SAME_UPPER");
    if (!shape.same) set_pads(made, shape.pad);
    return out;
}

Value Builder::global_average_pool(const std::string& name, const Value& x) {
    Value out = named(name, x);
    out.height = out.width = 1;
    out.variance *= 0.3;  // what is left of it: the differences between channels
    node("GlobalAveragePool", out, {x.name});
    return out;
}

Value Builder::add(const std::string& name, const Value& a, const Value& b) {
    Value out = named(name, a);
    out.mean += b.mean;
    out.variance += b.variance;
    node("Add", out, {a.name, b.name});
    return out;
}

Value Builder::concat(const std::string& name, const std::vector<Value>& parts) {
    Value out = named(name, parts.front());
    double sum = 0;
    double power = 0;
    out.channels = 0;
    std::vector<std::string> inputs;
    for (const Value& part : parts) {
        out.channels += part.channels;
        sum += static_cast<double>(part.channels) * part.mean;
        power += static_cast<double>(part.channels) * part.power();
        inputs.push_back(part.name);
    }
    out.mean = sum / static_cast<double>(out.channels);
    out.variance = power / static_cast<double>(out.channels) - out.mean * out.mean;
    set(node("Concat", out, inputs), "axis", std::int64_t{1});
    return out;
}

Value Builder::flatten(const std::string& name, const Value& x) {
    Value out = named(name, x);
    out.channels = x.channels * x.height * x.width;
    out.height = out.width = 1;
    out.flat = true;
    set(node("Flatten", out, {x.name}), "axis", std::int64_t{1});
    return out;
}

Value Builder::fc(const std::string& name, const Value& x, std::int64_t outputs) {
    const Value out = named(name, {.channels = outputs, .flat = true});
    const double spread = std::sqrt(1 / (static_cast<double>(x.channels) * x.power()));
    onnx::NodeProto& made = node("Gemm", out,
                                 {x.name, weight(name + ".weight", {outputs, x.channels}, {.spread = spread}),
                                  weight(name + ".bias", {outputs}, {.spread = kBiasSpread})});
    set(made, "alpha", 1.0F);
    set(made, "beta", 1.0F);
    set(made, "transB", std::int64_t{1});
    return out;
}

Model Builder::finish(const Value& output) {
    std::vector<std::int64_t> dims{1, output.channels};
    if (!output.flat) dims.insert(dims.end(), {output.height, output.width});
    set_type(*model_->mutable_graph()->add_output(), output.name, dims);
    return {std::move(model_), std::move(fillings_)};
}

}  // namespace convoy::zoo

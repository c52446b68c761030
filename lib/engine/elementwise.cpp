#include "engine/elementwise.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace convoy::engine {

using graph::Index;

namespace {

float attribute(const graph::Operator& op, const char* name, float otherwise) {
    const auto found = op.attributes.find(name);
    if (found == op.attributes.end()) return otherwise;
    const auto* value = std::get_if<float>(&found->second);
    return value ? *value : otherwise;
}

/// Calls visit(a, b) with the offsets of every output element in two inputs, in the output's order.
template <class Visit>
void walk(const std::vector<int>& dims, const Strides& a, const Strides& b, Visit visit) {
    std::vector<int> at(dims.size(), 0);
    Index offset_a = a.offset;
    Index offset_b = b.offset;
    while (true) {
        visit(offset_a, offset_b);
        std::size_t axis = dims.size();
        while (true) {
            if (axis == 0) return;
            --axis;
            offset_a += a.steps[axis];
            offset_b += b.steps[axis];
            if (++at[axis] < dims[axis]) break;
            offset_a -= a.steps[axis] * dims[axis];
            offset_b -= b.steps[axis] * dims[axis];
            at[axis] = 0;
        }
    }
}

}  // namespace

Function unary_function(const graph::Operator& op) {
    const float alpha = attribute(op, "alpha", op.onnx_type == "HardSigmoid" ? 0.2F : 1.0F);
    const float beta = attribute(op, "beta", 0.5F);
    const std::map<std::string, Function> functions{
        {"Abs", [](float x) { return std::abs(x); }},
        {"Neg", [](float x) { return -x; }},
        {"Exp", [](float x) { return std::exp(x); }},
        {"Log", [](float x) { return std::log(x); }},
        {"Sqrt", [](float x) { return std::sqrt(x); }},
        {"Reciprocal", [](float x) { return 1.0F / x; }},
        {"Floor", [](float x) { return std::floor(x); }},
        {"Ceil", [](float x) { return std::ceil(x); }},
        {"Erf", [](float x) { return std::erf(x); }},
        {"Tanh", [](float x) { return std::tanh(x); }},
        {"Softplus", [](float x) { return x > 20 ? x : std::log1p(std::exp(x)); }},
        {"Softsign", [](float x) { return x / (1 + std::abs(x)); }},
        {"Elu", [alpha](float x) { return x < 0 ? alpha * std::expm1(x) : x; }},
        {"HardSigmoid", [=](float x) { return std::clamp(alpha * x + beta, 0.0F, 1.0F); }},
        {"HardSwish", [](float x) { return x * std::clamp(x / 6 + 0.5F, 0.0F, 1.0F); }},
    };
    const auto found = functions.find(op.onnx_type);
    return found == functions.end() ? Function{} : found->second;
}

Function2 binary_function(const std::string& onnx_type) {
    static const std::map<std::string, Function2> functions{
        {"Add", [](float a, float b) { return a + b; }},
        {"Sub", [](float a, float b) { return a - b; }},
        {"Mul", [](float a, float b) { return a * b; }},
        {"Div", [](float a, float b) { return a / b; }},
        {"Pow", [](float a, float b) { return std::pow(a, b); }},
        {"Max", [](float a, float b) { return a < b ? b : a; }},
        {"Min", [](float a, float b) { return b < a ? b : a; }},
        {"PRelu", [](float a, float b) { return a < 0 ? a * b : a; }},
    };
    const auto found = functions.find(onnx_type);
    return found == functions.end() ? Function2{} : found->second;
}

Strides broadcast(const std::vector<int>& dims, const std::vector<int>& to) {
    Strides strides;
    strides.steps.assign(to.size(), 0);
    Index step = 1;
    for (std::size_t back = 1; back <= dims.size(); ++back) {
        const int extent = dims[dims.size() - back];
        if (extent != 1) strides.steps[to.size() - back] = step;
        step *= extent;
    }
    return strides;
}

void Gather::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    auto* to = output.ptr<float>();
    walk(shape(), from_, from_, [&](Index offset, Index) { *to++ = from[offset]; });
}

void Unary::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* from = inputs[0].ptr<float>();
    std::transform(from, from + output.total(), output.ptr<float>(), function_);
}

void Arithmetic::run(std::span<const cv::Mat> inputs, cv::Mat& output) {
    const auto* a = inputs[0].ptr<float>();
    const auto* b = inputs[1].ptr<float>();
    auto* to = output.ptr<float>();
    walk(shape(), a_, b_, [&](Index at_a, Index at_b) { *to++ = function_(a[at_a], b[at_b]); });
}

void Known::run(std::span<const cv::Mat>, cv::Mat& output) { output = cv::Mat(shape(), CV_32F, values_.data()); }

}  // namespace convoy::engine

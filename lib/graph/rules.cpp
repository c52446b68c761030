#include "graph/rules.hpp"

#include <algorithm>

#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

Cuts elementwise_cuts(const Site& site) {
    const bool map = site.output().dims.size() == 4;
    return {{true, true, map, map}, {}};
}

Slab as_asked(const Site&, std::size_t, const Slab& asked) { return asked; }

/// An input of extent one along an axis is read whole there, the others where the output is.
Slab broadcast_needed(const Site& site, std::size_t input, const Slab& output) {
    const Box& full = site.input(input).full;
    const auto part = [&](Axis axis, const Interval& wanted) { return full[axis].size() == 1 ? full[axis] : wanted; };
    return {part(Axis::n, output.n), full[Axis::c].size() == 1 ? std::vector{full[Axis::c]} : output.c,
            part(Axis::h, output.h), part(Axis::w, output.w)};
}

double elementwise_operations(const Site& site, const Sum& sum) {
    const auto per_element = [&] {
        switch (site.op.kind) {
            case Kind::relu:
            case Kind::add:
            case Kind::mul:
                return 1.0;
            case Kind::leaky_relu:
            case Kind::clip:
                return 2.0;
            case Kind::sigmoid:
                return 4.0;
            default:
                return 0.0;  // batch_norm: its scale and shift are the tail
        }
    };
    return per_element() * static_cast<double>(sum.output.volume());
}

Index values(const TensorInfo& tensor) { return tensor.bytes().value / element_size(tensor.type); }

double whole_operations(const Site& site, const Sum&) {
    Index count = 0;
    for (const TensorId id : site.op.inputs) count += values(site.graph.tensor(id));
    for (const TensorId id : site.op.outputs) count += values(site.graph.tensor(id));
    for (const auto& constant : site.op.constant_inputs) count += constant ? 2 * constant->elements() : 0;
    return static_cast<double>(count);
}

Index no_weights(const Site&, const Sum&) { return 0; }

}  // namespace

constinit const Rule kElementwise{
    .cuts = elementwise_cuts,
    .computed = as_asked,
    .needed = [](const Site&, std::size_t, const Slab& output) { return output; },
    .summed = nullptr,
    .operations = elementwise_operations,
    .weights = no_weights,
    .check = check_elementwise,
};

constinit const Rule kBroadcast{
    .cuts = elementwise_cuts,
    .computed = as_asked,
    .needed = broadcast_needed,
    .summed = nullptr,
    .operations = elementwise_operations,
    .weights = no_weights,
    .check = check_broadcast,
};

constinit const Rule kWhole{
    .cuts = [](const Site&) { return Cuts{}; },
    .computed = [](const Site& site, std::size_t output, const Slab&) { return make_slab(site.output(output).full); },
    .needed = [](const Site& site, std::size_t input, const Slab&) { return make_slab(site.input(input).full); },
    .summed = nullptr,
    .operations = whole_operations,
    .weights = no_weights,
    .check = check_whole,
};

const Rule& rule_of(const Site& site) {
    const auto whole_only = [&](TensorId id) { return site.graph.tensor(id).whole_only; };
    const Operator& op = site.op;
    if (std::any_of(op.inputs.begin(), op.inputs.end(), whole_only)) return kWhole;
    if (std::any_of(op.outputs.begin(), op.outputs.end(), whole_only)) return kWhole;
    switch (site.op.kind) {
        case Kind::convolution:
            return kConvolution;
        case Kind::max_pool:
        case Kind::average_pool:
            return kPool;
        case Kind::global_average_pool:
            return kGlobalAveragePool;
        case Kind::global_max_pool:
            return kGlobalMaxPool;
        case Kind::gemm:
            return kGemm;
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::batch_norm:
            return kElementwise;
        case Kind::add:
        case Kind::mul:
            return kBroadcast;
        case Kind::concat:
            return kConcat;
        case Kind::softmax:
            return kSoftmax;
        case Kind::pad:
            return kPad;
        case Kind::flatten:
            return kFlatten;
        case Kind::whole:
            return kWhole;
    }
    throw util::Error(util::Errc::internal, "operator '" + site.op.name + "' has an unknown kind");
}

}  // namespace convoy::graph::detail

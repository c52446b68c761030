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

Slab broadcast_needed(const Site& site, std::size_t input, const Slab& output) {
    return broadcast_part(site.input(input).full, output);
}

double elementwise_operations(const Site& site, const Sum& sum) {
    return operations(function_of(site.op)) * static_cast<double>(sum.output.volume());
}

double broadcast_operations(const Site& site, const Sum& sum) {
    const auto operands = static_cast<double>(std::max(site.op.inputs.size(), site.op.constant_inputs.size()));
    const double each = site.op.kind == Kind::binary ? operations(site.op.arithmetic) : 1;
    return (operands - 1) * each * static_cast<double>(sum.output.volume());
}

/// Elements of the constants that are read, each broadcast like an input.
Index broadcast_constants(const Site& site, const Sum& sum) {
    Index count = 0;
    for (const auto& constant : site.op.constant_inputs) {
        if (constant) count += broadcast_part(operand_box(*constant, site.output()), sum.output).volume();
    }
    return count;
}

Index values(const TensorInfo& tensor) { return tensor.bytes().value / element_size(tensor.type); }

/// Multiplications and additions of a product of matrices: two for each output value and column of the left one.
double product_operations(const Site& site) {
    const auto& constants = site.op.constant_inputs;
    const bool constant_left = !constants.empty() && constants[0];
    const std::vector<Index>& left = constant_left ? constants[0]->dims : site.input().dims;
    return 2.0 * static_cast<double>(values(site.output())) * static_cast<double>(left.empty() ? 1 : left.back());
}

bool only_moves(const std::string& type) {
    for (const char* mover : {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Cast", "Identity", "Concat",
                              "Split", "Slice", "Gather", "Expand", "Tile"}) {
        if (type == mover) return true;
    }
    return false;
}

double whole_operations(const Site& site, const Sum&) {
    if (site.op.kind != Kind::whole) {
        const double each =
            site.op.kind == Kind::add || site.op.kind == Kind::mul ? 1 : operations(function_of(site.op));
        return each * static_cast<double>(values(site.output()));
    }
    if (site.op.onnx_type == "MatMul") return product_operations(site);
    if (only_moves(site.op.onnx_type)) return 0;
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
    .operations = broadcast_operations,
    .weights = broadcast_constants,
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
        case Kind::global_sum_pool:
            return kGlobalAveragePool;
        case Kind::global_max_pool:
            return kGlobalMaxPool;
        case Kind::gemm:
            return kGemm;
        case Kind::relu:
        case Kind::leaky_relu:
        case Kind::clip:
        case Kind::sigmoid:
        case Kind::unary:
        case Kind::batch_norm:
            return kElementwise;
        case Kind::add:
        case Kind::mul:
        case Kind::binary:
            return kBroadcast;
        case Kind::concat:
            return kConcat;
        case Kind::softmax:
            return kSoftmax;
        case Kind::pad:
            return kPad;
        case Kind::flatten:
            return kFlatten;
        case Kind::transposed_convolution:
            return kTransposedConvolution;
        case Kind::gather:
            return kGather;
        case Kind::resize:
            return kResize;
        case Kind::depth_to_space:
            return kDepthToSpace;
        case Kind::space_to_depth:
            return kSpaceToDepth;
        case Kind::lrn:
            return kLrn;
        case Kind::whole:
            return kWhole;
    }
    throw util::Error(util::Errc::internal, "operator '" + site.op.name + "' has an unknown kind");
}

}  // namespace convoy::graph::detail

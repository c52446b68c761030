#pragma once

#include "engine/net.hpp"

namespace convoy::engine {

Value add_convolution(NetBuilder& builder, const graph::Work& work, const Value& input);
Value add_transposed_convolution(NetBuilder& builder, const graph::Work& work, const Value& input);

// Each output element comes from a few listed input positions.
Value add_gather(NetBuilder& builder, const graph::Work& work, const Value& input);
Value add_resize(NetBuilder& builder, const graph::Work& work, const Value& input);
Value add_depth_to_space(NetBuilder& builder, const graph::Work& work, const Value& input);
Value add_space_to_depth(NetBuilder& builder, const graph::Work& work, const Value& input);
Value add_lrn(NetBuilder& builder, const graph::Work& work, const Value& input);

/// A kind::whole operator, by its ONNX type.
/// @throws Error data, when the engine has no layer for it
std::vector<Value> add_whole(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs);

/// The values one after another along c make `output`, which lists their channels in the same order.
Value concatenated(NetBuilder& builder, const std::vector<Value>& values, const graph::Slab& output,
                   const graph::Tail& tail);

}  // namespace convoy::engine

#pragma once

#include <cstddef>

#include "graph/operator.hpp"

/// Functions of one and of two elements, over rows of floats. A value does not depend on where it stands in its row.
namespace convoy::engine {

/// Parameters as in graph::Tail.
struct Parameters {
    float alpha = 0;
    float beta = 0;
    float low = 0;
    float high = 0;
};

/// to[i] = activation(from[i]); `from` may be `to`.
void activate(graph::Activation activation, const Parameters& parameters, const float* from, float* to,
              graph::Index count) noexcept;

/// to[i] = from[i * step].
void spread(const float* from, graph::Index step, float* to, graph::Index count) noexcept;

/// to[i] = arithmetic(to[i], from[i * step]).
void combine(graph::Arithmetic arithmetic, const float* from, graph::Index step, float* to,
             graph::Index count) noexcept;

/// Whether tensors of this type can be held as floats: integers up to 2^24 are exact.
[[nodiscard]] bool has_floats(graph::ElementType type) noexcept;
/// `count` values of any such type, unaligned, as floats, and back: truncated and kept inside the type's range.
void to_floats(graph::ElementType type, const std::byte* from, float* to, graph::Index count) noexcept;
void from_floats(graph::ElementType type, const float* from, std::byte* to, graph::Index count) noexcept;
/// to[i] = from[i] as a value of `type`.
void cast(graph::ElementType type, const float* from, float* to, graph::Index count) noexcept;

/// to[i] += factor * from[i].
void add_scaled(const float* from, float factor, float* to, graph::Index count) noexcept;

}  // namespace convoy::engine

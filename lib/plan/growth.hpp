#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "graph/calculus.hpp"
#include "plan/route_view.hpp"

namespace convoy::plan::detail {

/// A tensor and a part of it.
struct Part {
    graph::TensorId tensor{};
    graph::Slab slab;
};

/// What one piece reads, computes and leaves behind. A piece of an identity stage reads what it leaves, without works.
struct Grown {
    DeviceId device{};
    std::uint32_t piece = 0;
    std::vector<graph::Work> works;  ///< ascending
    std::vector<Part> inputs;        ///< of tensors from outside the stage, ascending; none empty
    std::vector<Part> outputs;       ///< of leaving tensors, ascending; none empty
    bool live = false;               ///< somebody reads of it: derive_moves decides

    [[nodiscard]] const graph::Slab* output(graph::TensorId tensor) const noexcept;
};

/// The pieces of one stage in the order (device, piece), grown backwards through its operators: rules 4 to 8 and 13.
///
/// Tensors that leave are complete afterwards: elements that no piece needed were given to one.
/// Needs shares that passed check_shares; a leaving tensor that no piece needs is added to `problems`.
[[nodiscard]] std::vector<Grown> grow(const RouteView& view, const Outline& outline, std::size_t stage,
                                      Problems& problems);

}  // namespace convoy::plan::detail

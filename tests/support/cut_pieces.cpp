#include "support/cut_pieces.hpp"

namespace convoy::test {

using graph::Axis;
using graph::Box;
using graph::Interval;
using graph::OperatorId;
using plan::Piece;

const Box& PieceCutter::output(OperatorId op) const { return graph_.tensor(graph_.op(op).outputs[0]).full; }
const Box& PieceCutter::input(OperatorId op) const { return graph_.tensor(graph_.op(op).inputs[0]).full; }

Placed PieceCutter::along(const Box& box, Axis axis) const {
    Placed pieces;
    for (const Interval& part : uneven_parts(box[axis].size(), devices_)) {
        Box cut = box;
        cut[axis] = part;
        pieces.push_back({pieces.size(), {cut, std::nullopt}});
    }
    return pieces;
}

Placed PieceCutter::along(OperatorId op, Axis axis) const { return along(output(op), axis); }

Placed PieceCutter::addends(OperatorId op, Axis axis) const {
    Placed pieces = along(input(op), axis);
    for (auto& [device, piece] : pieces) piece = {output(op), piece.box};
    return pieces;
}

Placed PieceCutter::replicas(graph::TensorId tensor) const {
    Placed pieces;
    for (std::size_t d = 0; d < devices_; ++d) pieces.push_back({d, {graph_.tensor(tensor).full, std::nullopt}});
    return pieces;
}

/// Numbers of parts of a grid.
std::array<std::size_t, 2> PieceCutter::grid_parts() const {
    return {devices_ % 2 == 0 && devices_ > 2 ? devices_ / 2 : devices_, 2};
}

/// Who has which part of a grid: neighbours are on different devices.
std::size_t PieceCutter::grid_device(std::size_t p, std::size_t q) const {
    const auto parts = grid_parts();
    return parts[0] * parts[1] == devices_ ? p * parts[1] + q : (p + q) % devices_;
}

Placed PieceCutter::tiles(OperatorId op, std::size_t rows, std::size_t columns) const {
    Placed pieces;
    const Box& box = output(op);
    const std::vector<Interval> h = uneven_parts(box[Axis::h].size(), rows);
    const std::vector<Interval> w = uneven_parts(box[Axis::w].size(), columns);
    for (std::size_t r = 0; r < h.size(); ++r) {
        for (std::size_t c = 0; c < w.size(); ++c) {
            const Box tile{{box[Axis::n], box[Axis::c], h[r], w[c]}};
            pieces.push_back({(r + c) % devices_, {tile, std::nullopt}});
        }
    }
    return pieces;
}

Placed PieceCutter::grid(OperatorId op) const {
    const auto [rows, columns] = grid_parts();
    const std::size_t in_a_row = uneven_parts(output(op)[Axis::w].size(), columns).size();
    Placed pieces = tiles(op, rows, columns);
    for (std::size_t k = 0; k < pieces.size(); ++k) pieces[k].first = grid_device(k / in_a_row, k % in_a_row);
    return pieces;
}

Placed PieceCutter::crossed(OperatorId op) const {
    Placed pieces;
    const std::vector<Interval> outputs = uneven_parts(output(op)[Axis::c].size(), grid_parts()[0]);
    const std::vector<Interval> inputs = uneven_parts(input(op)[Axis::c].size(), grid_parts()[1]);
    for (std::size_t p = 0; p < outputs.size(); ++p) {
        for (std::size_t q = 0; q < inputs.size(); ++q) {
            Piece piece{output(op), input(op)};
            piece.box[Axis::c] = outputs[p];
            (*piece.in)[Axis::c] = inputs[q];
            pieces.push_back({grid_device(p, q), piece});
        }
    }
    return pieces;
}

}  // namespace convoy::test

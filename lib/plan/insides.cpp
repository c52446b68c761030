#include <algorithm>
#include <limits>
#include <optional>

#include "plan/compile.hpp"

namespace convoy::plan::detail {
namespace {

using graph::Axis;
using graph::Index;
using graph::Interval;
using graph::Slab;
using graph::TensorId;
using util::Bytes;

/// The memory of one piece as the engine keeps it: a tensor takes the smallest free block that is large enough, or a
/// new one. Blocks stay as long as the piece. Memory that was never written costs nothing.
class Blocks {
  public:
    std::size_t take(Bytes size, bool written = true) {
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < blocks_.size(); ++i)
            if (blocks_[i].free && blocks_[i].size >= size && (!best || blocks_[i].size < blocks_[*best].size))
                best = i;
        if (!best) {
            best = blocks_.size();
            blocks_.push_back({size, {}, true});
        }
        Block& block = blocks_[*best];
        block.free = false;
        if (written) block.written = std::max(block.written, size);
        return *best;
    }
    void give_back(std::size_t block) { blocks_[block].free = true; }
    [[nodiscard]] Bytes written() const {
        Bytes sum;
        for (const Block& block : blocks_) sum += block.written;
        return sum;
    }

  private:
    struct Block {
        Bytes size;
        Bytes written;
        bool free = true;
    };
    std::vector<Block> blocks_;
};

/// Whether the engine's convolution reads an axis of what the piece holds as it is: it pads both ends alike.
bool fits(const graph::Window& window, std::size_t axis, const Interval& output, const Interval& held,
          const Interval& needed) {
    const Interval reach = window_reach(window, axis == 0 ? Axis::h : Axis::w, output);
    const Index kernel = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    const Index pad = held.begin - reach.begin;
    return !held.empty() && !needed.empty() && pad >= 0 && pad < window.kernel[axis] && (pad == 0 || held.begin == 0) &&
           reach.end <= held.end + pad && (held.size() + 2 * pad - kernel) / window.stride[axis] + 1 == output.size();
}

/// What a convolution's padded or cropped copy of its input takes; nothing where it needs none.
Bytes copied_input(const graph::Operator& op, const Slab& output, const Slab& held, const Slab& needed) {
    const bool rows = fits(op.window, 0, output.h, held.h, needed.h);
    const bool columns = fits(op.window, 1, output.w, held.w, needed.w);
    if (rows && columns && needed.c == held.c) return {};
    const Index height = rows ? held.h.size() : window_reach(op.window, Axis::h, output.h).size();
    const Index width = columns ? held.w.size() : window_reach(op.window, Axis::w, output.w).size();
    return Bytes(output.n.size() * needed.channels() * height * width * Index{sizeof(float)});
}

/// Plays the insides of one device's pieces, one after another.
class Inside {
  public:
    Inside(const graph::Graph& graph, const Program& program)
        : graph_(graph), program_(program), tensors_(graph.tensors().size()) {}

    Bytes play(const Run& run) {
        blocks_ = Blocks();
        for (std::size_t w = 0; w < run.works.size(); ++w)
            for (const TensorId input : graph_.op(run.works[w].op).inputs) tensor(input).last_reader = w;
        for (const Run::Output& output : run.outputs) tensor(output.tensor).last_reader = run.works.size();
        for (const Run::Input& input : run.inputs) {
            // Where one buffer is just what the piece reads, it is read in place.
            const bool in_place =
                input.from.size() == 1 && program_.buffers[index(input.from.front())].boxes == input.slab.boxes();
            take(input.tensor, input.slab, !in_place);
        }
        for (std::size_t w = 0; w < run.works.size(); ++w) play(run.works[w], w);
        for (const graph::Work& work : run.works) {
            const graph::Operator& op = graph_.op(work.op);
            for (const TensorId id : op.inputs) tensor(id) = {};
            for (const TensorId id : op.outputs) tensor(id) = {};
        }
        return blocks_.written();
    }

  private:
    static constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();
    /// What the piece that is played knows of a tensor.
    struct Known {
        std::size_t last_reader = kNobody;  ///< index in works; their number for what leaves the piece
        const Slab* held = nullptr;         ///< nullptr: not yet, or no longer
        std::size_t block = 0;
    };
    Known& tensor(TensorId id) { return tensors_[graph::index(id)]; }

    void take(TensorId id, const Slab& slab, bool written) {
        tensor(id).held = &slab;
        tensor(id).block = blocks_.take(Bytes(slab.volume() * graph_.tensor(id).element_bytes), written);
    }

    void play(const graph::Work& work, std::size_t w) {
        const graph::Operator& op = graph_.op(work.op);
        std::optional<std::size_t> copy;
        if (op.kind == graph::Kind::convolution && !op.inputs.empty() && tensor(op.inputs[0]).held != nullptr) {
            const Slab needed = graph::needed(graph_, work.op, 0, work.outputs, work.in);
            const Bytes size = copied_input(op, work.outputs[0], *tensor(op.inputs[0]).held, needed);
            if (size.value > 0) {
                copy = blocks_.take(size);
                release(op.inputs[0], w);
            }
        }
        for (std::size_t o = 0; o < op.outputs.size(); ++o) take(op.outputs[o], work.outputs[o], true);
        if (copy) blocks_.give_back(*copy);
        for (const TensorId input : op.inputs) release(input, w);
        for (const TensorId output : op.outputs)
            if (tensor(output).last_reader == kNobody) blocks_.give_back(tensor(output).block);
    }

    void release(TensorId id, std::size_t w) {
        Known& known = tensor(id);
        if (known.held == nullptr || known.last_reader != w) return;
        blocks_.give_back(known.block);
        known.held = nullptr;
    }

    const graph::Graph& graph_;
    const Program& program_;
    Blocks blocks_;
    std::vector<Known> tensors_;  ///< of the graph
};

}  // namespace

Bytes insides_of(const graph::Graph& graph, const Program& program) {
    Bytes sum;
    if (program.steps.empty()) return sum;
    Inside inside(graph, program);
    for (const Step& step : program.steps)
        if (const auto* run = std::get_if<Run>(&step)) sum += inside.play(*run);
    return sum;
}

}  // namespace convoy::plan::detail

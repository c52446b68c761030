#include "engine/timed_piece.hpp"

#include <algorithm>
#include <map>
#include <opencv2/core/utility.hpp>

#include "engine/cpu_time.hpp"
#include "engine/random_values.hpp"
#include "util/clock.hpp"

namespace convoy::engine {

using graph::Index;
using util::Seconds;

namespace {

/// Turns signs around: a write to every element that needs no other memory.
void rewrite(std::span<float> values) {
    constexpr std::size_t kBlock = 16;  // a loop of this length is vectorised at any optimisation
    const std::size_t blocks = values.size() / kBlock * kBlock;
    for (std::size_t i = 0; i < blocks; i += kBlock) {
        for (std::size_t k = 0; k < kBlock; ++k) values[i + k] = -values[i + k];
    }
    for (std::size_t i = blocks; i < values.size(); ++i) values[i] = -values[i];
}

/// By all threads of the engine: each then has a part in its caches.
void rewrite_in_parallel(std::span<float> values) {
    constexpr std::size_t kPart = 16384;
    const std::size_t parts = (values.size() + kPart - 1) / kPart;
    if (parts < 2 || cv::getNumThreads() < 2) return rewrite(values);
    cv::parallel_for_(cv::Range(0, static_cast<int>(parts)), [&](const cv::Range& range) {
        const std::size_t begin = static_cast<std::size_t>(range.start) * kPart;
        const std::size_t end = std::min(static_cast<std::size_t>(range.end) * kPart, values.size());
        rewrite(values.subspan(begin, end - begin));
    });
}

}  // namespace

plan::Run piece_of(const graph::Graph& graph, const graph::Work& work) {
    plan::Run piece;
    const graph::Operator& op = graph.op(work.op);
    std::map<graph::TensorId, graph::Slab> read;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        graph::Slab& slab = read[op.inputs[i]];
        slab = join(slab, graph::needed(graph, work.op, i, work.outputs, work.in));
    }
    for (const auto& [tensor, slab] : read) piece.inputs.push_back({tensor, slab, {}});
    for (std::size_t k = 0; k < work.outputs.size(); ++k) {
        if (!work.outputs[k].empty()) piece.outputs.push_back({op.outputs[k], work.outputs[k], {}});
    }
    piece.works.push_back(work);
    return piece;
}

TimedPiece::TimedPiece(Weights& weights, const plan::Run& piece, bool keep) : shard_(weights, piece) {
    for (const plan::Run::Input& input : piece.inputs) {
        const graph::TensorInfo& info = weights.graph().tensor(input.tensor);
        tensors_.emplace_back(input.slab.boxes(), info.element_bytes);
        const graph::TensorView view = tensors_.back().view();
        const auto count = static_cast<std::size_t>(view.bytes().value / Index{sizeof(float)});
        const std::span<float> floats(view.floats(), count);
        fill_randomly(floats, 1);
        if (info.type == graph::ElementType::float32) floats_.push_back(floats);
        inputs_.push_back({view});
    }
    outputs_.resize(piece.outputs.size());
    for (std::size_t i = 0; keep && i < piece.outputs.size(); ++i) {
        const plan::Run::Output& output = piece.outputs[i];
        results_.emplace_back(output.slab.boxes(), weights.graph().tensor(output.tensor).element_bytes);
        outputs_[i] = results_.back().view();
    }
    shard_.run(inputs_, outputs_);
}

void TimedPiece::prepare() {
    for (const std::span<float> values : shard_.values()) rewrite_in_parallel(values);
    for (const std::span<float> values : floats_) rewrite_in_parallel(values);
}

TimedRun TimedPiece::run() {
    TimedRun result;
    const Seconds begin_around = util::now();
    if (cv::getNumThreads() > 1) {
        const CpuStopwatch cpu;
        const Seconds begin = util::now();
        shard_.run(inputs_, outputs_);
        result.wall = util::now() - begin;
        result.cpu = cpu.per_thread();
        result.around = util::now() - begin_around;
        return result;
    }
    const Seconds cpu_begin = util::thread_cpu_time();
    const Seconds begin = util::now();
    shard_.run(inputs_, outputs_);
    result.wall = util::now() - begin;
    result.cpu = util::thread_cpu_time() - cpu_begin;
    result.around = util::now() - begin_around;
    return result;
}

util::Bytes TimedPiece::memory(const graph::Graph& graph, const graph::Work& work) {
    util::Bytes sum;
    const graph::Operator& op = graph.op(work.op);
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        const graph::Slab read = graph::needed(graph, work.op, i, work.outputs, work.in);
        sum += util::Bytes(read.volume() * graph.tensor(op.inputs[i]).element_bytes);
    }
    for (std::size_t k = 0; k < work.outputs.size(); ++k)
        sum += util::Bytes(work.outputs[k].volume() * graph.tensor(op.outputs[k]).element_bytes);
    return sum;
}

}  // namespace convoy::engine

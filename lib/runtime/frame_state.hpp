#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "runtime/executor.hpp"
#include "runtime/stretch.hpp"

namespace convoy::runtime {

/// Bytes that buffers and waiting messages take, and the most they ever took. Thread-safe.
class MemoryMeter {
  public:
    void add(util::Bytes amount) noexcept;
    void remove(util::Bytes amount) noexcept { now_ -= amount.value; }
    [[nodiscard]] util::Bytes peak() const noexcept { return util::Bytes(peak_); }

  private:
    std::atomic<std::int64_t> now_{0};
    std::atomic<std::int64_t> peak_{0};
};

/// One device's program of one route, with the shard of each of its pieces and an index of its messages.
class RoutePart {
  public:
    RoutePart(engine::Weights& weights, const plan::Route& route, const plan::Program& program);

    [[nodiscard]] const graph::Graph& graph() const noexcept { return *graph_; }
    [[nodiscard]] const plan::Program& program() const noexcept { return *program_; }
    [[nodiscard]] engine::Shard& shard(std::size_t step) { return *shards_.at(step); }
    /// The stage that computes an operator, for spans.
    [[nodiscard]] plan::StageId stage_of(graph::OperatorId op) const { return stage_of_.at(op); }
    /// Index of a message that this device receives. @throws Error protocol, when the plan knows none
    [[nodiscard]] std::size_t incoming(const Executor::Arrival& arrival) const;
    [[nodiscard]] bool idle() const noexcept { return program_->steps.empty() && program_->results.empty(); }

  private:
    using Key = std::tuple<plan::StageId, std::uint32_t, graph::TensorId, plan::DeviceId>;
    const graph::Graph* graph_;
    const plan::Program* program_;
    std::vector<std::optional<engine::Shard>> shards_;  ///< by step; empty where the step is no Run
    std::map<Key, std::size_t> incoming_;
    std::map<graph::OperatorId, plan::StageId> stage_of_;
};

/// One frame on its way through one device's program.
///
/// take_message() and ready() need the executor's lock; execute() takes it only for the arrivals.
class FrameState {
  public:
    using SendHook = std::function<void(std::uint64_t, const plan::Message&, util::SharedBytes)>;

    FrameState(std::uint64_t number, RoutePart& route, MemoryMeter& memory);
    ~FrameState();
    FrameState(const FrameState&) = delete;
    FrameState& operator=(const FrameState&) = delete;

    void take_inputs(std::vector<graph::Tensor> inputs);
    void take_message(const Executor::Arrival& arrival, util::SharedBytes payload);

    /// Whether the next step can be executed now. On the source nothing is ready before the inputs are there.
    [[nodiscard]] bool ready() const;
    [[nodiscard]] bool finished() const { return next_ == route_.program().steps.size(); }

    /// What steps are executed with.
    struct Tools {
        engine::Weights& weights;
        std::mutex& arrivals;  ///< the executor's lock
        const SendHook& send;
        Stretch& stretch;
    };
    /// Executes the next step.
    void execute(const Tools& tools);
    [[nodiscard]] FinishedFrame finish();

  private:
    void perform(const plan::Receive& step, std::mutex& arrivals);
    void perform(const plan::Reduce& step, const Tools& tools);
    void perform(const plan::Run& step, Stretch& stretch);
    void compute(const plan::Run& step);
    void perform(const plan::Send& step, const SendHook& send);
    void perform(const plan::Free& step);

    [[nodiscard]] std::vector<graph::TensorView> views(const std::vector<plan::BufferId>& buffers) const;
    void store(plan::BufferId id, graph::Tensor tensor);
    void release(plan::BufferId id);
    void note(Span::Kind kind, plan::StageId stage, std::uint32_t piece, util::Seconds begin,
              util::Seconds waited = {});

    struct Arrived {
        util::SharedBytes payload;
        util::Seconds at{};
    };

    RoutePart& route_;
    MemoryMeter& memory_;
    std::size_t next_ = 0;
    bool has_inputs_;
    util::Seconds idle_since_{};
    std::vector<std::optional<graph::Tensor>> buffers_;
    std::vector<std::optional<Arrived>> arrived_;  ///< by message; needs the lock
    std::vector<bool> seen_;                       ///< by message; needs the lock
    FrameRecord record_;
};

}  // namespace convoy::runtime

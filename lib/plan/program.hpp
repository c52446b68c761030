#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "graph/calculus.hpp"
#include "plan/plan.hpp"

namespace convoy::plan {

/// Number of a stage in its route; kInputStage stands for the graph inputs on the source.
enum class StageId : std::uint32_t {};
inline constexpr StageId kInputStage{0xFFFFFFFFU};

/// Index in Program::buffers.
enum class BufferId : std::uint32_t {};
[[nodiscard]] constexpr std::size_t index(BufferId id) noexcept { return static_cast<std::size_t>(id); }

/// What crosses the network once per frame: from one piece of one layout to one receiver.
/// (route, stage, piece, tensor, receiver) names it uniquely; sender and receiver derive the same list.
struct Message {
    std::uint32_t route = 0;
    StageId stage{};          ///< that made the layout
    std::uint32_t piece = 0;  ///< of the sender in that stage
    graph::TensorId tensor{};
    DeviceId sender{};
    DeviceId receiver{};
    std::vector<graph::Box> boxes;  ///< disjoint; the payload holds them one after another
    wire::Codec codec = wire::Codec::fp32;
    bool addend = false;
    util::Bytes payload;  ///< encoded, before lossless coding, headers not counted
    bool operator==(const Message&) const = default;
};

/// Memory of one frame on one device: boxes of one tensor, one after another (graph::TensorView).
struct Buffer {
    graph::TensorId tensor{};
    std::vector<graph::Box> boxes;
    graph::Index element_bytes = 4;
    bool addend = false;  ///< raw sums over a part of the domain, no tail applied
    util::Bytes bytes;
};

/// Waits for a message and takes it into a buffer.
struct Receive {
    std::size_t message = 0;  ///< in Program::messages
    BufferId into{};
};

/// Adds up addends in this order, element by element where each holds the element, then applies the tail of `op`.
struct Reduce {
    graph::OperatorId op{};
    std::vector<BufferId> addends;  ///< fixed order (device, piece), the own addend in its place
    BufferId into{};
};

/// Computes one piece. Its inputs are assembled from the buffers that hold parts of them.
struct Run {
    struct Input {
        graph::TensorId tensor{};
        graph::Slab slab;            ///< what the piece reads
        std::vector<BufferId> from;  ///< together they hold all of it; where several hold an element they agree
    };
    struct Output {
        graph::TensorId tensor{};
        graph::Slab slab;
        BufferId into{};
    };
    StageId stage{};
    std::uint32_t piece = 0;
    std::vector<graph::Work> works;  ///< in topological order; `in` only on the last listed operator
    std::vector<Input> inputs;       ///< a tensor of which nothing is read is not listed
    std::vector<Output> outputs;     ///< leaving tensors that somebody reads of this piece; an addend's slab may be
                                     ///< less than its work computes
};

/// Hands a message to the network. Never waits for it to be delivered.
struct Send {
    std::size_t message = 0;  ///< in Program::messages
    std::vector<BufferId> from;
};

/// Ends a buffer's life, right after its last use. Whoever gave an input keeps a copy of it until the frame leaves
/// flight.
struct Free {
    BufferId buffer{};
};

using Step = std::variant<Receive, Reduce, Run, Send, Free>;

/// What one device does for one frame of one route, strictly in this order.
struct Program {
    struct Source {
        graph::TensorId tensor{};
        BufferId buffer{};
    };
    struct Result {
        graph::TensorId tensor{};
        std::vector<BufferId> from;  ///< together they hold the whole tensor; freed by whoever takes the result
    };
    DeviceId device{};
    std::vector<Buffer> buffers;
    std::vector<Message> messages;             ///< all that this device sends or receives
    std::vector<std::size_t> message_numbers;  ///< of each, its index in Compiled::messages
    std::vector<Source> inputs;  ///< on the source: the buffers that hold the graph inputs when a frame starts
    std::vector<Step> steps;
    std::vector<Result> results;  ///< on the sink: the graph outputs
};

/// One line per step, for logs and tests.
[[nodiscard]] std::string to_string(const Program& program, const Plan& plan, const graph::Graph& graph);

/// What a process takes when it runs any share, beyond weights and maps: stacks and heaps of its threads, the graph,
/// code that was not touched before. Measured on x86-64: 1.9 to 3.5 MB.
inline constexpr util::Bytes kProcessMemory{2 << 20};

/// Peak memory of one device, rule 18 of docs/format-plan.md.
struct Memory {
    util::Bytes weights;  ///< slices of weights that its pieces compute with, each once
    util::Bytes inside;   ///< of all pieces: blocks for tensors that live only while the piece runs
    util::Bytes peak;     ///< kProcessMemory + weights + inside + in_flight x the worst point of the program: buffers,
                          ///< messages not yet taken, sent messages that may not be delivered, and the input, kept for
                          ///< a new epoch
};

/// Checks a plan against its graph and derives what everybody does.
///
/// A pure function of both; the cost model and the runtime both call it, so that what is predicted is what is run.
/// Holds references to neither. Thread-safe.
class Compiled {
  public:
    /// @throws Error data, with the key of the offending part ("stages[1].shares.b"), for gaps, wrong overlaps,
    ///         unlisted operators, regions outside their tensor, order; impossible for a codec that addends forbid
    Compiled(const Plan& plan, const graph::Graph& graph);

    [[nodiscard]] std::size_t routes() const noexcept { return programs_.size(); }
    /// By [route][device].
    [[nodiscard]] const Program& program(std::size_t route, DeviceId device) const;
    /// Every message of a frame of this route, in a fixed order.
    [[nodiscard]] const std::vector<Message>& messages(std::size_t route) const { return messages_.at(route); }
    [[nodiscard]] const Memory& memory(DeviceId device) const { return memory_.at(index(device)); }
    /// Pieces that nobody reads, replicas of no use: for the user, one sentence each.
    [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

  private:
    std::vector<std::vector<Program>> programs_;
    std::vector<std::vector<Message>> messages_;
    std::vector<Memory> memory_;
    std::vector<std::string> warnings_;
};

}  // namespace convoy::plan

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "engine/shard.hpp"
#include "plan/program.hpp"
#include "runtime/stretch.hpp"
#include "util/aligned.hpp"
#include "util/error.hpp"
#include "util/units.hpp"

namespace convoy::runtime {

/// What a device did, and when, on its own monotonic clock (util::now()).
struct Span {
    enum class Kind : std::uint8_t { wait = 0, compute = 1, reduce = 2, send = 3 };
    Kind kind = Kind::wait;
    plan::StageId stage{};
    std::uint32_t piece = 0;
    util::Seconds begin{};
    util::Seconds end{};
    util::Seconds waited{};  ///< of it, by Stretch, to emulate a slower device
};

/// A message as the device saw it: handed to the network, or taken from it.
struct Passage {
    std::uint32_t message = 0;  ///< in Program::messages
    util::Seconds at{};
};

/// One frame on one device.
struct FrameRecord {
    std::uint64_t frame = 0;
    util::Seconds begin{};    ///< first step ready
    util::Seconds end{};      ///< end of the program
    util::Seconds compute{};  ///< time in compute and reduce spans
    std::vector<Span> spans;
    std::vector<Passage> passages;
};

/// A finished frame: its record and, on the sink, the graph outputs, each whole.
struct FinishedFrame {
    FrameRecord record;
    std::vector<graph::Tensor> outputs;
};

/// Runs one device's step programs: within a frame strictly in order, across frames the oldest whose next step is
/// ready. One compute thread; all public members may be called from any thread.
///
/// The hooks are called on the compute thread and must not wait for the executor. After `failed` nothing runs any more.
class Executor {
  public:
    /// Whether a device that is not the source must be told when a frame of this program begins.
    [[nodiscard]] static bool needs_announcement(const plan::Program& program);

    struct Hooks {
        /// Hands a message to the network; must not block.
        std::function<void(std::uint64_t frame, const plan::Message&, util::SharedBytes payload)> send;
        std::function<void(FinishedFrame)> done;
        std::function<void(const util::Error&)> failed;
    };

    /// A device's part of a plan. Keeps references to `weights` and its graph, and to `plan` and `compiled`.
    struct Part {
        const plan::Plan& plan;
        const plan::Compiled& compiled;
        plan::DeviceId device{};
        engine::Weights& weights;
        Slowdown slowdown = {};  ///< how it pretends to be slower
    };

    /// Builds the shards of every piece. @throws Error data, when the engine cannot run an operator
    Executor(const Part& part, Hooks hooks);
    /// Ends after the step that is running.
    ~Executor();
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Whether the device has anything to do for a frame of this route.
    [[nodiscard]] bool takes_part(std::size_t route) const;

    /// Starts a frame on the source. `inputs` are the graph inputs, each whole.
    void start(std::uint64_t frame, std::vector<graph::Tensor> inputs);

    /// Opens a frame on a device that waits for no message at first: a piece whose windows all lie in the padding
    /// needs no input. See needs_announcement().
    void announce(std::uint64_t frame);

    /// A message as it came off the network.
    struct Arrival {
        std::uint64_t frame = 0;
        plan::StageId stage{};
        std::uint32_t piece = 0;
        graph::TensorId tensor{};
        plan::DeviceId sender{};
    };
    /// @throws Error protocol, when the plan knows no such message, it came already, its size is wrong, or more
    ///         frames are open than the plan admits
    void deliver(const Arrival& arrival, util::SharedBytes payload);

    /// Largest number of bytes that buffers and waiting messages of all frames ever took.
    [[nodiscard]] util::Bytes peak_bytes() const;

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace convoy::runtime

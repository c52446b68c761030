#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "runtime/executor.hpp"
#include "util/random.hpp"

namespace convoy::test {

/// All devices of a plan in one process, each with its executor; messages go from one to the other through a mailman
/// who delivers them in random order.
class InProcessCluster {
  public:
    InProcessCluster(const plan::Plan& plan, const plan::Compiled& compiled, engine::Weights& weights,
                     std::uint64_t seed);
    ~InProcessCluster();

    /// Runs frames with as many in flight as the plan admits. @return by frame, the graph outputs
    /// @throws util::Error what an executor reports, or timed_out after a minute
    std::vector<std::vector<graph::Tensor>> run(const std::vector<std::vector<graph::Tensor>>& frames);

    /// Tensor payload bytes that crossed so far.
    [[nodiscard]] util::Bytes carried() const;
    [[nodiscard]] util::Bytes peak_bytes(plan::DeviceId device) const;

  private:
    struct Letter {
        plan::DeviceId receiver{};
        runtime::Executor::Arrival arrival;
        util::SharedBytes payload;
    };
    void deliver_letters();
    void finish(plan::DeviceId device, runtime::FinishedFrame frame);
    void fail(const util::Error& error);

    const plan::Plan& plan_;
    const plan::Compiled& compiled_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    util::Random random_;
    std::vector<Letter> letters_;
    util::Bytes carried_;
    std::map<std::uint64_t, std::size_t> missing_;  ///< devices that have not finished a frame
    std::map<std::uint64_t, std::vector<graph::Tensor>> outputs_;
    std::optional<util::Error> failure_;
    bool stopping_ = false;
    std::vector<std::unique_ptr<runtime::Executor>> executors_;
    std::thread mailman_;
};

}  // namespace convoy::test

#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/model_cache.hpp"
#include "runtime/stretch.hpp"
#include "transport/listener.hpp"
#include "util/units.hpp"

namespace convoy::runtime {

struct WorkerOptions {
    std::string name;
    std::string listen = "tcp://127.0.0.1:0";
    transport::Security security;
    transport::ConnectionOptions connection;
    std::vector<std::string> models;            ///< files to look for a plan's model in, by its hash
    bool look_where_told = true;                ///< on loopback: look also in the file that the coordinator names
    std::optional<ModelCache::Settings> cache;  ///< for models that the coordinator sends; without one, none is taken
    std::optional<util::Bytes> memory_limit;    ///< that a share may take
    std::optional<int> threads;                 ///< of the engine; otherwise what the coordinator says
    Slowdown slowdown = {};                     ///< how the device shall seem slower than it is
    bool one_off = false;                       ///< end after the first run
    std::optional<util::Seconds> idle_timeout;  ///< end when nobody has been connected for so long
};

/// Serves runs one after another on one port: loads the model, builds the shards of its pieces, runs its program.
///
/// A second coordinator is refused while a run is on. A coordinator that vanishes ends its run, not the worker.
class Worker {
  public:
    /// Listens when it returns. @throws Error usage, unavailable, data
    explicit Worker(WorkerOptions options);
    ~Worker();

    [[nodiscard]] const std::string& url() const noexcept;

    enum class Outcome { stopped, idle, one_off_done, one_off_failed };
    /// Serves until stopped, idle for too long, or done with the one run.
    Outcome run(std::stop_token stop);

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace convoy::runtime

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "util/units.hpp"

namespace convoy::runtime {

/// A worker process on this machine that ends with this object.
///
/// Started by fork and exec, so before or after transport is used. Not thread-safe.
class SpawnedWorker {
  public:
    /// @param program    path of convoy-serve
    /// @param arguments  beyond --listen, --one-off and --idle-timeout, which are added
    /// @throws Error unavailable, when it cannot be started or is not ready in time
    SpawnedWorker(const std::string& program, const std::string& name, const std::vector<std::string>& arguments,
                  util::Seconds patience = util::Seconds{20});
    /// Asks it to end, and ends it when it does not.
    ~SpawnedWorker();
    SpawnedWorker(SpawnedWorker&& other) noexcept;
    SpawnedWorker& operator=(SpawnedWorker&&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  private:
    void end();

    std::string name_;
    std::string url_;
    pid_t pid_ = -1;
};

/// The path of another executable of convoy: beside the running one.
[[nodiscard]] std::string sibling_program(const std::string& name);

}  // namespace convoy::runtime

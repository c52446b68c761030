#pragma once

namespace convoy::cli {

/// While it lives, Ctrl-C and SIGTERM do not end the process but are noted. A second signal ends it at once.
///
/// One at a time. Clean up when requested() is true, then throw_if_requested() or return; `run_tool` exits with 130
/// or 143 for what it throws. The descriptor is for poll(): it becomes readable with the signal and stays so.
class Interruption {
  public:
    Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    ~Interruption();

    [[nodiscard]] static bool requested() noexcept { return signal() != 0; }
    /// SIGINT, SIGTERM, or 0.
    [[nodiscard]] static int signal() noexcept;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// Blocks until a signal comes.
    void wait() const;
    /// @throws Error interrupted, when a signal came
    static void throw_if_requested();

  private:
    int descriptor_;
};

}  // namespace convoy::cli

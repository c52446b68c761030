#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace convoy::util {

enum class LogLevel { error, warning, info, debug };

/// Sets what log() shows and the name that starts each line. Call once, before threads start; default: warning.
void set_log(LogLevel level, std::string name);

/// One line on stderr: `name: warning: text`. Thread-safe; lines do not mix.
void log(LogLevel level, std::string_view text);

[[nodiscard]] bool log_enabled(LogLevel level) noexcept;

template <class... Args>
void log_warning(fmt::format_string<Args...> text, Args&&... args) {
    log(LogLevel::warning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
    if (log_enabled(LogLevel::info)) log(LogLevel::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> text, Args&&... args) {
    if (log_enabled(LogLevel::debug)) log(LogLevel::debug, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace convoy::util

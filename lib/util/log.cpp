#include "util/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace convoy::util {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::debug:
            return spdlog::level::debug;
    }
    return spdlog::level::err;
}

std::shared_ptr<spdlog::logger> make_logger(const std::string& name) {
    auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern(name.empty() ? "%l: %v" : "%n: %l: %v");
    logger->set_level(spdlog::level::warn);
    return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
    static std::shared_ptr<spdlog::logger> instance = make_logger("convoy");
    return instance;
}

}  // namespace

void set_log(LogLevel level, std::string name) {
    logger() = make_logger(name);
    logger()->set_level(to_spdlog(level));
}

void log(LogLevel level, std::string_view text) { logger()->log(to_spdlog(level), text); }

bool log_enabled(LogLevel level) noexcept { return logger()->should_log(to_spdlog(level)); }

}  // namespace convoy::util

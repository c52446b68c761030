#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

namespace convoy::test {

/// A folder that goes with its object.
struct ScratchFolder {
    ScratchFolder() {
        static std::atomic<int> count{0};
        path = std::filesystem::temp_directory_path() /
               ("convoy-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
        std::filesystem::create_directories(path);
    }
    ~ScratchFolder() { std::filesystem::remove_all(path); }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    std::filesystem::path path;
};

}  // namespace convoy::test

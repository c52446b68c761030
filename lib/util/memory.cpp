#include "util/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace convoy::util {

Bytes peak_resident_memory() {
    // Not getrusage(): its ru_maxrss outlives exec, so a worker would inherit the peak of whoever started it.
    std::ifstream status("/proc/self/status");
    constexpr std::string_view kKey = "VmHWM:";
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(kKey)) return Bytes(std::strtoll(line.c_str() + kKey.size(), nullptr, 10) * 1024);
    return resident_memory();
}

void forget_peak_memory() {
    std::ofstream control("/proc/self/clear_refs");
    control << "5\n";  // see proc(5)
}

Bytes resident_memory() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t total_pages = 0;
    std::int64_t resident_pages = 0;
    statm >> total_pages >> resident_pages;
    return Bytes(resident_pages * ::sysconf(_SC_PAGESIZE));
}

void return_large_blocks() {
#if defined(__GLIBC__)
    (void)::mallopt(M_MMAP_THRESHOLD, 128 * 1024);  // its default; set by hand it stays there
#endif
}

}  // namespace convoy::util

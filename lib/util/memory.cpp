#include "util/memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace convoy::util {

Bytes peak_resident_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return Bytes(std::int64_t{usage.ru_maxrss} * 1024);
}

Bytes resident_memory() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t total_pages = 0;
    std::int64_t resident_pages = 0;
    statm >> total_pages >> resident_pages;
    return Bytes(resident_pages * ::sysconf(_SC_PAGESIZE));
}

}  // namespace convoy::util

// replay PATH...: runs a fuzz target over files, and over all files in folders; what fuzzing once found stays fixed.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "util/file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace fs = std::filesystem;

int main(int argc, char** argv) {
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i) {
        if (fs::is_regular_file(argv[i])) files.emplace_back(argv[i]);
        if (!fs::is_directory(argv[i])) continue;
        for (const auto& entry : fs::recursive_directory_iterator(argv[i]))
            if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        const convoy::util::FileView view = convoy::util::FileView::open(file.string());
        (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(view.bytes().data()), view.bytes().size());
    }
    fmt::print("{} inputs\n", files.size());
    return files.empty() ? 1 : 0;
}

// The entry point of libFuzzer and of replay.cpp. Ends the process when the target fails in another way than refusing.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>

#include "fuzz/target.hpp"

namespace {

bool refuses_input(const convoy::util::Error& error) {
    using convoy::util::Errc;
    switch (error.code()) {
        case Errc::data:
        case Errc::no_input:
        case Errc::protocol:
        case Errc::impossible:
            return true;
        default:
            return false;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        convoy::fuzz::check({reinterpret_cast<const char*>(bytes), size});
    } catch (const convoy::util::Error& error) {
        if (!refuses_input(error)) {
            fmt::print(stderr, "finding: error of another kind: {}\n", error.message());
            std::abort();
        }
    }
    return 0;
}

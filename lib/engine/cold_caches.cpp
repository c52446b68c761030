#include "engine/cold_caches.hpp"

namespace convoy::engine {

namespace {

constexpr std::size_t kBytes = std::size_t{8} << 20;
constexpr std::size_t kLine = 64;

}  // namespace

ColdCaches::ColdCaches() : memory_(kBytes) {}

void ColdCaches::leave() {
    for (std::size_t at = 0; at < memory_.size(); at += kLine) ++memory_[at];
}

}  // namespace convoy::engine

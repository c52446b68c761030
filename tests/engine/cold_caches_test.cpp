#include "engine/cold_caches.hpp"

#include <catch2/catch.hpp>

using namespace convoy;

TEST_CASE("engine: leaving the caches writes other memory", "[engine]") {
    engine::ColdCaches caches;
    CHECK(caches.written() == 0);
    caches.leave();
    caches.leave();
    CHECK(caches.written() == 2);
}

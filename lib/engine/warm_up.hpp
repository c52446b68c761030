#pragma once

namespace convoy::engine {

/// Computes something small, so that libraries, threads and tables are in memory before there is anything to do: what a
/// process takes from then on is due to its work.
void warm_up();

}  // namespace convoy::engine

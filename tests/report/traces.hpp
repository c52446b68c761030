#pragma once

#include <string>

#include "samples/trace.hpp"

// A small run, made by hand: device a sends half of a frame to b, both compute, a computes the rest.
namespace convoy::test {

[[nodiscard]] samples::TraceHeader run_header();
/// Predicted to last 20 ms: 5 ms of compute on b, 8 + 2 ms on a, 4 kB over in 4 ms and 1 kB back in 1 ms.
[[nodiscard]] samples::Timeline run_prediction();
/// One frame in which every time is `factor` times the predicted one.
[[nodiscard]] samples::FrameTrace run_frame(std::uint64_t number, double factor);
/// Of frames that are all `factor` times slower than predicted.
[[nodiscard]] samples::TraceSummary run_summary(std::uint64_t frames, double factor);
/// The whole stream: `frames` frames, each 1.2 times slower than predicted.
[[nodiscard]] std::string run_trace(std::uint64_t frames, yaml::Format format = yaml::Format::yaml);
[[nodiscard]] util::FileView as_file(std::string text, std::string name = "t.yaml");

}  // namespace convoy::test

#pragma once

#include "samples/trace.hpp"

namespace convoy::report::detail {

/// Divides all times by the dilation of a trace's header, and multiplies rates: a report tells the times that are
/// meant, not those of the test bed's slow motion.
void undilate(samples::TraceHeader& header);
void undilate(samples::FrameTrace& frame, double dilation);
void undilate(samples::TraceSummary& summary, double dilation);

}  // namespace convoy::report::detail

#pragma once

#include "samples/profile.hpp"
#include "samples/timeline.hpp"
#include "yaml/reader.hpp"
#include "yaml/schema.hpp"
#include "yaml/value.hpp"

// How contexts and single samples stand in a profile; the context stands in latency models too.
namespace convoy::samples::detail {

[[nodiscard]] const yaml::Schema& times_schema();
[[nodiscard]] yaml::Value to_value(const Times& times);
[[nodiscard]] Times read_times(const yaml::Reader& reader);

[[nodiscard]] const yaml::Schema& context_schema();
[[nodiscard]] yaml::Value to_value(const Context& context);
[[nodiscard]] Context read_context(const yaml::Reader& reader);

[[nodiscard]] const yaml::Schema& layer_schema();
[[nodiscard]] yaml::Value to_value(const LayerSample& sample);
[[nodiscard]] LayerSample read_layer(const yaml::Reader& reader);

/// A rate as files hold paces: in GFLOP/s, to five digits.
[[nodiscard]] double written_pace(util::FlopsPerSecond pace);
[[nodiscard]] yaml::Type pace_type();
[[nodiscard]] util::FlopsPerSecond read_pace(const yaml::Reader& pace);

/// The fields of the circumstances that each timing on a device has: loads, threads and pace.
[[nodiscard]] std::vector<yaml::Field> condition_fields();
/// Why there are not more runs; nothing in profiles that do not say.
[[nodiscard]] yaml::Field stop_field();
void set_stop(yaml::Value& value, Stop stop);
[[nodiscard]] Stop read_stop(const yaml::Reader& sample);
void set_pace(yaml::Value& value, const std::optional<util::FlopsPerSecond>& pace);
[[nodiscard]] std::optional<util::FlopsPerSecond> read_pace_of(const yaml::Reader& sample);

}  // namespace convoy::samples::detail

#include "samples/sample_yaml.hpp"

#include <fmt/format.h>

#include <string>

namespace convoy::samples::detail {

using namespace yaml;

namespace {

// Extents of a file must not overflow when they are multiplied: 2^15 per axis is beyond any CNN, weights aside.
constexpr std::int64_t kLargestExtent = std::int64_t{1} << 15;
constexpr std::int64_t kLargestVolume = std::int64_t{1} << 40;

constexpr double kGiga = 1e9;
constexpr const char* kPace = "pace_gflop_per_s";

Type extent() { return integer(0, kLargestExtent * kLargestExtent); }
Type interval() { return sequence_of(extent(), 2, 2); }
Type box() { return sequence_of(interval(), graph::kAxes, graph::kAxes); }
Type pair_of_extents() { return sequence_of(integer(1, kLargestExtent), 2, 2); }

std::vector<std::string> kind_names() {
    std::vector<std::string> names;
    for (int kind = 0; kind <= static_cast<int>(graph::Kind::whole); ++kind) {
        names.emplace_back(graph::to_string(static_cast<graph::Kind>(kind)));
    }
    return names;
}

Value box_value(const graph::Box& box) {
    Value value = Value::sequence();
    for (const graph::Interval& axis : box.axes) value.push(Value::sequence({axis.begin, axis.end}));
    return std::move(value).flow();
}

graph::Box read_box(const Reader& reader) {
    graph::Box box;
    const std::vector<Reader> axes = reader.items();
    double volume = 1;
    for (std::size_t axis = 0; axis < graph::kAxes; ++axis) {
        const std::vector<std::int64_t> ends = axes[axis].integers();
        if (ends[1] < ends[0]) axes[axis].fail("an interval [begin, end) must not end before it begins");
        box.axes[axis] = {ends[0], ends[1]};
        volume *= static_cast<double>(ends[1] - ends[0]);
    }
    if (volume > static_cast<double>(kLargestVolume)) reader.fail("a box of more than 2^40 elements");
    return box;
}

std::array<graph::Index, 2> read_pair(const Reader& reader) {
    const std::vector<std::int64_t> numbers = reader.integers();
    return {numbers[0], numbers[1]};
}

}  // namespace

const Schema& times_schema() {
    static const Schema schema{
        "times",
        {
            {.key = "n", .type = integer(1), .required = true, .doc = "measurements after warm-up"},
            {.key = "median_ms", .type = positive(), .unit = "ms", .required = true},
            {.key = "min_ms", .type = number(), .unit = "ms", .required = true},
            {.key = "p95_ms", .type = number(), .unit = "ms", .required = true},
            {.key = "spread_ms", .type = number(), .unit = "ms", .required = true, .doc = "interquartile range"},
        }};
    return schema;
}

Value to_value(const Times& times) {
    return Value::map({{"n", times.n},
                       {"median_ms", written_ms(times.median)},
                       {"min_ms", written_ms(times.min)},
                       {"p95_ms", written_ms(times.p95)},
                       {"spread_ms", written_ms(times.spread)}})
        .flow();
}

Times read_times(const Reader& reader) {
    const auto time = [&](std::string_view key) { return util::from_milliseconds(reader[key].number()); };
    const Times times{reader["n"].integer(), time("median_ms"), time("min_ms"), time("p95_ms"), time("spread_ms")};
    if (times.min > times.median) reader["min_ms"].fail("the least time is above the median");
    if (times.p95 < times.median) reader["p95_ms"].fail("the 95th percentile is below the median");
    return times;
}

std::vector<Field> condition_fields() {
    return {
        {.key = "load_offered", .type = number(0, 0.99), .default_text = "0", .doc = "asked of the load generator"},
        {.key = "load_obtained", .type = number(0, 0.999), .default_text = "0", .doc = "that others really took"},
        {.key = "load_before",
         .type = number(0, 0.999),
         .doc = "utilisation of the cores just before, which a planner can read"},
        {.key = "threads", .type = integer(1, 4096), .default_text = "1"},
        {.key = kPace,
         .type = pace_type(),
         .unit = "GFLOP/s",
         .doc = "rate of a fixed piece of arithmetic meanwhile: how fast the device was just then"},
    };
}

double written_pace(util::FlopsPerSecond pace) { return std::stod(fmt::format("{:.5g}", pace.value / kGiga)); }

Type pace_type() { return number(kLeastPaceGflopPerS, kLargestPaceGflopPerS); }

util::FlopsPerSecond read_pace(const Reader& pace) { return util::FlopsPerSecond(pace.number() * kGiga); }

void set_pace(Value& value, const std::optional<util::FlopsPerSecond>& pace) {
    if (pace) value.set(kPace, written_pace(*pace));
}

std::optional<util::FlopsPerSecond> read_pace_of(const Reader& sample) {
    const auto pace = sample.optional(kPace);
    return pace ? std::optional(read_pace(*pace)) : std::nullopt;
}

Field stop_field() {
    return {
        .key = "stopped_by", .type = choice({"stable", "max_runs", "budget"}), .doc = "why there are not more runs"};
}

void set_stop(Value& value, Stop stop) {
    if (stop != Stop::unknown) value.set("stopped_by", to_string(stop));
}

Stop read_stop(const Reader& sample) {
    const auto text = sample.optional("stopped_by");
    for (const Stop stop : {Stop::stable, Stop::max_runs, Stop::budget}) {
        if (text && text->string() == to_string(stop)) return stop;
    }
    return Stop::unknown;
}

const Schema& layer_schema() {
    static const Schema schema = [] {
        Schema layer{
            "layer",
            {
                {.key = "op", .type = text(), .required = true, .doc = "operator name"},
                {.key = "kind", .type = choice(kind_names()), .required = true},
                {.key = "onnx_type", .type = text(), .required = true},
                {.key = "output", .type = box(), .required = true, .doc = "what is computed: n, c, h, w"},
                {.key = "whole_output", .type = box(), .required = true},
                {.key = "inputs", .type = sequence_of(box(), 0, 1024), .required = true, .doc = "what is read"},
                {.key = "kernel", .type = pair_of_extents(), .default_text = "[1, 1]", .doc = "h, w"},
                {.key = "stride", .type = pair_of_extents(), .default_text = "[1, 1]", .doc = "h, w"},
                {.key = "group", .type = integer(1), .default_text = "1"},
                {.key = "channels", .type = extent(), .default_text = "0", .doc = "that each element sums over"},
                {.key = "addend", .type = boolean(), .default_text = "false", .doc = "a part of the sums"},
                {.key = "flops", .type = number(0, 1e18), .required = true},
                {.key = "input_bytes", .type = integer(0, kLargestVolume), .unit = "bytes", .required = true},
                {.key = "output_bytes", .type = integer(0, kLargestVolume), .unit = "bytes", .required = true},
                {.key = "weight_bytes", .type = integer(0, kLargestVolume), .unit = "bytes", .required = true},
            }};
        for (Field& field : condition_fields()) layer.fields.push_back(std::move(field));
        layer.fields.push_back({.key = "time", .type = record(times_schema()), .required = true});
        layer.fields.push_back({.key = "repeated_ms",
                                .type = positive(),
                                .unit = "ms",
                                .doc = "median of second runs, right after those in a pass: caches are warm"});
        layer.fields.push_back(stop_field());
        return layer;
    }();
    return schema;
}

Value to_value(const LayerSample& sample) {
    const WorkShape& work = sample.work;
    Value inputs = Value::sequence();
    for (const graph::Box& input : work.inputs) inputs.push(box_value(input));
    Value value = Value::map({{"op", sample.op},
                              {"kind", graph::to_string(work.kind)},
                              {"onnx_type", work.onnx_type},
                              {"output", box_value(work.output)},
                              {"whole_output", box_value(work.whole_output)},
                              {"inputs", inputs},
                              {"kernel", Value::sequence({work.kernel[0], work.kernel[1]})},
                              {"stride", Value::sequence({work.stride[0], work.stride[1]})},
                              {"group", work.group},
                              {"channels", work.channels},
                              {"addend", work.addend},
                              {"flops", work.flops.value},
                              {"input_bytes", work.input_bytes.value},
                              {"output_bytes", work.output_bytes.value},
                              {"weight_bytes", work.weight_bytes.value},
                              {"load_offered", sample.load_offered},
                              {"load_obtained", sample.load_obtained},
                              {"threads", sample.threads},
                              {"time", to_value(sample.time)}});
    if (sample.load_before) value.set("load_before", *sample.load_before);
    if (sample.repeated) value.set("repeated_ms", written_ms(*sample.repeated));
    set_pace(value, sample.pace);
    set_stop(value, sample.stop);
    return std::move(value).flow();
}

LayerSample read_layer(const Reader& reader) {
    LayerSample sample;
    sample.op = reader["op"].string();
    WorkShape& work = sample.work;
    work.kind = graph::kind_from_string(reader["kind"].string()).value();
    work.onnx_type = reader["onnx_type"].string();
    work.output = read_box(reader["output"]);
    work.whole_output = read_box(reader["whole_output"]);
    if (!work.whole_output.contains(work.output)) reader["output"].fail("is not inside whole_output");
    for (const Reader& input : reader["inputs"].items()) work.inputs.push_back(read_box(input));
    work.kernel = read_pair(reader["kernel"]);
    work.stride = read_pair(reader["stride"]);
    work.group = reader["group"].integer();
    work.channels = reader["channels"].integer();
    work.addend = reader["addend"].boolean();
    work.flops = util::Flops(reader["flops"].number());
    work.input_bytes = util::Bytes(reader["input_bytes"].integer());
    work.output_bytes = util::Bytes(reader["output_bytes"].integer());
    work.weight_bytes = util::Bytes(reader["weight_bytes"].integer());
    sample.load_offered = reader["load_offered"].number();
    sample.load_obtained = reader["load_obtained"].number();
    sample.threads = static_cast<int>(reader["threads"].integer());
    sample.time = read_times(reader["time"]);
    if (const auto before = reader.optional("load_before")) sample.load_before = before->number();
    if (const auto time = reader.optional("repeated_ms")) sample.repeated = util::from_milliseconds(time->number());
    sample.pace = read_pace_of(reader);
    sample.stop = read_stop(reader);
    return sample;
}

const Schema& context_schema() {
    static const Schema schema{
        "context",
        {
            {.key = "device", .type = text(), .required = true, .doc = "its name, as a cluster file calls it"},
            {.key = "cpu", .type = any_text(), .default_text = "''", .doc = "model"},
            {.key = "cores", .type = integer(1), .default_text = "1", .doc = "that the process may use"},
            {.key = "kernel", .type = any_text(), .default_text = "''"},
            {.key = "governor", .type = any_text(), .default_text = "''", .doc = "of CPU frequency, where shown"},
            {.key = "affinity",
             .type = sequence_of(integer(0, 1 << 20), 0, 1 << 16),
             .default_text = "[]",
             .doc = "numbers of these cores"},
            {.key = "cpu_limit", .type = positive(), .doc = "of its container, in cores"},
            {.key = "frequency_mhz", .type = positive(), .unit = "MHz", .doc = "while it was profiled, where shown"},
            {.key = "temperature_celsius", .type = any_number(), .doc = "of the hottest sensor, where shown"},
            {.key = "throttled",
             .type = integer(0),
             .doc = "times that the CPU was slowed down meanwhile, where shown"},
            {.key = "versions", .type = map_of(text()), .default_text = "{}"},
            {.key = "stretch",
             .type = positive(),
             .default_text = "1",
             .doc = "how many times slower it pretends to be"},
        }};
    return schema;
}

Value to_value(const Context& context) {
    Value versions = Value::map();
    for (const auto& [name, version] : context.versions) versions.set(name, version);
    Value value = Value::map({{"device", context.device},
                              {"cpu", context.cpu},
                              {"cores", context.cores},
                              {"kernel", context.kernel},
                              {"governor", context.governor},
                              {"versions", std::move(versions).flow()}});
    if (!context.affinity.empty()) {
        Value cores = Value::sequence();
        for (const int core : context.affinity) cores.push(core);
        value.set("affinity", std::move(cores).flow());
    }
    if (context.cpu_limit) value.set("cpu_limit", *context.cpu_limit);
    if (context.frequency_mhz) value.set("frequency_mhz", *context.frequency_mhz);
    if (context.temperature_celsius) value.set("temperature_celsius", *context.temperature_celsius);
    if (context.throttled) value.set("throttled", *context.throttled);
    if (context.stretch != 1) value.set("stretch", context.stretch);
    return value;
}

Context read_context(const Reader& reader) {
    Context context{reader["device"].string(), reader["cpu"].string(),      static_cast<int>(reader["cores"].integer()),
                    reader["kernel"].string(), reader["governor"].string(), {},
                    reader["stretch"].number()};
    for (const auto& entry : reader["versions"].entries()) context.versions[entry.name] = entry.value.string();
    for (const std::int64_t core : reader["affinity"].integers()) context.affinity.push_back(static_cast<int>(core));
    const auto number = [&](const char* key) {
        const auto value = reader.optional(key);
        return value ? std::optional(value->number()) : std::nullopt;
    };
    context.cpu_limit = number("cpu_limit");
    context.frequency_mhz = number("frequency_mhz");
    context.temperature_celsius = number("temperature_celsius");
    if (const auto count = reader.optional("throttled")) context.throttled = count->integer();
    return context;
}

}  // namespace convoy::samples::detail

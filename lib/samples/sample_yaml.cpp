#include "samples/sample_yaml.hpp"

#include <fmt/format.h>

namespace convoy::samples::detail {

using namespace yaml;

namespace {

// Extents of a file must not overflow when they are multiplied: 2^15 per axis is beyond any CNN, weights aside.
constexpr std::int64_t kLargestExtent = std::int64_t{1} << 15;
constexpr std::int64_t kLargestVolume = std::int64_t{1} << 40;

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
        {.key = "threads", .type = integer(1, 4096), .default_text = "1"},
    };
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
        return layer;
    }();
    return schema;
}

Value to_value(const LayerSample& sample) {
    const WorkShape& work = sample.work;
    Value inputs = Value::sequence();
    for (const graph::Box& input : work.inputs) inputs.push(box_value(input));
    return Value::map({{"op", sample.op},
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
                       {"time", to_value(sample.time)}})
        .flow();
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
    if (context.stretch != 1) value.set("stretch", context.stretch);
    return value;
}

Context read_context(const Reader& reader) {
    Context context{reader["device"].string(), reader["cpu"].string(),      static_cast<int>(reader["cores"].integer()),
                    reader["kernel"].string(), reader["governor"].string(), {},
                    reader["stretch"].number()};
    for (const auto& entry : reader["versions"].entries()) context.versions[entry.name] = entry.value.string();
    return context;
}

}  // namespace convoy::samples::detail

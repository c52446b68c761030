#include "cluster/cluster_schema.hpp"

namespace convoy::cluster {

using namespace yaml;

namespace {

const Schema& power_schema() {
    static const Schema schema{
        "power",
        {
            {.key = "idle", .type = number(), .unit = "W", .default_text = "0", .doc = "always"},
            {.key = "compute", .type = number(), .unit = "W", .default_text = "0", .doc = "more, while it computes"},
            {.key = "radio",
             .type = number(),
             .unit = "W",
             .default_text = "0",
             .doc = "more, while it sends or receives"},
        }};
    return schema;
}

// Loads stay below 1: at 1 nothing would be left for the model.
constexpr double kLargestLoad = 0.99;

const Schema& device_schema() {
    static const Schema schema{
        "device",
        {
            {.key = "name", .type = text(), .required = true, .doc = "unique in the file"},
            {.key = "latency", .type = text(), .doc = "file of its latency model"},
            {.key = "address", .type = text(), .doc = "where its convoy-serve listens"},
            {.key = "speed", .type = positive(), .doc = "predicted time = latency(load) / speed; 1 when left out"},
            {.key = "gflop_per_s",
             .type = positive(),
             .unit = "GFLOP/s",
             .doc = "instead of speed: vgg16's FLOPs over its unsplit one-thread time"},
            {.key = "load", .type = number(0, kLargestLoad), .default_text = "0", .doc = "CPU load by others"},
            {.key = "threads", .type = integer(1, 4096), .default_text = "1", .doc = "that its worker computes with"},
            {.key = "memory_bytes", .type = integer(1), .unit = "bytes", .doc = "that its share may take"},
            {.key = "ssh", .type = text(), .doc = "host on which --ssh starts its worker"},
            {.key = "power_w", .type = record(power_schema()), .doc = "for predicted energy"},
        }};
    return schema;
}

// Nothing gets through at 1.
constexpr double kLargestLoss = 0.99;

std::vector<Field> link_fields() {
    return {
        {.key = "rate_mbit_per_s", .type = positive(), .unit = "Mbit/s", .doc = "of payload"},
        {.key = "start_up_ms",
         .type = number(),
         .unit = "ms",
         .doc = "per message, occupies the sender's interface; 0 when left out"},
        {.key = "delay_ms",
         .type = number(),
         .unit = "ms",
         .doc = "one way, overlaps with other messages; 0 when left out"},
        {.key = "jitter_ms",
         .type = number(),
         .unit = "ms",
         .doc = "either way, at most delay_ms; not predicted; 0 when left out"},
        {.key = "loss",
         .type = number(0, kLargestLoss),
         .doc = "share of packets; emulated, not predicted; 0 when left out"},
    };
}

const Schema& pair_schema() {
    static const Schema schema = [] {
        Schema pair{"pair",
                    {{.key = "from", .type = text(), .required = true, .doc = "device"},
                     {.key = "to", .type = text(), .required = true, .doc = "device"}}};
        for (Field& field : link_fields()) pair.fields.push_back(std::move(field));
        pair.fields.push_back(
            {.key = "profile", .type = text(), .doc = "file that convoy-profile --link wrote on `from`"});
        return pair;
    }();
    return schema;
}

const Schema& links_schema() {
    static const Schema schema = [] {
        Schema links{"links",
                     {{.key = "medium",
                       .type = choice({"switched", "shared"}),
                       .default_text = "switched",
                       .doc = "shared: one message at a time in the whole cluster"}}};
        for (Field& field : link_fields()) links.fields.push_back(std::move(field));
        links.fields.push_back(
            {.key = "pairs",
             .type = sequence_of(record(pair_schema())),
             .default_text = "[]",
             .doc = "links unlike the others; each holds both ways unless the way back is listed too"});
        return links;
    }();
    return schema;
}

}  // namespace

const Schema& cluster_schema() {
    static const Schema schema{
        "cluster",
        {
            {.key = "source", .type = text(), .doc = "device that holds the input; the first when left out"},
            {.key = "sink", .type = text(), .doc = "device that gets the output; the source when left out"},
            {.key = "devices", .type = sequence_of(record(device_schema()), 1, 4096), .required = true},
            {.key = "links", .type = record(links_schema()), .doc = "not needed for one device"},
            {.key = "dilation",
             .type = number(1, kLargestDilation),
             .default_text = "1",
             .doc = "all times here are so many times those of the cluster that is meant"},
        }};
    return schema;
}

}  // namespace convoy::cluster

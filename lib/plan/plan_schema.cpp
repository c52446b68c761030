#include "plan/plan_file.hpp"
#include "wire/codec.hpp"

namespace convoy::plan {
namespace {

using yaml::any;
using yaml::Field;
using yaml::integer;
using yaml::map_of;
using yaml::one_or_more;
using yaml::record;
using yaml::Schema;
using yaml::sequence_of;
using yaml::text;

yaml::Type interval() { return sequence_of(integer(), 2, 2); }

std::vector<Field> axes() {
    return {
        {.key = "n", .type = interval(), .doc = "batch, [begin, end)"},
        {.key = "c", .type = interval(), .doc = "channels"},
        {.key = "h", .type = interval(), .doc = "rows"},
        {.key = "w", .type = interval(), .doc = "columns"},
    };
}

const Schema& box_schema() {
    static const Schema table{"box", axes(), "A half-open box; an omitted axis is whole."};
    return table;
}

const Schema& piece_schema() {
    static const Schema table{"piece",
                              [] {
                                  std::vector<Field> fields = axes();
                                  fields.push_back({.key = "in",
                                                    .type = record(box_schema()),
                                                    .doc = "sums only over this box of the last operator's input"});
                                  return fields;
                              }(),
                              "A box of the stage's output."};
    return table;
}

const Schema& stage_schema() {
    static const Schema table{
        "stage",
        {
            {.key = "layers",
             .type = one_or_more(text()),
             .doc = "operators by name; a..b is every operator on a path from a to b"},
            {.key = "hold", .type = text(), .doc = "instead of layers: a tensor that gets a layout of its own"},
            {.key = "shares",
             .type = map_of(one_or_more(record(piece_schema()))),
             .doc = "the pieces of each device, in the coordinates of the last layer's output"},
            {.key = "on", .type = one_or_more(text()), .doc = "instead of shares: all of it on each of these devices"},
            {.key = "wire",
             .type = map_of(yaml::choice(wire::codec_names())),
             .doc = "codec of a tensor that the stage makes"},
            {.key = "from",
             .type = map_of(map_of(text())),
             .doc = "which holder serves a receiver, where there is a choice"},
            {.key = "outputs",
             .type = map_of(map_of(one_or_more(record(box_schema())))),
             .doc = "boxes of leaving tensors that no piece needs by itself"},
        }};
    return table;
}

const Schema& route_schema() {
    static const Schema table{
        "route",
        {
            {.key = "weight", .type = integer(1, 1'000'000), .default_text = "1", .doc = "share of the frames"},
            {.key = "stages", .type = sequence_of(record(stage_schema()), 1), .required = true, .doc = "in order"},
        }};
    return table;
}

const Schema& made_from_schema() {
    static const Schema table{"file",
                              {
                                  {.key = "file", .type = text(), .required = true, .doc = "relative to the plan"},
                                  {.key = "sha256", .type = text(), .required = true, .doc = "64 hex digits"},
                              }};
    return table;
}

const Schema& inputs_schema() {
    static const Schema table{
        "inputs",
        {
            {.key = "model", .type = record(made_from_schema()), .doc = "another model is refused"},
            {.key = "cluster", .type = record(made_from_schema()), .doc = "hash of its planning fields"},
            {.key = "latency", .type = sequence_of(record(made_from_schema())), .doc = "hashes of planning fields"},
            {.key = "preprocess", .type = record(made_from_schema()), .doc = "hash of its planning fields"},
        }};
    return table;
}

const Schema& plan_schema() {
    static const Schema table{
        "plan",
        {
            {.key = "generator", .type = yaml::any_text(), .default_text = "''", .doc = "who wrote the file"},
            {.key = "strategy", .type = yaml::any_text(), .default_text = "''", .doc = "how it was found"},
            {.key = "inputs", .type = record(inputs_schema()), .doc = "what it was made from"},
            {.key = "devices",
             .type = sequence_of(text(), 1, 4096),
             .required = true,
             .doc = "the order that settles every tie"},
            {.key = "source", .type = text(), .doc = "holds the inputs; default: the first device"},
            {.key = "sink", .type = text(), .doc = "gets the outputs; default: the source"},
            {.key = "in_flight", .type = integer(1, 4096), .default_text = "1", .doc = "frames at once, per route"},
            {.key = "wire", .type = map_of(yaml::choice(wire::codec_names())), .doc = "codec of a graph input"},
            {.key = "stages", .type = sequence_of(record(stage_schema()), 1), .doc = "of the only route"},
            {.key = "routes", .type = sequence_of(record(route_schema()), 1), .doc = "instead of stages"},
            {.key = "predicted", .type = record(samples::timeline_schema()), .doc = "timeline of one frame"},
        }};
    return table;
}

}  // namespace

const yaml::DocumentKind& plan_kind() {
    static const yaml::DocumentKind kind{"plan", 1, 1, plan_schema()};
    return kind;
}

}  // namespace convoy::plan

#include "yaml/demo_document.hpp"

namespace convoy::test {
namespace {

const yaml::Schema& box_schema() {
    static const yaml::Schema schema{"box",
                                     {
                                         {.key = "h", .type = sequence_of(yaml::integer(), 2, 2)},
                                         {.key = "w", .type = sequence_of(yaml::integer(), 2, 2)},
                                     }};
    return schema;
}

const yaml::Schema& stage_schema() {
    static const yaml::Schema schema{"stage",
                                     {
                                         {.key = "layers", .type = sequence_of(yaml::text(), 1), .required = true},
                                         {.key = "shares", .type = map_of(one_or_more(record(box_schema())))},
                                         {.key = "on", .type = one_or_more(yaml::text())},
                                     }};
    return schema;
}

const yaml::Schema& demo_schema() {
    static const yaml::Schema schema{
        "demo",
        {
            {.key = "source", .type = yaml::text(), .required = true},
            {.key = "medium", .type = yaml::choice({"switched", "shared"}), .default_text = "switched"},
            {.key = "rate_mbit_per_s", .type = yaml::positive(), .unit = "Mbit/s"},
            {.key = "load", .type = yaml::ratio(), .default_text = "0"},
            {.key = "offset", .type = yaml::any_number()},
            {.key = "in_flight", .type = yaml::integer(1), .default_text = "1"},
            {.key = "verify", .type = yaml::boolean()},
            {.key = "stages", .type = sequence_of(record(stage_schema()))},
            {.key = "note", .type = yaml::any_text()},
            {.key = "extra", .type = yaml::any()},
            {.key = "newer", .type = yaml::integer(), .since = 3},
        }};
    return schema;
}

}  // namespace

const yaml::DocumentKind& demo_kind() {
    static const yaml::DocumentKind kind{"demo", 2, 3, demo_schema()};
    return kind;
}

}  // namespace convoy::test

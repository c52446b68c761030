#include "compress_split/compression.hpp"

#include "samples/timeline.hpp"

namespace convoy::compress_split {

using namespace yaml;

namespace {

const Schema& row_schema() {
    static const Schema schema{
        "method",
        {
            {.key = "method", .type = text(), .required = true},
            {.key = "note", .type = text(), .doc = "why there is no plan; the other keys are missing then"},
            {.key = "cut",
             .type = text(),
             .doc = "tensors that cross, + between; input, or output where everything stays on the source"},
            {.key = "codec", .type = text(), .doc = "of what crosses"},
            {.key = "latency_ms", .type = number(), .unit = "ms", .doc = "predicted, of one frame"},
            {.key = "edge_ms", .type = number(), .unit = "ms", .doc = "of it, computing on the source"},
            {.key = "transfer_ms", .type = number(), .unit = "ms", .doc = "of it, the rest"},
            {.key = "cloud_ms", .type = number(), .unit = "ms", .doc = "of it, computing behind the cut"},
            {.key = "cut_bytes", .type = integer(), .unit = "bytes", .doc = "that cross, as they are encoded"},
            {.key = "flops", .type = number(), .doc = "of the model"},
            {.key = "parameters", .type = integer(), .doc = "of the model"},
            {.key = "jpeg_upload_ms",
             .type = number(),
             .unit = "ms",
             .doc = "the latency if an input that crosses had the size of a JPEG file"},
            {.key = "float32_upload_ms", .type = number(), .unit = "ms", .doc = "likewise as float32"},
            {.key = "accuracy", .type = ratio(), .doc = "share of images whose best class is the label"},
            {.key = "agreement", .type = ratio(), .doc = "share of images whose best class is the original's"},
            {.key = "relative_error", .type = number(), .doc = "of the outputs, the mean over the images"},
            {.key = "drop", .type = any_number(), .doc = "what the metric lost: 0.01 is one point"},
            {.key = "drop_standard_error", .type = number()},
        }};
    return schema;
}

const Schema& images_schema() {
    static const Schema schema{
        "images",
        {
            {.key = "calibration", .type = integer(), .required = true, .doc = "layers were fitted to so many"},
            {.key = "selection", .type = integer(), .required = true, .doc = "so many decided between models"},
            {.key = "check", .type = integer(), .required = true, .doc = "the scores are of so many others"},
        }};
    return schema;
}

const Schema& sweep_schema() {
    static const Schema schema{"sweep",
                               {
                                   {.key = "uplink_mbit_per_s", .type = positive(), .unit = "Mbit/s", .required = true},
                                   {.key = "note", .type = text(), .doc = "why there are no rows"},
                                   {.key = "methods", .type = sequence_of(record(row_schema())), .required = true},
                               }};
    return schema;
}

const Schema& compression_schema() {
    static const Schema schema{
        "compression",
        {
            {.key = "generator", .type = text()},
            {.key = "model", .type = text(), .required = true, .doc = "file"},
            {.key = "cluster", .type = text(), .required = true, .doc = "file"},
            {.key = "cloud", .type = text(), .required = true, .doc = "the device behind the cut"},
            {.key = "metric",
             .type = choice({"accuracy", "agreement", "relative_error"}),
             .required = true,
             .doc = "what the budget is about"},
            {.key = "max_drop", .type = number(), .required = true, .doc = "the budget: 0.01 is one point"},
            {.key = "margin", .type = number(), .required = true, .doc = "standard errors added to a drop"},
            {.key = "seed", .type = integer(), .required = true},
            {.key = "images", .type = record(images_schema()), .required = true},
            {.key = "compressed", .type = text(), .required = true, .doc = "what was done to the model"},
            {.key = "methods", .type = sequence_of(record(row_schema())), .required = true},
            {.key = "sweep",
             .type = sequence_of(record(sweep_schema())),
             .default_text = "[]",
             .doc = "the same for other rates from the source to the cloud"},
        }};
    return schema;
}

void set_score(Value& value, const Score& score) {
    if (score.accuracy) value.set("accuracy", *score.accuracy);
    if (score.agreement) value.set("agreement", *score.agreement);
    value.set("relative_error", score.relative_error);
    value.set("drop", score.loss.drop);
    value.set("drop_standard_error", score.loss.error);
}

Value row_value(const Row& row) {
    Value value = Value::map({{"method", row.method}});
    if (!row.note.empty()) return value.set("note", row.note);
    value.set("cut", row.cut);
    if (!row.codec.empty()) value.set("codec", row.codec);
    value.set("latency_ms", samples::written_ms(row.latency));
    value.set("edge_ms", samples::written_ms(row.edge));
    value.set("transfer_ms", samples::written_ms(row.transfer));
    value.set("cloud_ms", samples::written_ms(row.cloud));
    value.set("cut_bytes", row.bytes.value);
    value.set("flops", row.size.flops.value);
    value.set("parameters", row.size.parameters);
    if (row.latency_jpeg) value.set("jpeg_upload_ms", samples::written_ms(*row.latency_jpeg));
    if (row.latency_float32) value.set("float32_upload_ms", samples::written_ms(*row.latency_float32));
    if (row.score) set_score(value, *row.score);
    return value;
}

Value rows_value(const std::vector<Row>& rows) {
    Value list = Value::sequence();
    for (const Row& row : rows) list.push(row_value(row));
    return list;
}

}  // namespace

const DocumentKind& compression_kind() {
    static const DocumentKind kind{"compression", 1, 1, compression_schema()};
    return kind;
}

std::string write_compression(const Compression& compression, Format format) {
    Value value = Value::map();
    if (!compression.generator.empty()) value.set("generator", compression.generator);
    value.set("model", compression.model);
    value.set("cluster", compression.cluster);
    value.set("cloud", compression.cloud);
    value.set("metric", to_string(compression.metric));
    value.set("max_drop", compression.max_drop);
    value.set("margin", compression.margin);
    value.set("seed", compression.seed);
    value.set("images", Value::map({{"calibration", compression.calibration},
                                    {"selection", compression.selection},
                                    {"check", compression.check}})
                            .flow());
    value.set("compressed", compression.recipe);
    Value sweep = Value::sequence();
    for (const CompressionPart& part : compression.parts) {
        if (!part.uplink_mbit_per_s) {
            value.set("methods", rows_value(part.rows));
            continue;
        }
        Value rate = Value::map({{"uplink_mbit_per_s", *part.uplink_mbit_per_s}});
        if (!part.note.empty()) rate.set("note", part.note);
        sweep.push(rate.set("methods", rows_value(part.rows)));
    }
    if (compression.parts.size() > 1) value.set("sweep", sweep);
    return write_document(compression_kind(), value, format);
}

}  // namespace convoy::compress_split

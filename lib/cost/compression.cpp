#include "cost/compression.hpp"

#include "samples/timeline.hpp"

namespace convoy::cost {

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
                                   {.key = "cluster", .type = text(), .doc = "file; by default the first cluster"},
                                   {.key = "cloud", .type = text(), .doc = "the device behind the cut there"},
                                   {.key = "uplink_mbit_per_s",
                                    .type = positive(),
                                    .unit = "Mbit/s",
                                    .doc = "from the source to the cloud; without it the cluster is as it is"},
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
             .doc = "the same for other rates from the source to the cloud, and for other clusters"},
        }};
    return schema;
}

void set_score(Value& value, const CompressionScore& score) {
    if (score.accuracy) value.set("accuracy", *score.accuracy);
    if (score.agreement) value.set("agreement", *score.agreement);
    value.set("relative_error", score.relative_error);
    value.set("drop", score.drop);
    value.set("drop_standard_error", score.drop_error);
}

Value row_value(const CompressionRow& row) {
    Value value = Value::map({{"method", row.method}});
    if (!row.note.empty()) return value.set("note", row.note);
    value.set("cut", row.cut);
    if (!row.codec.empty()) value.set("codec", row.codec);
    value.set("latency_ms", samples::written_ms(row.latency));
    value.set("edge_ms", samples::written_ms(row.edge));
    value.set("transfer_ms", samples::written_ms(row.transfer));
    value.set("cloud_ms", samples::written_ms(row.cloud));
    value.set("cut_bytes", row.bytes.value);
    value.set("flops", row.flops.value);
    value.set("parameters", row.parameters);
    if (row.latency_jpeg) value.set("jpeg_upload_ms", samples::written_ms(*row.latency_jpeg));
    if (row.latency_float32) value.set("float32_upload_ms", samples::written_ms(*row.latency_float32));
    if (row.score) set_score(value, *row.score);
    return value;
}

Value rows_value(const std::vector<CompressionRow>& rows) {
    Value list = Value::sequence();
    for (const CompressionRow& row : rows) list.push(row_value(row));
    return list;
}

std::optional<double> optional_number(const Reader& reader, const char* key) {
    const auto found = reader.optional(key);
    return found ? std::optional(found->number()) : std::nullopt;
}

std::optional<util::Seconds> optional_time(const Reader& reader, const char* key) {
    const auto found = optional_number(reader, key);
    return found ? std::optional(util::from_milliseconds(*found)) : std::nullopt;
}

std::string optional_text(const Reader& reader, const char* key) {
    const auto found = reader.optional(key);
    return found ? found->string() : "";
}

std::int64_t optional_integer(const Reader& reader, const char* key) {
    const auto found = reader.optional(key);
    return found ? found->integer() : 0;
}

std::optional<CompressionScore> read_score(const Reader& reader) {
    const auto drop = optional_number(reader, "drop");
    if (!drop) return std::nullopt;
    return CompressionScore{optional_number(reader, "accuracy"), optional_number(reader, "agreement"),
                            optional_number(reader, "relative_error").value_or(0), *drop,
                            optional_number(reader, "drop_standard_error").value_or(0)};
}

CompressionRow read_row(const Reader& reader) {
    CompressionRow row;
    row.method = reader["method"].string();
    row.note = optional_text(reader, "note");
    if (row.note.empty() && !reader.optional("latency_ms")) reader.fail("a method needs a latency_ms, or a note");
    row.cut = optional_text(reader, "cut");
    row.codec = optional_text(reader, "codec");
    row.latency = optional_time(reader, "latency_ms").value_or(util::Seconds{});
    row.edge = optional_time(reader, "edge_ms").value_or(util::Seconds{});
    row.transfer = optional_time(reader, "transfer_ms").value_or(util::Seconds{});
    row.cloud = optional_time(reader, "cloud_ms").value_or(util::Seconds{});
    row.bytes = util::Bytes(optional_integer(reader, "cut_bytes"));
    row.flops = util::Flops(optional_number(reader, "flops").value_or(0));
    row.parameters = optional_integer(reader, "parameters");
    row.latency_jpeg = optional_time(reader, "jpeg_upload_ms");
    row.latency_float32 = optional_time(reader, "float32_upload_ms");
    row.score = read_score(reader);
    return row;
}

Metric read_metric(const std::string& name) {
    for (const Metric metric : {Metric::accuracy, Metric::agreement}) {
        if (name == to_string(metric)) return metric;
    }
    return Metric::relative_error;
}

std::vector<CompressionRow> read_rows(const Reader& list) {
    std::vector<CompressionRow> rows;
    for (const Reader& item : list.items()) rows.push_back(read_row(item));
    return rows;
}

CompressionPart read_part(const Reader& reader) {
    if (!reader.optional("cluster") && !reader.optional("uplink_mbit_per_s")) {
        reader.fail("a part of a sweep needs an uplink_mbit_per_s or a cluster");
    }
    return {optional_text(reader, "cluster"), optional_text(reader, "cloud"),
            optional_number(reader, "uplink_mbit_per_s"), read_rows(reader["methods"]), optional_text(reader, "note")};
}

Value part_value(const CompressionPart& part) {
    Value value = Value::map();
    if (!part.cluster.empty()) value.set("cluster", part.cluster);
    if (!part.cloud.empty()) value.set("cloud", part.cloud);
    if (part.uplink_mbit_per_s) value.set("uplink_mbit_per_s", *part.uplink_mbit_per_s);
    if (!part.note.empty()) value.set("note", part.note);
    return value.set("methods", rows_value(part.rows));
}

}  // namespace

const char* to_string(Metric metric) noexcept {
    switch (metric) {
        case Metric::accuracy:
            return "accuracy";
        case Metric::agreement:
            return "agreement";
        case Metric::relative_error:
            return "relative_error";
    }
    return "?";
}

const DocumentKind& compression_kind() {
    static const DocumentKind kind{"compression", 1, 1, compression_schema()};
    return kind;
}

Compression read_compression(const util::FileView& file) {
    const Document document = open_document(compression_kind(), file);
    const Reader root = document.root();
    Compression compression;
    compression.generator = optional_text(root, "generator");
    compression.model = root["model"].string();
    compression.cluster = root["cluster"].string();
    compression.cloud = root["cloud"].string();
    compression.metric = read_metric(root["metric"].string());
    compression.max_drop = root["max_drop"].number();
    compression.margin = root["margin"].number();
    compression.seed = static_cast<std::uint64_t>(root["seed"].integer());
    const Reader images = root["images"];
    compression.calibration = static_cast<std::size_t>(images["calibration"].integer());
    compression.selection = static_cast<std::size_t>(images["selection"].integer());
    compression.check = static_cast<std::size_t>(images["check"].integer());
    compression.recipe = root["compressed"].string();
    compression.parts.push_back({"", "", std::nullopt, read_rows(root["methods"]), ""});
    for (const Reader& other : root["sweep"].items()) compression.parts.push_back(read_part(other));
    return compression;
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
    value.set("methods", rows_value(compression.parts.front().rows));
    Value sweep = Value::sequence();
    for (std::size_t part = 1; part < compression.parts.size(); ++part) sweep.push(part_value(compression.parts[part]));
    if (compression.parts.size() > 1) value.set("sweep", sweep);
    return write_document(compression_kind(), value, format);
}

}  // namespace convoy::cost

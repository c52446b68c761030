#include "samples/profile.hpp"
#include "samples/sample_yaml.hpp"

namespace convoy::samples {

using namespace yaml;
using detail::condition_fields;
using detail::read_times;

namespace {

const Schema& model_schema() {
    static const Schema schema{"model",
                               {
                                   {.key = "file", .type = text(), .required = true},
                                   {.key = "sha256", .type = text(), .required = true},
                                   {.key = "flops", .type = number(0, 1e18), .required = true},
                               }};
    return schema;
}

const Schema& model_sample_schema() {
    static const Schema schema = [] {
        Schema sample{"whole_model", condition_fields()};
        sample.fields.push_back({.key = "time", .type = record(detail::times_schema()), .required = true});
        sample.fields.push_back(detail::stop_field());
        return sample;
    }();
    return schema;
}

const Schema& sweep_schema() {
    static const Schema schema{
        "sweep",
        {
            {.key = "seed", .type = integer(0), .required = true},
            {.key = "layers", .type = integer(1), .required = true, .doc = "of each kind of operator"},
        }};
    return schema;
}

const Schema& pace_schema() {
    static const Schema schema{"pace",
                               {
                                   {.key = "usual_gflop_per_s",
                                    .type = detail::pace_type(),
                                    .unit = "GFLOP/s",
                                    .required = true,
                                    .doc = "the median"},
                                   {.key = "least_gflop_per_s",
                                    .type = detail::pace_type(),
                                    .unit = "GFLOP/s",
                                    .required = true,
                                    .doc = "19 of 20 samples had more"},
                                   {.key = "most_gflop_per_s",
                                    .type = detail::pace_type(),
                                    .unit = "GFLOP/s",
                                    .required = true,
                                    .doc = "19 of 20 samples had less"},
                               }};
    return schema;
}

PaceRange read_pace_range(const Reader& reader) {
    const auto pace = [&](std::string_view key) { return detail::read_pace(reader[key]); };
    const PaceRange range{pace("usual_gflop_per_s"), pace("least_gflop_per_s"), pace("most_gflop_per_s")};
    if (range.least > range.usual) reader["least_gflop_per_s"].fail("the least pace is above the usual one");
    if (range.most < range.usual) reader["most_gflop_per_s"].fail("the largest pace is below the usual one");
    return range;
}

Value to_value(const PaceRange& range) {
    return Value::map({{"usual_gflop_per_s", detail::written_pace(range.usual)},
                       {"least_gflop_per_s", detail::written_pace(range.least)},
                       {"most_gflop_per_s", detail::written_pace(range.most)}})
        .flow();
}

const Schema& codec_schema() {
    static const Schema schema{
        "codec",
        {
            {.key = "codec", .type = text(), .required = true},
            {.key = "bytes", .type = integer(1), .unit = "bytes", .required = true, .doc = "of the tensor in memory"},
            {.key = "encode", .type = record(detail::times_schema()), .required = true},
            {.key = "decode", .type = record(detail::times_schema()), .required = true},
        }};
    return schema;
}

const Schema& link_sample_schema() {
    static const Schema schema{
        "link_sample",
        {
            {.key = "bytes", .type = integer(0), .unit = "bytes", .required = true, .doc = "of each message"},
            {.key = "messages",
             .type = integer(1, 1024),
             .default_text = "1",
             .doc = "sent one right after the other; the last was acknowledged"},
            {.key = "direction", .type = choice({"out", "back"}), .required = true},
            {.key = "round_trip", .type = record(detail::times_schema()), .required = true},
            {.key = "one_way", .type = record(detail::times_schema()), .required = true},
        }};
    return schema;
}

const Schema& fitted_schema() {
    static const Schema schema{"fitted",
                               {
                                   {.key = "start_up_ms",
                                    .type = number(),
                                    .unit = "ms",
                                    .required = true,
                                    .doc = "per message, occupies the sender's interface"},
                                   {.key = "rate_mbit_per_s", .type = positive(), .unit = "Mbit/s", .required = true},
                                   {.key = "delay_ms",
                                    .type = number(),
                                    .unit = "ms",
                                    .default_text = "0",
                                    .doc = "one way, overlaps with other messages"},
                                   {.key = "jitter_ms",
                                    .type = number(),
                                    .unit = "ms",
                                    .default_text = "0",
                                    .doc = "19 of 20 small messages are at most so much later than the median"},
                               }};
    return schema;
}

const Schema& link_schema() {
    static const Schema schema{
        "link",
        {
            {.key = "url", .type = any_text(), .default_text = "''"},
            {.key = "peer", .type = any_text(), .default_text = "''"},
            {.key = "fitted", .type = record(fitted_schema()), .required = true, .doc = "from this device to the peer"},
            {.key = "back",
             .type = record(fitted_schema()),
             .doc = "from the peer to this device; as `fitted` when left out"},
            {.key = "samples", .type = sequence_of(record(link_sample_schema())), .default_text = "[]"},
        }};
    return schema;
}

const Schema& profile_schema() {
    static const Schema schema{
        "profile",
        {
            {.key = "context", .type = record(detail::context_schema()), .required = true},
            {.key = "model", .type = record(model_schema())},
            {.key = "piece_overhead",
             .type = record(detail::times_schema()),
             .doc = "a piece that computes next to nothing"},
            {.key = "pace",
             .type = record(pace_schema()),
             .doc = "of the device while it was profiled, by the samples under the least load"},
            {.key = "whole_model", .type = sequence_of(record(model_sample_schema())), .default_text = "[]"},
            {.key = "layers", .type = sequence_of(record(detail::layer_schema())), .default_text = "[]"},
            {.key = "sweep", .type = record(sweep_schema()), .doc = "the synthetic layers among them"},
            {.key = "codecs", .type = sequence_of(record(codec_schema())), .default_text = "[]"},
            {.key = "missing",
             .type = integer(0),
             .default_text = "0",
             .doc = "samples that the budget or an interruption left out"},
            {.key = "link", .type = record(link_schema()), .doc = "measured by `--link`"},
            {.key = "links",
             .type = sequence_of(record(link_schema())),
             .default_text = "[]",
             .doc = "measured by `--cluster`, to later devices of the cluster file"},
        }};
    return schema;
}

Value fit_value(const LinkFit& fit) {
    return Value::map({{"start_up_ms", written_ms(fit.start_up)},
                       {"rate_mbit_per_s", util::mbit_per_s(fit.rate)},
                       {"delay_ms", written_ms(fit.delay)},
                       {"jitter_ms", written_ms(fit.jitter)}})
        .flow();
}

Value link_value(const LinkProfile& link) {
    Value samples = Value::sequence();
    for (const LinkSample& sample : link.samples) {
        Value value = Value::map({{"bytes", sample.bytes.value},
                                  {"direction", sample.direction == Direction::out ? "out" : "back"},
                                  {"round_trip", detail::to_value(sample.round_trip)},
                                  {"one_way", detail::to_value(sample.one_way)}});
        if (sample.messages != 1) value.set("messages", sample.messages);
        samples.push(std::move(value).flow());
    }
    Value value = Value::map({{"url", link.url}, {"peer", link.peer}, {"fitted", fit_value(link.fitted)}});
    if (link.back) value.set("back", fit_value(*link.back));
    return std::move(value).set("samples", samples);
}

LinkFit read_fit(const Reader& reader) {
    return {util::from_milliseconds(reader["start_up_ms"].number()),
            util::from_mbit_per_s(reader["rate_mbit_per_s"].number()),
            util::from_milliseconds(reader["delay_ms"].number()),
            util::from_milliseconds(reader["jitter_ms"].number())};
}

LinkProfile read_link(const Reader& reader) {
    LinkProfile link{reader["url"].string(), reader["peer"].string(), {}, read_fit(reader["fitted"]), {}};
    if (const auto back = reader.optional("back")) link.back = read_fit(*back);
    for (const Reader& item : reader["samples"].items()) {
        link.samples.push_back({util::Bytes(item["bytes"].integer()),
                                item["direction"].string() == "out" ? Direction::out : Direction::back,
                                read_times(item["round_trip"]), read_times(item["one_way"]),
                                item["messages"].integer()});
    }
    return link;
}

Value model_sample_value(const ModelSample& sample) {
    Value value = Value::map({{"load_offered", sample.load_offered},
                              {"load_obtained", sample.load_obtained},
                              {"threads", sample.threads},
                              {"time", detail::to_value(sample.time)}});
    if (sample.load_before) value.set("load_before", *sample.load_before);
    detail::set_pace(value, sample.pace);
    detail::set_stop(value, sample.stop);
    return std::move(value).flow();
}

ModelSample read_model_sample(const Reader& reader) {
    ModelSample sample{reader["load_offered"].number(), reader["load_obtained"].number(),
                       static_cast<int>(reader["threads"].integer()), read_times(reader["time"])};
    if (const auto before = reader.optional("load_before")) sample.load_before = before->number();
    sample.pace = detail::read_pace_of(reader);
    sample.stop = detail::read_stop(reader);
    return sample;
}

/// What a profile has beside the samples of operators and models.
void read_rest(const Document& document, Profile& profile) {
    if (const auto sweep = document.root().optional("sweep")) {
        profile.sweep = Sweep{static_cast<std::uint64_t>((*sweep)["seed"].integer()), (*sweep)["layers"].integer()};
    }
    for (const Reader& item : document["codecs"].items()) {
        profile.codecs.push_back({item["codec"].string(), util::Bytes(item["bytes"].integer()),
                                  read_times(item["encode"]), read_times(item["decode"])});
    }
    profile.missing = document["missing"].integer();
    if (const auto link = document.root().optional("link")) profile.link = read_link(*link);
    for (const Reader& item : document["links"].items()) profile.links.push_back(read_link(item));
}

void set_rest(const Profile& profile, Value& document) {
    if (profile.sweep) {
        document.set("sweep", Value::map({{"seed", static_cast<std::int64_t>(profile.sweep->seed)},
                                          {"layers", profile.sweep->layers}}));
    }
    Value codecs = Value::sequence();
    for (const CodecSample& sample : profile.codecs) {
        codecs.push(Value::map({{"codec", sample.codec},
                                {"bytes", sample.bytes.value},
                                {"encode", detail::to_value(sample.encode)},
                                {"decode", detail::to_value(sample.decode)}})
                        .flow());
    }
    if (!profile.codecs.empty()) document.set("codecs", codecs);
    if (profile.missing > 0) document.set("missing", profile.missing);
    if (profile.link) document.set("link", link_value(*profile.link));
    Value links = Value::sequence();
    for (const LinkProfile& link : profile.links) links.push(link_value(link));
    if (!profile.links.empty()) document.set("links", links);
}

}  // namespace

const DocumentKind& profile_kind() {
    static const DocumentKind kind{"profile", 1, 1, profile_schema()};
    return kind;
}

Profile read_profile(const util::FileView& file) {
    const Document document = open_document(profile_kind(), file);
    Profile profile;
    profile.context = detail::read_context(document["context"]);
    if (const auto model = document.root().optional("model")) {
        profile.model_file = (*model)["file"].string();
        profile.model_sha256 = (*model)["sha256"].string();
        profile.model_flops = util::Flops((*model)["flops"].number());
    }
    if (const auto overhead = document.root().optional("piece_overhead")) {
        profile.piece_overhead = read_times(*overhead);
    }
    if (const auto pace = document.root().optional("pace")) profile.pace = read_pace_range(*pace);
    for (const Reader& item : document["whole_model"].items()) {
        profile.whole_model.push_back(read_model_sample(item));
    }
    for (const Reader& item : document["layers"].items()) profile.layers.push_back(detail::read_layer(item));
    read_rest(document, profile);
    return profile;
}

std::string write_profile(const Profile& profile, Format format) {
    Value document = Value::map({{"context", detail::to_value(profile.context)}});
    if (!profile.model_file.empty()) {
        document.set("model", Value::map({{"file", profile.model_file},
                                          {"sha256", profile.model_sha256},
                                          {"flops", profile.model_flops.value}}));
    }
    if (profile.piece_overhead) document.set("piece_overhead", detail::to_value(*profile.piece_overhead));
    if (profile.pace) document.set("pace", to_value(*profile.pace));
    Value whole = Value::sequence();
    for (const ModelSample& sample : profile.whole_model) whole.push(model_sample_value(sample));
    if (!profile.whole_model.empty()) document.set("whole_model", whole);
    Value layers = Value::sequence();
    for (const LayerSample& sample : profile.layers) layers.push(detail::to_value(sample));
    if (!profile.layers.empty()) document.set("layers", layers);
    set_rest(profile, document);
    return write_document(profile_kind(), document, format);
}

}  // namespace convoy::samples

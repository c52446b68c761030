#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cluster/cluster.hpp"
#include "cluster/cluster_schema.hpp"

namespace convoy::cluster {

using yaml::Reader;
using yaml::Value;

const yaml::DocumentKind& cluster_kind() {
    static const yaml::DocumentKind kind{"cluster", 1, 1, cluster_schema()};
    return kind;
}

namespace {

double number_or(const Reader& reader, std::string_view key, double otherwise) {
    const auto value = reader.optional(key);
    return value ? value->number() : otherwise;
}

std::string text_or_empty(const Reader& reader, std::string_view key) {
    const auto value = reader.optional(key);
    return value ? value->string() : std::string();
}

Power read_power(const Reader& reader) {
    return {util::Watts(reader["idle"].number()), util::Watts(reader["compute"].number()),
            util::Watts(reader["radio"].number())};
}

Device read_device(const Reader& reader) {
    Device device;
    device.name = reader["name"].string();
    device.latency = text_or_empty(reader, "latency");
    device.address = text_or_empty(reader, "address");
    device.ssh = text_or_empty(reader, "ssh");
    device.speed = number_or(reader, "speed", 1);
    if (const auto rate = reader.optional("gflop_per_s")) {
        if (reader.has("speed")) rate->fail("gflop_per_s stands instead of speed: give one of them");
        device.rate = util::FlopsPerSecond(rate->number() * 1e9);
    }
    device.load = reader["load"].number();
    device.threads = static_cast<int>(reader["threads"].integer());
    if (const auto memory = reader.optional("memory_bytes")) device.memory = util::Bytes(memory->integer());
    if (const auto power = reader.optional("power_w")) device.power = read_power(*power);
    return device;
}

std::vector<Device> read_devices(const Reader& reader) {
    std::vector<Device> devices;
    std::set<std::string> names;
    for (const Reader& item : reader.items()) {
        devices.push_back(read_device(item));
        const std::string& name = devices.back().name;
        if (!names.insert(name).second) item["name"].fail(fmt::format("a second device '{}'", name));
    }
    return devices;
}

std::size_t device_of(const Cluster& cluster, const Reader& reader) {
    const std::string name = reader.string();
    if (const auto device = cluster.find(name)) return *device;
    reader.fail(fmt::format("unknown device '{}'", name), util::suggestion(name, cluster.names()));
}

/// The link that `reader` describes over `base`; nothing when no rate is given anywhere.
std::optional<Link> read_link(const Reader& reader, const std::optional<Link>& base) {
    const auto rate = reader.optional("rate_mbit_per_s");
    if (!rate && !base) return std::nullopt;
    Link link = base.value_or(Link{});
    if (rate) link.rate = util::from_mbit_per_s(rate->number());
    if (const auto time = reader.optional("start_up_ms")) link.start_up = util::from_milliseconds(time->number());
    if (const auto time = reader.optional("delay_ms")) link.delay = util::from_milliseconds(time->number());
    const auto jitter = reader.optional("jitter_ms");
    if (jitter) link.jitter = util::from_milliseconds(jitter->number());
    if (const auto loss = reader.optional("loss")) link.loss = loss->number();
    if (link.jitter > link.delay)
        (jitter ? *jitter : reader["delay_ms"])
            .fail("the jitter is more than the delay: messages would come too early");
    return link;
}

/// A measured link; what is not measured is as on other links.
Link over(Link link, const std::optional<Link>& every) {
    link.jitter = std::min(link.jitter, link.delay);  // the tail of late messages may be longer
    if (every) link.loss = every->loss;
    return link;
}

Pair read_pair(const Cluster& cluster, const Reader& reader, const LinkReader& measured) {
    Pair pair;
    pair.from = device_of(cluster, reader["from"]);
    pair.to = device_of(cluster, reader["to"]);
    if (pair.from == pair.to) reader["to"].fail("a link needs two devices");
    std::optional<Link> base = cluster.every;
    if (const auto profile = reader.optional("profile")) {
        if (reader.has("rate_mbit_per_s") || reader.has("start_up_ms"))
            profile->fail("rate and start-up come from the profile: give either it or them");
        pair.profile = profile->string();
        const MeasuredLink link = measured(util::resolve_beside(cluster.file, pair.profile).string());
        if (link.back) pair.back = read_link(reader, over(*link.back, cluster.every));
        base = over(link.link, cluster.every);
    }
    const std::optional<Link> link = read_link(reader, base);
    if (!link) reader.fail("rate_mbit_per_s is missing, and there is no default in links");
    pair.link = *link;
    return pair;
}

void read_links(Cluster& cluster, const Reader& reader, const LinkReader& measured) {
    cluster.medium = reader["medium"].string() == "shared" ? Medium::shared : Medium::switched;
    cluster.every = read_link(reader, std::nullopt);
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (const Reader& item : reader["pairs"].items()) {
        const Pair pair = read_pair(cluster, item, measured);
        if (!seen.emplace(pair.from, pair.to).second) item.fail("this link is listed twice");
        cluster.pairs.push_back(pair);
    }
}

void check_links(const Cluster& cluster, const yaml::Document& document) {
    if (cluster.every || cluster.devices.size() < 2) return;
    for (std::size_t to = 0; to < cluster.devices.size(); ++to) {
        for (std::size_t from = 0; from < to; ++from) {
            try {
                (void)cluster.link(from, to);
            } catch (const util::Error& error) {
                const auto links = document.root().optional("links");
                (links ? *links : document["devices"]).fail(error.message(), error.hint());
            }
        }
    }
}

/// @param base  what a reader fills in for keys that are left out
Value link_value(const Link& link, const Link& base) {
    Value value = Value::map({{"rate_mbit_per_s", util::mbit_per_s(link.rate)},
                              {"start_up_ms", util::milliseconds(link.start_up)},
                              {"delay_ms", util::milliseconds(link.delay)}});
    if (link.jitter != base.jitter) value.set("jitter_ms", util::milliseconds(link.jitter));
    if (link.loss != base.loss) value.set("loss", link.loss);
    return value;
}

Value device_value(const Device& device) {
    Value value = Value::map({{"name", device.name}});
    const auto text = [&](const char* key, const std::string& content) {
        if (!content.empty()) value.set(key, content);
    };
    text("latency", device.latency);
    text("address", device.address);
    if (device.rate) {
        value.set("gflop_per_s", device.rate->value / 1e9);
    } else if (device.speed != 1) {
        value.set("speed", device.speed);
    }
    if (device.load != 0) value.set("load", device.load);
    if (device.threads != 1) value.set("threads", device.threads);
    if (device.memory) value.set("memory_bytes", device.memory->value);
    text("ssh", device.ssh);
    if (device.power) {
        value.set("power_w", Value::map({{"idle", device.power->idle.value},
                                         {"compute", device.power->compute.value},
                                         {"radio", device.power->radio.value}}));
    }
    return std::move(value).flow();
}

/// What a pair says beside its profile. What differs by direction is the profile's: its own keys count for both.
void set_beside_profile(const Pair& pair, const Link& every, Value& value) {
    const Link& back = pair.back ? *pair.back : pair.link;
    if (back.delay == pair.link.delay) value.set("delay_ms", util::milliseconds(pair.link.delay));
    if (back.jitter == pair.link.jitter) value.set("jitter_ms", util::milliseconds(pair.link.jitter));
    if (pair.link.loss != every.loss) value.set("loss", pair.link.loss);
    value.set("profile", pair.profile);
}

Value pair_value(const Cluster& cluster, const Pair& pair) {
    Value value = Value::map({{"from", cluster.devices.at(pair.from).name}, {"to", cluster.devices.at(pair.to).name}});
    const Link every = cluster.every.value_or(Link{});
    if (!pair.profile.empty()) {
        set_beside_profile(pair, every, value);
        return std::move(value).flow();
    }
    const Value link = link_value(pair.link, every);
    for (const auto& [key, content] : link.entries()) value.set(key, content);
    return std::move(value).flow();
}

}  // namespace

Cluster read_cluster(const util::FileView& file, const LinkReader& measured) {
    const yaml::Document document = yaml::open_document(cluster_kind(), file);
    Cluster cluster;
    cluster.file = document.file();
    cluster.devices = read_devices(document["devices"]);
    if (const auto source = document.root().optional("source")) cluster.source = device_of(cluster, *source);
    const auto sink = document.root().optional("sink");
    cluster.sink = sink ? device_of(cluster, *sink) : cluster.source;
    if (const auto links = document.root().optional("links")) read_links(cluster, *links, measured);
    check_links(cluster, document);
    cluster.dilation = document["dilation"].number();
    return cluster;
}

std::string write_cluster(const Cluster& cluster, yaml::Format format) {
    Value devices = Value::sequence();
    for (const Device& device : cluster.devices) devices.push(device_value(device));
    Value document = Value::map({{"source", cluster.devices.at(cluster.source).name},
                                 {"sink", cluster.devices.at(cluster.sink).name},
                                 {"devices", devices}});
    if (cluster.every || !cluster.pairs.empty()) {
        Value links = Value::map({{"medium", to_string(cluster.medium)}});
        if (cluster.every) {
            const Value every = link_value(*cluster.every, Link{});
            for (const auto& [key, content] : every.entries()) links.set(key, content);
        }
        Value pairs = Value::sequence();
        for (const Pair& pair : cluster.pairs) pairs.push(pair_value(cluster, pair));
        if (!cluster.pairs.empty()) links.set("pairs", pairs);
        document.set("links", links);
    }
    if (cluster.dilation != 1) document.set("dilation", cluster.dilation);
    return yaml::write_document(cluster_kind(), document, format);
}

}  // namespace convoy::cluster

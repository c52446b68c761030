#include "cluster/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "util/hash.hpp"
#include "yaml/value.hpp"

namespace convoy::cluster {

const char* to_string(Medium medium) noexcept { return medium == Medium::shared ? "shared" : "switched"; }

Link Cluster::link(std::size_t from, std::size_t to) const {
    const Pair* back = nullptr;
    for (const Pair& pair : pairs) {
        if (pair.from == from && pair.to == to) return pair.link;
        if (pair.from == to && pair.to == from) back = &pair;
    }
    if (back) return back->back.value_or(back->link);
    if (every) return *every;
    throw util::Error(util::Errc::data,
                      fmt::format("no link from '{}' to '{}'", devices.at(from).name, devices.at(to).name))
        .key("links")
        .hint("links: {rate_mbit_per_s: ...} gives the link of every pair that is not listed");
}

std::optional<std::size_t> Cluster::find(std::string_view device) const noexcept {
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const Device& d) { return d.name == device; });
    if (found == devices.end()) return std::nullopt;
    return static_cast<std::size_t>(found - devices.begin());
}

std::vector<std::string> Cluster::names() const {
    std::vector<std::string> names;
    for (const Device& device : devices) names.push_back(device.name);
    return names;
}

namespace {

/// Key and value of every planning field: in two clusters that plan alike, the same list.
std::map<std::string, std::string> planning_fields(const Cluster& cluster) {
    std::map<std::string, std::string> fields;
    const auto number = [](double value) { return fmt::format("{}", value); };
    const auto name = [&](std::size_t device) { return cluster.devices.at(device).name; };
    fields["source"] = name(cluster.source);
    fields["sink"] = name(cluster.sink);
    fields["links.medium"] = to_string(cluster.medium);
    const auto link = [&](const std::string& key, const Link& value) {
        fields[key + ".rate_mbit_per_s"] = number(util::mbit_per_s(value.rate));
        fields[key + ".start_up_ms"] = number(util::milliseconds(value.start_up));
        fields[key + ".delay_ms"] = number(util::milliseconds(value.delay));
    };
    std::string order;
    for (const Device& device : cluster.devices) {
        order += device.name + "\n";
        const std::string key = "devices." + device.name;
        fields[key + ".speed"] = number(device.speed);
        if (device.rate) fields[key + ".gflop_per_s"] = number(device.rate->value / 1e9);
        fields[key + ".load"] = number(device.load);
        fields[key + ".threads"] = fmt::format("{}", device.threads);
        if (device.memory) fields[key + ".memory_bytes"] = fmt::format("{}", device.memory->value);
        if (!device.power) continue;
        fields[key + ".power_w"] =
            fmt::format("{} {} {}", device.power->idle.value, device.power->compute.value, device.power->radio.value);
    }
    fields["devices"] = order;
    if (cluster.every) link("links", *cluster.every);
    for (const Pair& pair : cluster.pairs) {
        link(fmt::format("links.{}->{}", name(pair.from), name(pair.to)), pair.link);
        if (pair.back) link(fmt::format("links.{}->{}", name(pair.to), name(pair.from)), *pair.back);
    }
    return fields;
}

}  // namespace

std::string planning_hash(const Cluster& cluster) {
    std::string text;
    for (const auto& [key, value] : planning_fields(cluster)) text += fmt::format("{}={}\n", key, value);
    return util::sha256(text);
}

std::vector<std::string> differences(const Cluster& before, const Cluster& now) {
    const auto old_fields = planning_fields(before);
    const auto new_fields = planning_fields(now);
    std::vector<std::string> differing;
    for (const auto& [key, value] : old_fields) {
        const auto found = new_fields.find(key);
        if (found == new_fields.end() || found->second != value) differing.push_back(key);
    }
    for (const auto& [key, value] : new_fields) {
        if (!old_fields.contains(key)) differing.push_back(key);
    }
    std::sort(differing.begin(), differing.end());
    return differing;
}

}  // namespace convoy::cluster

#include <fmt/format.h>

#include "latency/bed.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

Table devices_of(const cluster::Cluster& cluster) {
    Table table{.key = "devices",
                .title = "Devices",
                .columns = {{"device", "device"},
                            {"role", "role"},
                            {"latency", "latency model"},
                            {"speed", "speed", Quantity::real},
                            {"gflop_per_s", "GFLOP/s", Quantity::real},
                            {"load", "load", Quantity::ratio},
                            {"threads", "threads", Quantity::count},
                            {"memory_bytes", "memory", Quantity::bytes},
                            {"address", "address"},
                            {"ssh", "ssh"}}};
    for (std::size_t i = 0; i < cluster.devices.size(); ++i) {
        const cluster::Device& device = cluster.devices[i];
        const std::string role =
            fmt::format("{}{}{}", i == cluster.source ? "source" : "",
                        i == cluster.source && i == cluster.sink ? ", " : "", i == cluster.sink ? "sink" : "");
        table.rows.push_back(
            {device.name, text_cell(role), text_cell(device.latency), device.rate ? Cell{} : Cell(device.speed),
             device.rate ? Cell(device.rate->value / 1e9) : Cell{}, device.load, std::int64_t{device.threads},
             device.memory ? bytes_cell(*device.memory) : Cell{}, text_cell(device.address), text_cell(device.ssh)});
    }
    return table;
}

std::vector<Cell> link_row(const std::string& from, const std::string& to, const cluster::Link& link,
                           const std::string& profile) {
    return {from,
            to,
            rate_cell(link.rate),
            time_cell(link.start_up),
            time_cell(link.delay),
            time_cell(link.jitter),
            text_cell(profile)};
}

Table links_of(const cluster::Cluster& cluster) {
    Table table{.key = "links",
                .title = "Links",
                .columns = {{"from", "from"},
                            {"to", "to"},
                            {"rate_mbit_per_s", "rate", Quantity::mbit_per_s},
                            {"start_up_ms", "start-up", Quantity::milliseconds},
                            {"delay_ms", "delay", Quantity::milliseconds},
                            {"jitter_ms", "jitter", Quantity::milliseconds},
                            {"profile", "measured in"}}};
    if (cluster.every) table.rows.push_back(link_row("(any)", "(any)", *cluster.every, ""));
    for (const cluster::Pair& pair : cluster.pairs) {
        const std::string& from = cluster.devices[pair.from].name;
        const std::string& to = cluster.devices[pair.to].name;
        table.rows.push_back(link_row(from, to, pair.link, pair.profile));
        if (pair.back) table.rows.push_back(link_row(to, from, *pair.back, pair.profile));
    }
    return table;
}

}  // namespace

Section cluster_section(const util::FileView& file) {
    const cluster::Cluster cluster = latency::read_cluster(file);
    Section section{.file = file.name(), .kind = "cluster", .title = count_text(cluster.devices.size(), "device")};
    section.lines = {{"devices", fmt::format("{}", fmt::join(cluster.names(), ", "))},
                     {"medium", fmt::format("{}: {}", cluster::to_string(cluster.medium),
                                            cluster.medium == cluster::Medium::shared
                                                ? "one message at a time in the whole cluster"
                                                : "each device sends and receives at its own rate")}};
    section.facts = {{"device_count", count_cell(cluster.devices.size())},
                     {"source", cluster.devices[cluster.source].name},
                     {"sink", cluster.devices[cluster.sink].name},
                     {"medium", cluster::to_string(cluster.medium)}};
    add_table(section, devices_of(cluster));
    add_table(section, links_of(cluster));
    return section;
}

}  // namespace convoy::report::detail

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "cli/parser.hpp"
#include "cli/run_tool.hpp"
#include "engine/load.hpp"
#include "latency/bed.hpp"
#include "latency/reference.hpp"
#include "samples/profile.hpp"
#include "util/file.hpp"
#include "util/log.hpp"

// testbed-plan: what a cluster file asks of a bed on this machine, as words for testbed.sh and options for the tools.
namespace {

using namespace convoy;
using cluster::Cluster;
using cluster::Link;
using util::Errc;
using util::Error;

constexpr cli::Positional kPositionals[] = {
    {.name = "COMMAND",
     .help = "specs for testbed.sh, a cluster file, or tools' options",
     .choices = "bed|cluster|devices"},
    {.name = "CLUSTER.yaml", .help = "devices and links; - is stdin"},
};

constexpr cli::Option kOptions[] = {
    {.long_name = "gflop-per-s",
     .hint = cli::Hint::number,
     .help = "what this machine computes, as gflop_per_s in the file",
     .detail = "One of these three tells how fast the machine is: without it no device is slowed."},
    {.long_name = "profile", .hint = cli::Hint::file, .help = "the same from a profile of vgg16, made on this machine"},
    {.long_name = "latency",
     .short_name = 'l',
     .hint = cli::Hint::file,
     .help = "the same from a latency model of this machine",
     .detail = "With `cluster`, devices without a latency model also get this one, so that they are predicted by it."},
    {.long_name = "quota",
     .help = "slow devices by CPU quota, not by stretching",
     .detail = "A second opinion: short pieces are not slowed at all, and communication hides in what is left of a "
               "period.",
     .commands = "bed|devices"},
    {.long_name = "dilation",
     .hint = cli::Hint::text,
     .value_name = "K|auto",
     .default_text = "1",
     .help = "the file K times slower: devices and links",
     .detail =
         "For devices that are faster than this machine, alone or together. `auto` is the least whole number with "
         "which they fit and leave three quarters of a core to the network; reports divide by it.",
     .commands = "cluster"},
    {.long_name = "address",
     .hint = cli::Hint::text,
     .value_name = "NAME=URL",
     .help = "where a device listens; several times",
     .commands = "cluster",
     .repeatable = true},
};

constexpr cli::Tool kTool{
    .name = "testbed-plan",
    .summary = "what a cluster file asks of a test bed on this machine",
    .synopsis =
        "bed CLUSTER.yaml [--quota] [--gflop-per-s N | --profile FILE | --latency FILE]\n"
        "cluster CLUSTER.yaml [--address NAME=URL]... [--dilation K|auto] [--latency FILE]\n"
        "devices CLUSTER.yaml [--quota] [--gflop-per-s N | --profile FILE | --latency FILE]",
    .positionals = kPositionals,
    .options = kOptions,
    .exit_notes = "78 when the file asks for what a bed cannot make, or for a device faster than this machine.",
    .examples =
        "testbed.sh up $(testbed-plan bed cluster.yaml)\n"
        "testbed-plan devices examples/clusters/B.yaml --profile vgg16.profile.yaml",
};

[[noreturn]] void refuse(const std::string& key, std::string message, std::string hint = "") {
    throw Error(Errc::impossible, std::move(message)).key(key).hint(std::move(hint));
}

/// Whether a model does as many operations as vgg16, the yardstick, does.
bool is_yardstick(util::Flops flops) {
    constexpr double kTolerance = 0.02;
    double expected = 0;
    for (const samples::WorkShape& work : latency::reference_model()) expected += work.flops.value;
    return std::abs(flops.value - expected) < kTolerance * expected;
}

/// How fast this machine is.
struct Machine {
    util::FlopsPerSecond rate;                 ///< by vgg16
    std::optional<util::FlopsPerSecond> pace;  ///< at which it was so fast; see engine::Yardstick
};

Machine machine_of_profile(const std::string& path) {
    const samples::Profile profile = samples::read_profile(util::FileView::open(path));
    if (!is_yardstick(profile.model_flops))
        throw Error(Errc::data, fmt::format("{} is not a profile of vgg16, by its FLOPs", path))
            .hint("convoy-zoo vgg16 | convoy-profile - -o vgg16.profile.yaml");
    for (const samples::ModelSample& sample : profile.whole_model) {
        if (sample.threads == 1 && sample.load_offered == 0)
            return {util::FlopsPerSecond(profile.model_flops.value / sample.time.median.count()), sample.pace};
    }
    throw Error(Errc::data, fmt::format("{} holds no time of a whole model with one thread and no load", path))
        .hint("convoy-zoo vgg16 | convoy-profile - -o vgg16.profile.yaml");
}

Machine machine_of_latency(const std::string& path) {
    const latency::DeviceModel model = latency::read_latency(util::FileView::open(path));
    Machine machine{latency::reference_rate(model), {}};
    if (!model.usual_paces().empty()) machine.pace = model.usual_paces().front().pace;  // of one thread, without load
    return machine;
}

std::optional<Machine> machine_from(const cli::Options& options) {
    constexpr double kMost = 1e6;
    const auto given = [&](const char* name) { return options.has(name) ? 1 : 0; };
    if (given("gflop-per-s") + given("profile") + given("latency") > 1)
        throw Error(Errc::usage, "give only one of --gflop-per-s, --profile and --latency");
    if (options.has("gflop-per-s"))
        return Machine{util::FlopsPerSecond(1e9 * options.number("gflop-per-s", 1e-6, kMost)), {}};
    if (options.has("profile")) return machine_of_profile(options.text("profile"));
    if (!options.has("latency")) return std::nullopt;
    return machine_of_latency(options.text("latency"));
}

/// This machine's rate over each device's.
std::vector<double> slowness(const Cluster& cluster, util::FlopsPerSecond machine) {
    std::vector<double> factors;
    for (const cluster::Device& device : cluster.devices) {
        util::FlopsPerSecond wanted = machine;
        if (device.rate) {
            wanted = *device.rate;
        } else if (!device.latency.empty()) {
            const std::string path = util::resolve_beside(cluster.file, device.latency).string();
            const auto rate = latency::reference_rate(latency::read_latency(util::FileView::open(path)));
            wanted = util::FlopsPerSecond(rate.value * device.speed);
        } else if (device.speed != 1) {
            refuse(fmt::format("devices.{}.speed", device.name), "a speed says nothing without a latency model",
                   "give gflop_per_s instead");
        }
        factors.push_back(machine.value / wanted.value);
    }
    return factors;
}

/// How many times slower than this machine each device is to be; empty where the machine's rate is not known.
std::vector<double> stretches(const Cluster& cluster, const std::optional<Machine>& machine) {
    if (!machine) return {};
    std::vector<double> factors = slowness(cluster, machine->rate);
    for (std::size_t i = 0; i < factors.size(); ++i) {
        // Whoever asks for the machine's own speed, rounded to three digits, is not to be refused.
        constexpr double kRounding = 5e-4;
        if (factors[i] < 1 - kRounding)
            refuse(fmt::format("devices.{}", cluster.devices[i].name),
                   fmt::format("{:.3g} GFLOP/s, but this machine has only {:.3g}",
                               machine->rate.value / factors[i] / 1e9, machine->rate.value / 1e9),
                   "a bed can slow a device down, not speed it up: testbed-plan cluster --dilation makes all slower");
        factors[i] = std::max(factors[i], 1.0);
    }
    return factors;
}

int cores() { return engine::usable_cores(); }

/// Cores that are busy when all devices compute at once.
double cores_needed(const Cluster& cluster, const std::vector<double>& factors) {
    double needed = 0;
    for (std::size_t i = 0; i < factors.size(); ++i) needed += cluster.devices[i].threads / factors[i];
    return needed;
}

/// The least whole dilation with which no device is faster than this machine, and a part of a core is left.
double least_dilation(const Cluster& cluster, util::FlopsPerSecond machine) {
    constexpr double kLeft = 0.75;  // of a core, for the kernel's and the relays' packets
    constexpr double kLeastCores = 0.75;
    const std::vector<double> factors = slowness(cluster, machine);
    const double usable = std::max(kLeastCores, cores() - kLeft);
    const double least = *std::ranges::min_element(factors);
    return std::ceil(std::max({1.0, 1 / least, cores_needed(cluster, factors) / usable}));
}

double dilation_from(const cli::Options& options, const Cluster& cluster) {
    const std::string text = options.text("dilation");
    if (text == "auto") {
        const auto machine = machine_from(options);
        if (!machine)
            throw options.error("dilation", "auto needs to know how fast this machine is",
                                "give --profile, --latency or --gflop-per-s");
        return least_dilation(cluster, machine->rate);
    }
    const auto factor = cli::parse_number(text);
    if (!factor || !(*factor >= 1))
        throw options.error("dilation", fmt::format("'{}' is no factor from 1 to 1e6", text), "a number, or auto");
    return *factor;
}

/// A number as testbed.sh reads them: never with an exponent.
std::string decimal(double value) {
    std::string text = fmt::format("{:.6f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string mbit(util::BytesPerSecond rate) { return decimal(util::mbit_per_s(rate)); }

/// Calls for every ordered pair of different devices.
void for_each_link(const Cluster& cluster,
                   const std::function<void(std::size_t from, std::size_t to, const Link& link)>& body) {
    for (std::size_t from = 0; from < cluster.devices.size(); ++from) {
        for (std::size_t to = 0; to < cluster.devices.size(); ++to) {
            if (from != to) body(from, to, cluster.link(from, to));
        }
    }
}

void check_devices(const Cluster& cluster) {
    for (const cluster::Device& device : cluster.devices) {
        const std::string key = "devices." + device.name;
        if (device.load > 0) refuse(key + ".load", "a bed makes no load by others", "leave it out of this copy");
        if (device.threads > cores())
            refuse(key + ".threads",
                   fmt::format("{} threads are more than the cores that may be used", device.threads));
    }
}

using Specs = std::vector<std::string>;

void add_shared_medium(const Cluster& cluster, Specs& specs) {
    std::optional<util::BytesPerSecond> rate;
    for_each_link(cluster, [&](std::size_t from, std::size_t to, const Link& link) {
        if (rate && link.rate != *rate)
            refuse(
                fmt::format("links.pairs.{}->{}.rate_mbit_per_s", cluster.devices[from].name, cluster.devices[to].name),
                "a shared medium has one rate for all in a bed");
        rate = link.rate;
    });
    if (rate) specs.push_back("medium=" + mbit(*rate));
}

/// Each interface gets the rate of its fastest link; slower links get a limit of their own.
void add_rates(const Cluster& cluster, Specs& specs) {
    std::vector<util::BytesPerSecond> up(cluster.devices.size());
    std::vector<util::BytesPerSecond> down(cluster.devices.size());
    for_each_link(cluster, [&](std::size_t from, std::size_t to, const Link& link) {
        up[from] = std::max(up[from], link.rate);
        down[to] = std::max(down[to], link.rate);
    });
    for (std::size_t i = 0; i < up.size() && up.size() > 1; ++i) {
        const std::string& name = cluster.devices[i].name;
        specs.push_back(up[i] == down[i] ? fmt::format("{}:rate={}", name, mbit(up[i]))
                                         : fmt::format("{}:up={},down={}", name, mbit(up[i]), mbit(down[i])));
    }
    for_each_link(cluster, [&](std::size_t from, std::size_t to, const Link& link) {
        if (link.rate < std::min(up[from], down[to]))
            specs.push_back(
                fmt::format("{}/{}:rate={}", cluster.devices[from].name, cluster.devices[to].name, mbit(link.rate)));
    });
}

std::string path_text(const Link& link) {
    std::string text = "delay=" + decimal(util::milliseconds(link.delay));
    if (link.jitter > util::Seconds::zero()) text += ",jitter=" + decimal(util::milliseconds(link.jitter));
    if (link.loss > 0) text += ",loss=" + decimal(100 * link.loss);
    return text;
}

void add_paths(const Cluster& cluster, Specs& specs) {
    const std::string none = path_text(Link{});
    for_each_link(cluster, [&](std::size_t from, std::size_t to, const Link& link) {
        const std::string text = path_text(link);
        if (text != none)
            specs.push_back(fmt::format("{}/{}:{}", cluster.devices[from].name, cluster.devices[to].name, text));
    });
}

void warn_of_cores(const Cluster& cluster, const std::vector<double>& factors) {
    const double needed = cores_needed(cluster, factors);
    if (needed > cores())
        util::log_warning(
            "all devices together need {:.1f} cores, and may use {}: they will slow each other down; testbed-plan "
            "cluster --dilation makes all slower",
            needed, cores());
}

void add_quotas(const Cluster& cluster, const std::vector<double>& factors, Specs& specs) {
    for (std::size_t i = 0; i < factors.size(); ++i) {
        const double percent = 100 * cluster.devices[i].threads / factors[i];
        if (factors[i] > 1) specs.push_back(fmt::format("{}:cpu={}", cluster.devices[i].name, decimal(percent)));
    }
}

std::string bed_text(const Cluster& cluster, const std::vector<double>& factors, bool quota) {
    check_devices(cluster);
    Specs specs = cluster.names();
    if (cluster.medium == cluster::Medium::shared) {
        add_shared_medium(cluster, specs);
    } else {
        add_rates(cluster, specs);
    }
    add_paths(cluster, specs);
    if (quota) add_quotas(cluster, factors, specs);
    return fmt::format("{}\n", fmt::join(specs, "\n"));
}

bool has_start_up(const Cluster& cluster) {
    bool found = false;
    for_each_link(cluster, [&](std::size_t, std::size_t, const Link& link) {
        found = found || link.start_up > util::Seconds::zero();
    });
    return found;
}

/// One line for each device: its name, the tool that is it (the source is convoy-run itself), and that tool's options.
std::string devices_text(const Cluster& cluster, const std::vector<double>& factors,
                         const std::optional<util::FlopsPerSecond>& pace) {
    std::string text;
    for (std::size_t i = 0; i < cluster.devices.size(); ++i) {
        const bool source = i == cluster.source;
        text += cluster.devices[i].name + (source ? " convoy-run" : " convoy-serve");
        if (!factors.empty() && factors[i] > 1) {
            text += fmt::format(" --stretch {:.4f}", factors[i]);
            if (pace) text += fmt::format(" --pace {:.4f}", pace->value / 1e9);
        }
        if (source && has_start_up(cluster)) text += " --start-up";
        text += " --insecure\n";  // the bed's network is this machine's own
    }
    return text;
}

std::string cluster_text(const cli::Options& options, Cluster cluster) {
    cluster = cluster::dilated(std::move(cluster), dilation_from(options, cluster));
    const auto absolute = [](const std::filesystem::path& path) { return std::filesystem::absolute(path).string(); };
    for (const auto& [name, url] : options.assignments("address")) {
        const auto device = cluster.find(name);
        if (!device)
            throw options.error("address", fmt::format("unknown device '{}'", name),
                                util::suggestion(name, cluster.names()));
        cluster.devices[*device].address = url;
    }
    for (cluster::Device& device : cluster.devices) {
        if (!device.latency.empty()) {
            device.latency = absolute(util::resolve_beside(cluster.file, device.latency));
        } else if (options.has("latency")) {
            device.latency = absolute(options.text("latency"));
        }
    }
    for (cluster::Pair& pair : cluster.pairs) {
        if (!pair.profile.empty()) pair.profile = absolute(util::resolve_beside(cluster.file, pair.profile));
    }
    return cluster::write_cluster(cluster);
}

int run(const cli::Options& options) {
    const std::string command = options.positional("COMMAND");
    const Cluster cluster = latency::read_cluster(util::FileView::open(options.positional("CLUSTER.yaml")));
    if (command == "cluster") {
        util::write_file(options.output(), cluster_text(options, cluster));
        return 0;
    }
    const std::optional<Machine> machine = machine_from(options);
    const std::vector<double> factors = stretches(cluster, machine);
    if (command == "bed") warn_of_cores(cluster, factors);
    const bool quota = options.flag("quota");
    if (quota && factors.empty()) throw options.error("quota", "needs to know how fast this machine is");
    util::write_file(options.output(), command == "bed" ? bed_text(cluster, factors, quota)
                                       : quota
                                           ? devices_text(cluster, {}, {})
                                           : devices_text(cluster, factors, machine ? machine->pace : std::nullopt));
    return 0;
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(kTool, argc, argv, run); }

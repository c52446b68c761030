#include "engine/context.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <opencv2/core/utility.hpp>
#include <sstream>

#include "engine/load.hpp"
#include "util/version.hpp"

namespace convoy::engine {

namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::optional<double> number_in(const fs::path& path) {
    std::ifstream file(path);
    double number{};
    if (!(file >> number) || !std::isfinite(number)) return std::nullopt;
    return number;
}

/// What /proc/cpuinfo has under one of these names first; empty when it has none.
std::string cpu_info(std::initializer_list<std::string_view> names) {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) continue;
        for (const std::string_view name : names) {
            if (line.starts_with(name)) return line.substr(colon + 2);
        }
    }
    return "";
}

std::optional<double> frequency_mhz(int core) {
    const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(core) + "/cpufreq/";
    if (const auto khz = number_in(folder + "scaling_cur_freq"); khz && *khz > 0) return *khz / 1000;
    std::istringstream text(cpu_info({"cpu MHz"}));
    double mhz{};
    if (text >> mhz && std::isfinite(mhz) && mhz > 0) return mhz;
    return std::nullopt;
}

std::optional<double> temperature_celsius() {
    std::optional<double> hottest;
    std::error_code none;
    for (const fs::directory_entry& zone : fs::directory_iterator("/sys/class/thermal", none)) {
        if (!zone.path().filename().string().starts_with("thermal_zone")) continue;
        const auto thousandths = number_in(zone.path() / "temp");
        if (thousandths) hottest = std::max(hottest.value_or(*thousandths / 1000), *thousandths / 1000);
    }
    return hottest;
}

/// "max 100000", or "50000 100000" for half a core (cgroups 2: cpu.max).
std::optional<double> limit_of(const std::string& quota, double period) {
    std::istringstream text(quota);
    double time{};
    if (!(text >> time) || !(time > 0) || !(period > 0)) return std::nullopt;
    return time / period;
}

std::optional<double> limit_in(const fs::path& folder) {
    std::ifstream file(folder / "cpu.max");
    std::string quota;
    double period{};
    if (file >> quota >> period) return limit_of(quota, period);
    return limit_of(first_line(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us").value_or(0));
}

/// The group of this process, in each hierarchy that may limit CPU time: the folder where it is mounted, and its path.
std::vector<std::pair<fs::path, fs::path>> cpu_groups(const fs::path& root) {
    std::vector<std::pair<fs::path, fs::path>> groups;
    std::ifstream file(root / "proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const fs::path path = fs::path(line.substr(second + 1)).relative_path();
        if (controllers == ",,") groups.emplace_back(root / "sys/fs/cgroup", path);
        if (controllers.find(",cpu,") == std::string::npos) continue;
        for (const char* name : {"cpu", "cpu,cpuacct"}) groups.emplace_back(root / "sys/fs/cgroup" / name, path);
    }
    return groups;
}

}  // namespace

std::optional<double> cpu_limit(const fs::path& root) {
    std::optional<double> least;
    for (const auto& [mounted, path] : cpu_groups(root)) {
        // A container sees its own group as the root, whatever its path is called outside.
        fs::path folder = mounted;
        auto step = path.begin();
        for (;;) {
            if (const auto limit = limit_in(folder)) least = std::min(least.value_or(*limit), *limit);
            if (step == path.end()) break;
            folder /= *step++;
        }
    }
    return least;
}

std::optional<std::int64_t> throttle_count(const fs::path& root) {
    std::optional<std::int64_t> sum;
    for (const int core : affinity()) {
        const fs::path folder = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(core)) / "thermal_throttle";
        for (const char* name : {"core_throttle_count", "package_throttle_count"}) {
            const auto count = number_in(folder / name);
            if (count && *count >= 0 && *count < 1e15) sum = sum.value_or(0) + static_cast<std::int64_t>(*count);
        }
    }
    // A Raspberry Pi tells in the lowest four bits what slows it down now.
    const std::string flags = first_line(root / "sys/devices/platform/soc/soc:firmware/get_throttled");
    std::istringstream text(flags);
    unsigned long bits{};
    if (text >> std::hex >> bits) sum = sum.value_or(0) + ((bits & 0xFU) != 0 ? 1 : 0);
    return sum;
}

samples::Context context_of_this_device(std::string name) {
    samples::Context context;
    utsname system{};
    if (::uname(&system) == 0) {
        context.kernel = std::string(system.sysname) + " " + system.release + " " + system.machine;
        if (name.empty()) name = system.nodename;
    }
    context.device = std::move(name);
    context.cpu = cpu_info({"model name", "Model"});
    if (context.cpu.empty()) context.cpu = "unknown";
    context.affinity = affinity();
    context.cores = static_cast<int>(context.affinity.size());
    context.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    context.cpu_limit = cpu_limit();
    context.frequency_mhz = frequency_mhz(context.affinity.front());
    context.temperature_celsius = temperature_celsius();
    context.versions = {{"opencv", cv::getVersionString()}, {"convoy", std::string(util::version())}};
    return context;
}

}  // namespace convoy::engine

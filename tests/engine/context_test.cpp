#include "engine/context.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "engine/load.hpp"
#include "support/scratch_folder.hpp"

using namespace convoy;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("engine: the context names the device, its cores and its versions", "[engine]") {
    const samples::Context context = engine::context_of_this_device("a");
    CHECK(context.device == "a");
    CHECK(context.affinity == engine::affinity());
    CHECK(context.cores == engine::usable_cores());
    CHECK(context.versions.contains("opencv"));
    CHECK_FALSE(context.cpu.empty());
    CHECK_FALSE(engine::context_of_this_device("").device.empty());
}

TEST_CASE("engine: a container's limit of CPU time is the least of its groups, of version 2 or 1", "[engine]") {
    const test::ScratchFolder folder;
    const fs::path root = folder.path;
    CHECK_FALSE(engine::cpu_limit(root));
    SECTION("version 2") {
        write(root / "proc/self/cgroup", "0::/outer/inner\n");
        write(root / "sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
        CHECK_FALSE(engine::cpu_limit(root));
        write(root / "sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
        CHECK(engine::cpu_limit(root) == 1.5);
    }
    SECTION("version 2 inside a container, where the group is the root") {
        write(root / "proc/self/cgroup", "0::/../elsewhere\n");
        write(root / "sys/fs/cgroup/cpu.max", "50000 100000\n");
        CHECK(engine::cpu_limit(root) == 0.5);
    }
    SECTION("version 1") {
        write(root / "proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/outer\n");
        write(root / "sys/fs/cgroup/cpu/outer/cpu.cfs_quota_us", "-1\n");
        write(root / "sys/fs/cgroup/cpu/outer/cpu.cfs_period_us", "100000\n");
        CHECK_FALSE(engine::cpu_limit(root));
        write(root / "sys/fs/cgroup/cpu/outer/cpu.cfs_quota_us", "200000\n");
        CHECK(engine::cpu_limit(root) == 2);
    }
    SECTION("nonsense is no limit") {
        write(root / "proc/self/cgroup", "0::/\nnonsense\n::::\n");
        write(root / "sys/fs/cgroup/cpu.max", "many few\n");
        CHECK_FALSE(engine::cpu_limit(root));
        write(root / "sys/fs/cgroup/cpu.max", "5 0\n");
        CHECK_FALSE(engine::cpu_limit(root));
    }
}

TEST_CASE("engine: throttling is counted where the system shows it", "[engine]") {
    const test::ScratchFolder folder;
    const fs::path root = folder.path;
    CHECK_FALSE(engine::throttle_count(root));
    const fs::path core = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(engine::affinity().front()));
    write(core / "thermal_throttle/core_throttle_count", "3\n");
    CHECK(engine::throttle_count(root) == 3);
    write(root / "sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
    CHECK(engine::throttle_count(root) == 4);
}

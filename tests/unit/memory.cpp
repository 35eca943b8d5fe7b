// How much memory a process may have, read from made file systems.
#include "core/memory.hpp"

#include <sys/resource.h>

#include <limits>

#include "catch.hpp"
#include "temp_folder.hpp"

using namespace snnff;

namespace {

namespace fs = std::filesystem;

void write(const TempFolder& folder, const std::string& name, std::string_view content) {
    fs::create_directories((folder.path() / name).parent_path());
    folder.write(name, content);
}

constexpr std::uint64_t mebi = 1 << 20;

}  // namespace

TEST_CASE("the smallest limit along a version 2 path counts") {
    const TempFolder root, empty;
    const std::uint64_t machine = memory_limit(empty.path());
    REQUIRE(machine > 512 * mebi);
    write(root, "proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n");
    write(root, "proc/self/cgroup", "0::/pod/box\n");
    CHECK(memory_limit(root.path()) == machine);  // no file says anything
    write(root, "sys/fs/cgroup/pod/box/memory.max", "max\n");
    CHECK(memory_limit(root.path()) == machine);
    write(root, "sys/fs/cgroup/pod/memory.max", "268435456\n");
    CHECK(memory_limit(root.path()) == 256 * mebi);
    write(root, "sys/fs/cgroup/pod/box/memory.max", "134217728\n");
    CHECK(memory_limit(root.path()) == 128 * mebi);
    write(root, "sys/fs/cgroup/pod/other/memory.max", "4096\n");
    CHECK(memory_limit(root.path()) == 128 * mebi);
}

TEST_CASE("the memory controller of version 1 counts, not the others; its largest number is no limit") {
    const TempFolder root, empty;
    write(root, "proc/self/mountinfo",
          "33 30 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
          "35 30 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    write(root, "proc/self/cgroup", "5:cpu,cpuacct:/box\n6:memory:/box\n");
    write(root, "sys/fs/cgroup/cpu/box/memory.limit_in_bytes", "4096\n");
    write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(memory_limit(root.path()) == memory_limit(empty.path()));
    write(root, "sys/fs/cgroup/memory/box/memory.limit_in_bytes", "100000000\n");
    CHECK(memory_limit(root.path()) == 100000000);
}

TEST_CASE("ulimit -v counts addresses: what is left of them, and the memory that they may come to be") {
    CHECK(address_space_left() == std::numeric_limits<std::uint64_t>::max());
    CHECK(attainable_memory() == memory_limit());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
    const rlimit lower{rlim_t{1} << 33, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_AS, &lower) == 0);
    rlimit now{};
    REQUIRE(::getrlimit(RLIMIT_AS, &now) == 0);
    if (now.rlim_cur != lower.rlim_cur) {  // qemu-user answers 0 and keeps its own addresses
        WARN("skipped: this system takes RLIMIT_AS and does not keep it");
        return;
    }
    const std::uint64_t left = address_space_left(), attainable = attainable_memory();
    CHECK_NOTHROW(check_address_space());
    REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
    CHECK(left > 0);
    CHECK(left < lower.rlim_cur);
    CHECK(attainable < lower.rlim_cur);  // libraries take addresses for more than they hold
}

TEST_CASE("less than a GiB is said in MiB") {
    CHECK(gibibytes(120.0 * 1048576.0) == "120 MiB");
    CHECK(gibibytes(1.5 * 1073741824.0) == "1.5 GiB");
}

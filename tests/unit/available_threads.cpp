// How many threads a process may use, read from made file systems.
#include "core/available_threads.hpp"

#include <sched.h>

#include "catch.hpp"
#include "temp_folder.hpp"

using namespace snnff;

namespace {

namespace fs = std::filesystem;

/// A file system with /proc and control groups.
class Root {
  public:
    Root& with(const std::string& name, std::string_view content) {
        fs::create_directories((folder_ / name).parent_path());
        folder_.write(name, content);
        return *this;
    }
    AvailableThreads threads(std::size_t n_affinity = 16) const {
        return available_threads(folder_.path(), n_affinity);
    }

  private:
    TempFolder folder_;
};

constexpr const char* mount_v2 =
    "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
    "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* mount_v1 =
    "30 24 0:27 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n"
    "34 30 0:31 / /sys/fs/cgroup/cpuset rw shared:15 - cgroup cgroup rw,cpuset\n"
    "33 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:14 - cgroup cgroup rw,cpu,cpuacct\n";

}  // namespace

TEST_CASE("the smallest quota along a version 2 path counts, rounded up") {
    Root root;
    root.with("proc/self/mountinfo", mount_v2).with("proc/self/cgroup", "0::/pod/box\n");
    CHECK(root.threads().from == "affinity 16");  // no file says anything
    root.with("sys/fs/cgroup/pod/box/cpu.max", "600000 100000\n");
    CHECK(root.threads().n == 6);
    root.with("sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
    CHECK(root.threads().n == 2);
    CHECK(root.threads().from == "cgroup quota 1.5");
    root.with("sys/fs/cgroup/cpu.max", "50000 200000\n");
    CHECK(root.threads().n == 1);
    CHECK(root.threads().from == "cgroup quota 0.25");
}

TEST_CASE("a group beside the process's own limits nothing") {
    Root root;
    root.with("proc/self/mountinfo", mount_v2).with("proc/self/cgroup", "0::/pod/box\n");
    root.with("sys/fs/cgroup/pod/other/cpu.max", "100000 100000\n");
    root.with("sys/fs/cgroup/pod/box/inner/cpu.max", "100000 100000\n");
    CHECK(root.threads().n == 16);
}

TEST_CASE("the affinity counts where it allows less than the quota, or as much") {
    Root root;
    root.with("proc/self/mountinfo", mount_v2).with("proc/self/cgroup", "0::/\n");
    root.with("sys/fs/cgroup/cpu.max", "400000 100000\n");
    CHECK(root.threads(3).from == "affinity 3");
    CHECK(root.threads(4).from == "affinity 4");
    CHECK(root.threads(5).from == "cgroup quota 4");
}

TEST_CASE("a container whose group is the mount's own root is limited by the mount") {
    Root root;
    root.with("sys/fs/cgroup/cpu.max", "200000 100000\n");
    SECTION("with a namespace of its own") {
        root.with("proc/self/mountinfo", mount_v2).with("proc/self/cgroup", "0::/\n");
    }
    SECTION("seen from outside of it") {
        root.with("proc/self/mountinfo", mount_v2).with("proc/self/cgroup", "0::/../other\n");
    }
    SECTION("without one") {
        root.with("proc/self/mountinfo", "29 23 0:26 /docker/1f /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
        root.with("proc/self/cgroup", "0::/docker/1f\n");
    }
    CHECK(root.threads().n == 2);
}

TEST_CASE("version 1 has quota and period in files of their own, in the hierarchy of cpu") {
    Root root;
    root.with("proc/self/mountinfo", mount_v1);
    root.with("proc/self/cgroup", "3:cpuset:/elsewhere\n2:cpu,cpuacct:/box\n1:name=systemd:/\n");
    const std::string box = "sys/fs/cgroup/cpu,cpuacct/box/";
    root.with(box + "cpu.cfs_quota_us", "-1\n").with(box + "cpu.cfs_period_us", "100000\n");
    CHECK(root.threads().n == 16);
    root.with(box + "cpu.cfs_quota_us", "250000\n");
    CHECK(root.threads().from == "cgroup quota 2.5");
    CHECK(root.threads().n == 3);
    root.with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
    root.with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "50000\n");
    CHECK(root.threads().n == 1);
    root.with("sys/fs/cgroup/cpuset/elsewhere/cpu.cfs_quota_us", "1\n");  // of another controller
    CHECK(root.threads().from == "cgroup quota 1");
}

TEST_CASE("where both versions are mounted, either may limit") {
    Root root;
    root.with("proc/self/mountinfo",
              std::string(mount_v1) + "35 30 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    root.with("proc/self/cgroup", "2:cpu,cpuacct:/a\n0::/b\n");
    root.with("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "500000\n");
    root.with("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
    CHECK(root.threads().n == 5);
    root.with("sys/fs/cgroup/unified/b/cpu.max", "300000 100000\n");
    CHECK(root.threads().n == 3);
}

TEST_CASE("a mount point with a blank in its name is found") {
    Root root;
    root.with("proc/self/mountinfo", "29 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw\n");
    root.with("proc/self/cgroup", "0::/\n").with("my groups/cpu.max", "200000 100000\n");
    CHECK(root.threads().n == 2);
}

TEST_CASE("what cannot be understood limits nothing") {
    for (const char* content : {"", "max 100000\n", "max\n", "100000\n", "x y\n", "0 100000\n", "100000 0\n",
                                "-5 100000\n", "100000 -1\n", "1e400 100000\n", "nan nan\n"}) {
        Root root;
        root.with("proc/self/mountinfo", mount_v2).with("proc/self/cgroup", "0::/\n");
        root.with("sys/fs/cgroup/cpu.max", content);
        CAPTURE(content);
        CHECK(root.threads().n == 16);
    }
    for (const char* groups : {"", "0\n", "0:\n", "::::\n", "\n\n", "x:cpu:/\n"}) {
        Root root;
        root.with("proc/self/mountinfo", mount_v2).with("proc/self/cgroup", groups);
        root.with("sys/fs/cgroup/a/cpu.max", "100000 100000\n");
        CAPTURE(groups);
        CHECK(root.threads().n == 16);
    }
    for (const char* mounts : {"", "- cgroup2\n", "1 2 3 / /sys/fs/cgroup\n", "1 2 3 / /sys/fs/cgroup rw -\n",
                               "1 2 3 / /sys/fs/cgroup rw - cgroup\n"}) {
        Root root;
        root.with("proc/self/mountinfo", mounts).with("proc/self/cgroup", "0::/\n1:cpu:/\n");
        root.with("sys/fs/cgroup/cpu.max", "100000 100000\n");
        CAPTURE(mounts);
        CHECK(root.threads().n == 16);
    }
    CHECK(Root().threads().n == 16);
}

TEST_CASE("a thread that is kept on one processor gets one thread") {
    cpu_set_t before;
    REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    const TempFolder empty;
    const AvailableThreads threads = available_threads(empty.path());
    REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
    CHECK(threads.n == 1);
    CHECK(threads.from == "affinity 1");
    CHECK(available_threads(empty.path()).n == static_cast<std::size_t>(CPU_COUNT(&before)));
}

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace snnff {

/// How many threads this process may use.
struct AvailableThreads {
    std::size_t n = 1;
    std::string from;  ///< what says so: "affinity 2", or "cgroup quota 1.5" where that is less
};

/// What the processor affinity of the calling thread and the CPU quota of its control groups allow: the
/// smaller one, a quota rounded up, at least 1. Read anew in every call.
///
/// root        where /proc and the control groups are found, for tests
/// n_affinity  processors of the affinity mask; 0: as the system says
///
/// Quotas are looked for along the group's whole path, in the hierarchies of both versions; what cannot be
/// read or understood limits nothing. Source: Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max),
/// scheduler/sched-bwc.rst (version 1).
AvailableThreads available_threads(const std::filesystem::path& root = "/", std::size_t n_affinity = 0);

}  // namespace snnff

#include "core/available_threads.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <thread>

#include "core/control_groups.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr double no_quota = std::numeric_limits<double>::infinity();

std::size_t processors_of_affinity() {
    // A mask is refused where the kernel's own is longer, so it grows until it is not.
    for (std::size_t n = 1024; n <= (std::size_t{1} << 20); n *= 2) {
        const auto free = [](cpu_set_t* mask) { CPU_FREE(mask); };
        const std::unique_ptr<cpu_set_t, decltype(free)> mask(CPU_ALLOC(n), free);
        if (!mask) break;
        if (::sched_getaffinity(0, CPU_ALLOC_SIZE(n), mask.get()) != 0) continue;
        return static_cast<std::size_t>(std::max(1, CPU_COUNT_S(CPU_ALLOC_SIZE(n), mask.get())));
    }
    return std::max(1u, std::thread::hardware_concurrency());
}

double quotient(double quota, double period) {
    return quota > 0.0 && period > 0.0 && std::isfinite(quota / period) ? quota / period : no_quota;
}

double number_in(const fs::path& path) {
    std::ifstream file(path);
    double value = 0.0;
    return file >> value ? value : 0.0;
}

/// Processors that the group of a folder may keep busy.
double quota_in(const fs::path& folder, int version) {
    // -1 there means no quota
    if (version == 1)
        return quotient(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us"));
    std::ifstream file(folder / "cpu.max");
    double quota = 0.0, period = 0.0;  // "max 100000" has no number first
    return file >> quota >> period ? quotient(quota, period) : no_quota;
}

}  // namespace

AvailableThreads available_threads(const fs::path& root, std::size_t n_affinity) {
    if (n_affinity == 0) n_affinity = processors_of_affinity();
    double quota = no_quota;
    for (const ControlGroup& group : control_groups(root, "cpu")) {
        for (const fs::path& folder : group.folders) quota = std::min(quota, quota_in(folder, group.version));
    }
    const double n_quota = std::max(1.0, std::ceil(quota));
    if (n_quota < static_cast<double>(n_affinity))
        return {static_cast<std::size_t>(n_quota), fmt::format("cgroup quota {:.6g}", quota)};
    return {n_affinity, fmt::format("affinity {}", n_affinity)};
}

}  // namespace snnff

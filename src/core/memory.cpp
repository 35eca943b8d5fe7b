#include "core/memory.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <new>

#include "core/control_groups.hpp"

namespace snnff {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

std::uint64_t address_space_limit() noexcept {
    rlimit of_process{};
    if (::getrlimit(RLIMIT_AS, &of_process) != 0 || of_process.rlim_cur == RLIM_INFINITY) return no_limit;
    return of_process.rlim_cur;
}

/// What the process has by now, in bytes.
struct Used {
    std::uint64_t addresses = 0, memory = 0;
};
Used used_now() {
    std::ifstream file("/proc/self/statm");
    Used used;
    file >> used.addresses >> used.memory;  // in pages
    const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return {used.addresses * page_bytes, used.memory * page_bytes};
}

/// The smallest limit from the process's group up to where the groups are mounted.
std::uint64_t control_group_limit(const std::filesystem::path& root) {
    std::uint64_t limit = no_limit;
    for (const ControlGroup& group : control_groups(root, "memory")) {
        for (const std::filesystem::path& folder : group.folders) {
            std::ifstream file(folder / (group.version == 1 ? "memory.limit_in_bytes" : "memory.max"));
            std::uint64_t bytes = 0;  // "max" is no number; version 1 has a very large one instead
            if (file >> bytes && bytes > 0) limit = std::min(limit, bytes);
        }
    }
    return limit;
}

}  // namespace

void set_up_allocator() noexcept {
#ifdef M_ARENA_MAX
    // What a task allocates for itself is smaller than that and comes from the heap.
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
    if (address_space_limit() != no_limit) ::mallopt(M_ARENA_MAX, 1);
#endif
}

std::uint64_t address_space_left() {
    const std::uint64_t limit = address_space_limit();
    if (limit == no_limit) return no_limit;
    const std::uint64_t used = used_now().addresses;
    return limit > used ? limit - used : 0;
}

std::uint64_t attainable_memory() {
    const std::uint64_t left = address_space_left();
    return left == no_limit ? memory_limit() : std::min(memory_limit(), used_now().memory + left);
}

void check_address_space(std::uint64_t least) {
    if (address_space_left() >= least) return;
    ::malloc_trim(0);  // what was freed may still be part of the heap
    if (address_space_left() < least) throw std::bad_alloc();
}

std::uint64_t memory_limit(const std::filesystem::path& root) {
    const long pages = ::sysconf(_SC_PHYS_PAGES), page_bytes = ::sysconf(_SC_PAGESIZE);
    std::uint64_t limit = std::min(address_space_limit(), control_group_limit(root));
    if (pages > 0 && page_bytes > 0)
        limit = std::min(limit, static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes));
    return limit;
}

std::string gibibytes(double bytes) {
    if (bytes < 1073741824.0) return fmt::format("{:.0f} MiB", bytes / 1048576.0);
    return fmt::format("{:.1f} GiB", bytes / 1073741824.0);
}

}  // namespace snnff

#include "core/memory.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace snnff {

void spare_address_space() noexcept {
#ifdef M_ARENA_MAX
    rlimit of_process{};
    if (::getrlimit(RLIMIT_AS, &of_process) == 0 && of_process.rlim_cur != RLIM_INFINITY)
        ::mallopt(M_ARENA_MAX, 1);
#endif
}

std::uint64_t memory_limit() noexcept {
    const long pages = ::sysconf(_SC_PHYS_PAGES), page_bytes = ::sysconf(_SC_PAGESIZE);
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    if (pages > 0 && page_bytes > 0)
        limit = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
    rlimit of_process{};
    if (::getrlimit(RLIMIT_AS, &of_process) == 0 && of_process.rlim_cur != RLIM_INFINITY)
        limit = std::min<std::uint64_t>(limit, of_process.rlim_cur);
    return limit;
}

std::string gibibytes(double bytes) { return fmt::format("{:.1f} GiB", bytes / 1073741824.0); }

}  // namespace snnff

#include "core/process_limits.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "snnff/error.hpp"

namespace snnff {
namespace {

/// 64 KiB are too few for reading a command line and 96 KiB do; libraries may take more another time.
constexpr rlim_t least_stack = rlim_t{256} << 10;

/// Files that are open at once beside the streams: a run and its journal, its checkpoint or its data, and one
/// that is looked at; some more where others are kept from files. 5 were counted at most.
constexpr std::size_t n_files = 8;

}  // namespace

void check_stack() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= least_stack)
        return;
    throw RunError(fmt::format("ulimit -s {} leaves too little stack; ulimit -s {} would do",
                               limit.rlim_cur >> 10, least_stack >> 10));
}

void check_descriptors(const std::filesystem::path& output) {
    std::array<int, n_files> opened{};
    std::size_t n = 0;
    int reason = 0;
    for (; n < n_files; ++n) {
        opened[n] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (opened[n] >= 0) continue;
        reason = errno;
        break;
    }
    for (std::size_t i = 0; i < n; ++i) ::close(opened[i]);
    if (n == n_files || (reason != EMFILE && reason != ENFILE)) return;
    rlimit limit{};
    const bool by_limit = reason == EMFILE && ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
    throw FileError(
        fmt::format("{}: cannot be written: {} files have to be open at once, and {} can be ({}){}",
                    output.string(), n_files, n, std::strerror(reason),
                    by_limit ? fmt::format("; ulimit -n {} would do, here it is {}",
                                           limit.rlim_cur + n_files - n, limit.rlim_cur)
                             : ""));
}

}  // namespace snnff

#include "io/disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {

void sync_to_disk(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool failed = descriptor < 0 || (::fsync(descriptor) != 0 && errno != EINVAL);
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (failed && reason == ENOENT) {
        throw FileError(shown(path) + ": is not there any more: it, or its folder, was removed or renamed");
    }
    if (failed) {
        throw FileError(fmt::format("{}: cannot be written to disk: {}", shown(path), std::strerror(reason)));
    }
}

}  // namespace snnff

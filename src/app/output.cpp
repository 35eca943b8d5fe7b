#include "app/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "snnff/error.hpp"

namespace snnff::app {
namespace {

/// Returns 0 or the errno of the write that failed.
int write_all(int descriptor, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace

void put(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error != 0 && error != EPIPE) {
        throw FileError(std::string("stdout: cannot be written: ") + std::strerror(error));
    }
}

void note(std::string_view line) { write_all(STDERR_FILENO, std::string(line) + "\n"); }

}  // namespace snnff::app

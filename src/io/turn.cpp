#include "io/turn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

#include "io/file_identity.hpp"
#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds between_attempts{2};
constexpr std::chrono::seconds most_wait{60};

/// A folder whose turn this process has.
struct Held {
    int descriptor;
    FileIdentity folder;
};
std::vector<Held>& all_held() {
    static std::vector<Held> held;
    return held;
}

/// False where the folder cannot be locked at all.
bool lock(int descriptor, const fs::path& folder) {
    const auto end = std::chrono::steady_clock::now() + most_wait;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return false;
        if (std::chrono::steady_clock::now() > end) {
            ::close(descriptor);
            throw FileError(fmt::format(
                "{}: another process has been making a file in this folder for a minute; end it, or name "
                "another folder",
                shown(folder)));
        }
        std::this_thread::sleep_for(between_attempts);
    }
    return true;
}

}  // namespace

Turn::Turn(const fs::path& path) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // whoever makes a file there says what is wrong
    if (const auto identity = identity_of(descriptor)) {
        const bool within =
            std::ranges::any_of(all_held(), [&](const Held& held) { return held.folder == *identity; });
        begun_ = within || lock(descriptor, folder);
        if (begun_) all_held().push_back({within ? -1 : descriptor, *identity});
        if (begun_ && !within) return;
    }
    ::close(descriptor);
}

Turn::~Turn() {
    if (!begun_) return;
    const Held last = all_held().back();
    all_held().pop_back();
    if (last.descriptor >= 0) ::close(last.descriptor);
}

}  // namespace snnff

#include "io/in_use.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "io/file_identity.hpp"
#include "io/gzip.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

/// A file that this process has a lock on.
struct Own {
    int descriptor;
    FileIdentity file;
};
std::vector<Own>& all_own() {
    static std::vector<Own> own;
    return own;
}

bool is_own(int descriptor) {
    const auto file = identity_of(descriptor);
    return file && std::ranges::any_of(all_own(), [&](const Own& own) { return own.file == *file; });
}

bool locked_by_others(int descriptor, int kind) {
    return ::flock(descriptor, kind | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/// Where a lock of that kind is not to be had.
void refuse(const std::filesystem::path& path, int kind) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return;  // whoever writes it next will say what is wrong
    const bool own = is_own(descriptor);
    const bool written = !own && locked_by_others(descriptor, LOCK_SH);
    const bool in_use = written || (!own && kind == LOCK_EX && locked_by_others(descriptor, LOCK_EX));
    ::close(descriptor);
    if (written)
        throw FileError(
            fmt::format("{}: is being written by another process; wait until it has ended", shown(path)));
    if (in_use)
        throw FileError(fmt::format(
            "{}: another process is using it; close it there, or wait until it has ended", shown(path)));
}

}  // namespace

void refuse_if_in_use(const std::filesystem::path& path) { refuse(path, LOCK_EX); }

void refuse_if_awaited(const std::filesystem::path& place) {
    const auto refuse_for = [&](const std::filesystem::path& run, std::string_view what) {
        for (const char* suffix : {"", ".new"}) {
            const std::string file = run.string() + suffix;
            try {
                refuse_if_in_use(file);
            } catch (const FileError&) {
                throw FileError(
                    fmt::format("{}: another process is making a run that {} ({}); wait until it has ended, "
                                "or -o names another file",
                                shown(place), what, shown(file)));
            }
        }
    };
    refuse_for(unfinished_beside(place), "takes its place");
    const std::string name = place.string();
    for (const std::string_view suffix : {".ckpt", ".ckpt.previous", ".ckpt.new", ".new", ".cut"}) {
        if (!name.ends_with(suffix)) continue;
        refuse_for(name.substr(0, name.size() - suffix.size()), "needs its name");
    }
}

void refuse_other(const std::filesystem::path& place, bool replace) {
    refuse_irregular(place);
    refuse_if_awaited(place);
    std::error_code error;
    if (!std::filesystem::exists(place, error)) return;
    if (!replace)
        throw UsageError(
            fmt::format("{}: exists already; --force replaces it, -o names another", shown(place)));
    // Who reads the old file goes on with it; one that grows while others read is marked as being written.
    std::array<char, 12> first{};
    const bool marked = std::ifstream(place, std::ios::binary).read(first.data(), first.size()) &&
                        std::string_view(first.data(), 8) == "\x89HDF\r\n\x1a\n" && first[8] >= 2 &&
                        first[11] != 0;
    refuse(place, marked ? LOCK_EX : LOCK_SH);
}

InUse::InUse(const std::filesystem::path& path) : InUse(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
InUse::InUse(int descriptor) : descriptor_(descriptor) {
    if (const auto file = identity_of(descriptor_)) all_own().push_back({descriptor_, *file});
}
InUse::~InUse() {
    if (descriptor_ < 0) return;
    std::erase_if(all_own(), [&](const Own& own) { return own.descriptor == descriptor_; });
    ::close(descriptor_);
}
void InUse::by_readers() const noexcept { ::flock(descriptor_, LOCK_SH | LOCK_NB); }
void InUse::by_writer() const noexcept {
    // A lock that cannot be had takes the one before away.
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) by_readers();
}

}  // namespace snnff

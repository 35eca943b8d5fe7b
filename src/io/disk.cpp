#include "io/disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {

namespace {

[[noreturn]] void fail_to_sync(const std::filesystem::path& path, int reason) {
    if (reason == ENOENT)
        throw FileError(shown(path) + ": is not there any more: it, or its folder, was removed or renamed");
    throw FileError(fmt::format("{}: cannot be written to disk: {}", shown(path), std::strerror(reason)));
}

}  // namespace

void expect_regular(const std::filesystem::path& path) {
    try {
        const InputFile readable(path);
    } catch (const FileError& error) {
        throw DiskError(error.what());
    }
}

void sync_to_disk(const std::filesystem::path& path) { OpenForSync(path).sync(); }

OpenForSync::OpenForSync(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) fail_to_sync(path_, errno);
}

OpenForSync::~OpenForSync() { ::close(descriptor_); }

void OpenForSync::sync() const {
    if (::fsync(descriptor_) != 0 && errno != EINVAL) fail_to_sync(path_, errno);
}

}  // namespace snnff

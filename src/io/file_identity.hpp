#pragma once

#include <sys/stat.h>

#include <optional>

namespace snnff {

/// Which file it is, under whatever name.
struct FileIdentity {
    dev_t device;
    ino_t number;

    bool operator==(const FileIdentity&) const = default;
};

/// Of an open file, or a folder; nothing where the descriptor is of none.
inline std::optional<FileIdentity> identity_of(int descriptor) noexcept {
    struct stat found {};
    if (descriptor < 0 || ::fstat(descriptor, &found) != 0) return {};
    return FileIdentity{found.st_dev, found.st_ino};
}

}  // namespace snnff

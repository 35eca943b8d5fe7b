#pragma once

#include <filesystem>

namespace snnff {

/// Waits until a file, or the names in a folder, are on disk. Throws FileError.
void sync_to_disk(const std::filesystem::path& path);

}  // namespace snnff

#pragma once

#include <filesystem>
#include <string_view>

namespace snnff {

/// Whether an HDF5 file has something of this name, as "train/images". Throws FileError where it cannot be
/// opened.
bool hdf5_file_has(const std::filesystem::path& path, std::string_view name);

}  // namespace snnff

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "io/hdf5_file.hpp"

namespace snnff::hdf5 {

/// For a file that says of itself that it is being written, which nobody does (its writer was killed): its
/// superblock without that mark, and with the length that the file has, as an index to open it by. HDF5 has
/// no way to read such a file but as one that changes under the reader's hands, where it tries again for ever
/// what does not fit its checksum, and not even that where the writer was killed while it closed the file.
/// Empty for all other files.
Index without_mark(const std::filesystem::path& path);

/// Of the first bytes of a file, its superblock, where that is whole and of the version that has the mark:
/// takes it off, and puts down the file's length. Returns whether there was a mark; the length is put down
/// where there was one.
bool take_mark_off(std::span<unsigned char> superblock, std::uint64_t length) noexcept;

}  // namespace snnff::hdf5

#pragma once

#include <filesystem>

namespace snnff {

/// Adds a last line to a file that is whole: the SHA-256 of all bytes before it. HDF5 and its tools do not
/// look behind the end that a file's own header tells of. On disk when it returns; throws FileError.
void seal(const std::filesystem::path& path);

/// Whether a file ends with such a line, whatever it says. Throws FileError where it cannot be read.
bool has_seal(const std::filesystem::path& path);

/// False where a file has no such line. Throws DataError where its bytes are not those that were sealed, and
/// FileError where it cannot be read.
bool check_seal(const std::filesystem::path& path);

}  // namespace snnff

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// What reading all of a file found.
struct Integrity {
    std::vector<std::string> damage;  ///< a sentence each, without the file's name; empty where none was seen
    /// Why the bytes could not be held to checksums: there are none. Empty where they were.
    std::string unchecked;

    bool whole() const noexcept { return damage.empty() && unchecked.empty(); }
};

/// Reads all of a run file, of traces, or of a checkpoint. Where the file has checksums, every byte is held
/// to them. Where it has none (an earlier version wrote it, it is being written, it was cut, or another
/// program wrote to it since), every object is read: HDF5's own checksums hold headers and full chunks, and
/// the digest of a complete run holds the arrays that follow from its model. Throws FileError where there is
/// no such file, it is none of these, or it is in use.
Integrity check_integrity(const std::filesystem::path& path);

/// The ranges of bytes that are not those that a file's checksums are of, a sentence each; none where it has
/// no checksums. Throws DamageError where these are damaged themselves, and FileError.
std::vector<std::string> damaged_bytes(const std::filesystem::path& path);

}  // namespace snnff

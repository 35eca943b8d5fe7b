#pragma once

#include <cstdint>
#include <filesystem>

namespace snnff {

/// Whether a file is a run file that was cut while it was made, before it held anything of a run: it is empty
/// or all zeros, begins as HDF5 does and does not open, or has nothing but marks of this program at its root,
/// or these and a model. Not so a file of somebody else's that opens. Throws DiskError where the file cannot
/// be read.
bool is_half_made(const std::filesystem::path& path);

/// Bytes that a run file has at most until it opens for the first time; 7168 were found. One that is longer
/// and does not open has held a run, unless it was written live.
constexpr std::uintmax_t most_half_made_bytes = 65536;

/// What a file is that has a name which this program gives to files of its own beside others.
enum class Leaving {
    new_one,     ///< what is written to take another's place, or was cut while it was
    checkpoint,  ///< damaged or not
};

/// Whether a file of such a name is this program's by what it holds. Of runs only those that were gone on
/// with are, and not to their end: all others have names that somebody chose. Throws
/// DiskError where the file cannot be read.
bool is_leaving(const std::filesystem::path& path, Leaving kind);

/// Makes room for a new file of such a name: takes away what is left of an earlier one. Throws UsageError
/// where something else stands there, FileError where another process uses it.
void make_room(const std::filesystem::path& path, Leaving kind);

}  // namespace snnff

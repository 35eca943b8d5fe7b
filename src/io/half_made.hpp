#pragma once

#include <cstdint>
#include <filesystem>

namespace snnff {

/// Whether a file that read_run() refuses is a run file that was cut while it was made, before it held
/// anything: it is empty or all zeros, begins as HDF5 does and does not open, or has nothing but marks of
/// this program at its root. Not so a file of somebody else's that opens. Does not throw.
bool is_half_made(const std::filesystem::path& path) noexcept;

/// Bytes that a run file has at most until it opens for the first time; 7168 were found. One that is longer
/// and does not open has held a run, unless it was written live.
constexpr std::uintmax_t most_half_made_bytes = 65536;

}  // namespace snnff

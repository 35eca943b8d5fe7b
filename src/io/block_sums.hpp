#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snnff {

/// The SHA-256 of each block of a file that is whole, kept behind its own bytes, so that a reader can hold
/// what it reads to them without reading the rest. HDF5 and its tools do not look behind the end that a
/// file's own header tells of, and cut it off when they write to the file.
///
///   bytes of the file, n of them
///   SHA-256 of bytes [0, 65536), of [65536, 131072), …, of what is left: 32 bytes each
///   "\nSHA-256 of each 65536 bytes of the first <n, 20 digits>, 32 bytes each, then of these: <64 hex
///   digits>\n"
class BlockSums {
  public:
    static constexpr std::uint64_t block_bytes = std::uint64_t{1} << 16;
    /// What this is called in the file itself, attribute `checksums` of its root.
    static constexpr std::string_view description =
        "SHA-256 of each 65536 bytes, behind the end of what HDF5 knows of";

    /// Adds them to a file. On disk when it returns; where that fails the file is as it was. Throws
    /// FileError.
    static void add(const std::filesystem::path& path);
    /// None where the file has none. Throws DamageError where these are damaged themselves, and DiskError
    /// where the file cannot be read.
    static std::optional<BlockSums> of(const std::filesystem::path& path);

    std::uint64_t n_bytes() const noexcept { return n_bytes_; }  ///< that they are of
    std::uint64_t n_blocks() const noexcept { return sums_.size(); }
    /// Whether a block has the bytes it had. `file` is open and at any place; false where it ends before, and
    /// std::system_error is thrown where it cannot be read.
    bool holds(std::ifstream& file, std::uint64_t block) const;
    /// "is damaged: bytes 65536 to 131071 are not those that were written"
    std::string about(std::uint64_t first_block, std::uint64_t last_block) const;

  private:
    using Sum = std::array<std::byte, 32>;
    std::uint64_t n_bytes_ = 0;
    std::vector<Sum> sums_;
};

/// Holds what is read of a file to its sums, each block once.
class CheckedBlocks {
  public:
    CheckedBlocks(const std::filesystem::path& path, BlockSums sums);
    /// The first block that shares bytes with [first, first + n) and is damaged. Throws as holds() does.
    std::optional<std::uint64_t> damaged(std::uint64_t first, std::uint64_t n);
    const BlockSums& sums() const noexcept { return sums_; }

  private:
    BlockSums sums_;
    std::ifstream file_;
    std::vector<bool> seen_;
};

/// What about() begins with, by which damage is told from other failures where words pass through HDF5.
inline constexpr std::string_view is_damaged = "is damaged: ";

}  // namespace snnff

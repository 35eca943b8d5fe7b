#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace snnff {

/// What an IDX file's header says, after it was found to be true: the sizes fit the content, plain or
/// unpacked, and one sample fits in memory.
struct IdxHeader {
    std::uint32_t type = 0;  ///< 0x08 uint8, 0x09 int8, 0x0b int16, 0x0c int32, 0x0d float, 0x0e double
    std::vector<std::uint64_t> shape;  ///< [sample, ...]
    std::uint64_t n_bytes = 0;         ///< of the header
    std::uint64_t n_on_disk = 0;
    std::string sha256;

    std::uint64_t n_samples() const { return shape.front(); }
    std::uint64_t n_values_each() const;
};

/// Reads the header and holds it against the length of the content before anybody asks for memory.
/// `what` is the word for samples. Throws FileError or DataError.
IdxHeader check_idx(const std::filesystem::path& path, const std::string& what);

/// Hands on the file's first `n` values, in order and in blocks, as numbers; all of an IDX file's types fit
/// in double. `take` gets the index of the block's first value.
void read_idx(const std::filesystem::path& path, const IdxHeader& header, std::uint64_t n,
              const std::function<void(std::uint64_t first, std::span<const double>)>& take);

}  // namespace snnff

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// What one array of a run file holds.
struct ArrayDigest {
    std::string path;  ///< "training/hidden1/loss"; "evaluation/test@error" for an attribute
    std::string type;  ///< "<f4" as NumPy writes it, little-endian; "text" for strings
    std::vector<std::uint64_t> shape;
    std::string sha256;  ///< of its values

    /// "training/hidden1/loss <f4 [20] 5e0f…": path, type, shape and SHA-256 with one blank between them.
    std::string line() const;
};

/// The arrays of a run file that follow from its model, sorted by path, byte by byte.
///
/// An array is a data set, or an attribute of /evaluation or of a group below it that holds numbers. Not
/// among them: /model, /provenance, /status, /training/seconds, scales without content (those that netCDF
/// calls "a netCDF dimension but not a netCDF variable"), links that are not plain, and second names of one
/// object: the one counts that a walk meets first which takes the names of a group byte by byte and goes
/// down into a group before it goes on.
///
/// type     "|i1", "|u1", "<i2" to "<u8", "<f4", "<f8", however the file stores it; "text"
/// shape    "[20]", "[500,784]", "[]" for a scalar
/// sha256   of the values in C order, little-endian; a float that is not a number counts as 0x7fc00000, a
///          double as 0x7ff8000000000000. Of text: each string in UTF-8, and a zero byte after it.
///
/// In a path, control characters and the backslash are written "\x0a".
///
/// Values are read in pieces, of 1 MiB or a chunk of the file. Throws FileError where the file cannot be
/// read, claims more than it holds, or has values of another kind.
std::vector<ArrayDigest> read_array_digests(const std::filesystem::path& run);

/// SHA-256 of the lines, each with a newline at its end: what a complete run has as attribute `digest`.
std::string digest_of(std::span<const ArrayDigest> arrays);

/// The first value in which two arrays differ, bit by bit.
struct ArrayDifference {
    std::string path;
    std::vector<std::uint64_t> index;  ///< empty in a scalar, and where type or shape differ
    std::string first, second;         ///< the values, or type and shape

    std::string place() const;  ///< "/populations/hidden1/weight[3, 71]"
};

/// How two run files agree.
struct ArraysCompared {
    std::size_t n_arrays = 0;     ///< that both have, and in which there was something to compare
    std::size_t n_different = 0;  ///< of these
    std::optional<ArrayDifference> first{};
    std::vector<std::string> only_first, only_second;  ///< paths of arrays that one has and the other has not

    bool same() const noexcept { return n_different == 0 && only_first.empty() && only_second.empty(); }
};

/// Compares the arrays that count for a digest, those of /training first, then parameters, then by path.
/// With `n_epochs`, only what happened in so many epochs from the first on: /training, /loss, and what was
/// recorded after them. Memory does not depend on the files. Throws as read_array_digests() does.
ArraysCompared compare_arrays(const std::filesystem::path& first, const std::filesystem::path& second,
                              std::optional<std::int64_t> n_epochs = {});

}  // namespace snnff

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "io/hdf5.hpp"
#include "snnff/digest.hpp"

namespace snnff {

/// Where an array stands that counts for the digest: a data set, or an attribute of a group.
struct ArrayPlace {
    std::string object;     ///< "training/hidden1/loss", "evaluation/test"
    std::string attribute;  ///< "error"; empty for a data set

    std::string path() const;  ///< as lines have it
    friend bool operator==(const ArrayPlace& a, const ArrayPlace& b) {
        return a.object == b.object && a.attribute == b.attribute;
    }
    friend bool operator<(const ArrayPlace& a, const ArrayPlace& b) {
        return std::tie(a.object, a.attribute) < std::tie(b.object, b.attribute);
    }
};

/// All that count, sorted by path().
std::vector<ArrayPlace> array_places(const hdf5::Group& root);

/// An array that counts, open, to be read in pieces: a piece is some values that follow each other in C
/// order.
class ResultArray {
  public:
    /// Throws FileError where it is of a kind that no run file has, or claims more than is stored.
    ResultArray(const hdf5::Group& root, const ArrayPlace& place);

    const std::string& type() const noexcept { return type_; }
    const std::vector<hsize_t>& shape() const noexcept { return shape_; }
    std::string shape_text() const;                 ///< "[500,784]"
    bool grows() const noexcept { return grows_; }  ///< along its first axis, as the run goes
    std::uint64_t n_values() const noexcept;
    std::size_t value_bytes() const noexcept { return value_bytes_; }
    std::uint64_t chunk_bytes() const noexcept { return chunk_bytes_; }
    /// As if it had only so many rows.
    void cut(std::uint64_t n_rows);

    /// Calls `each` with one piece after the other; pieces are larger than `bytes` only where a value is.
    /// Two arrays of one type and shape have the same pieces.
    class Pieces;
    /// A value as text.
    std::string text_of(std::span<const std::byte> value) const;
    const std::vector<std::string>& texts() const noexcept { return texts_; }  ///< of an array of text

  private:
    void take_type(hid_t type, const hdf5::Object& object);
    hdf5::Dataset dataset_;
    std::string type_;
    hid_t memory_type_ = -1;
    std::size_t value_bytes_ = 0;
    std::uint64_t chunk_bytes_ = 0;
    std::vector<hsize_t> shape_;
    bool grows_ = false;
    std::vector<std::byte> attribute_;  ///< values of an attribute, which are few
    std::vector<std::string> texts_;
};

/// The values of an array, piece by piece, with every value that is not a number made the one pattern.
class ResultArray::Pieces {
  public:
    /// Pieces of up to `bytes`, unless one value is larger.
    Pieces(const ResultArray& array, std::uint64_t bytes);
    /// The next piece; empty once all were given. Valid until the next call.
    std::span<const std::byte> next();

  private:
    const ResultArray& array_;
    std::size_t axis_ = 0;     ///< pieces are ranges of this axis, whole in those after it
    hsize_t rows_each_ = 1;    ///< of that axis
    std::vector<hsize_t> at_;  ///< where the next piece begins
    bool done_ = false;
    std::vector<std::byte> buffer_;
};

/// How large pieces are where memory is all that matters.
inline constexpr std::uint64_t usual_piece_bytes = std::uint64_t{1} << 20;

/// The lines of a file that is open, or being written and flushed.
std::vector<ArrayDigest> array_digests(const hdf5::Group& root);

}  // namespace snnff

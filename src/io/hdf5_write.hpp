#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "io/hdf5.hpp"

namespace snnff::hdf5 {

Group create_group(const Group& parent, std::string_view name);

/// Creates and fills a data set: gzip and shuffle, in chunks of up to 1 MiB.
template <class T>
Dataset write_array(const Group& parent, std::string_view name, std::span<const hsize_t> shape,
                    std::span<const T> values);
template <class T>
Dataset write_array(const Group& parent, std::string_view name, std::span<const T> values) {
    const hsize_t n = values.size();
    return write_array(parent, name, std::span{&n, 1}, values);
}
/// Writes all values of a data set again.
template <class T>
void write(const Dataset& dataset, std::span<const T> values);
/// One UTF-8 string.
Dataset write_text(const Group& parent, std::string_view name, std::string_view text);

/// Makes a data set the coordinate of its own axis: the other data sets are attached to it.
void make_scale(const Dataset& coordinate);
/// An axis without coordinate, as netCDF writes it: a scale that holds no values. No length: unlimited.
Dataset create_dimension(const Group& parent, std::string_view name, std::optional<std::uint64_t> length);
void attach_scale(const Dataset& dataset, unsigned axis, const Dataset& scale);
void set_length(const Dataset& dimension, std::uint64_t length);

/// A data set that grows by rows. Rows gather in memory until they fill a chunk, so a chunk is
/// compressed and written once; flush() writes what has gathered so far, and the chunk is written
/// again when it is full.
class Appender {
  public:
    Appender() = default;
    /// [row] where `width` is 0, else [row x width]
    template <class T>
    static Appender create(const Group& parent, std::string_view name, std::size_t width = 0) {
        return {parent, name, file_type<T>(), memory_type<T>(), sizeof(T), width};
    }

    template <class T>
    void append(std::span<const T> rows) {
        append_bytes(std::as_bytes(rows));
    }
    template <class T>
    void append_one(T value) {
        append(std::span<const T>{&value, 1});
    }
    void flush();
    std::uint64_t n_rows() const noexcept { return n_written_ + n_gathered_; }
    std::size_t width() const noexcept { return width_; }
    const Dataset& dataset() const noexcept { return dataset_; }
    /// Whether a chunk that an earlier flush() wrote in part has moved since. Until the file is
    /// flushed again, its index on disk points to where the chunk no longer is, so flush soon.
    bool moved() const noexcept { return moved_; }

  private:
    Appender(const Group& parent, std::string_view name, hid_t file_type, hid_t memory_type,
             std::size_t value_bytes, std::size_t width);
    void append_bytes(std::span<const std::byte> rows);
    void write_gathered();

    Dataset dataset_;
    hid_t memory_type_ = -1;
    std::size_t row_bytes_ = 0, width_ = 0, rows_per_chunk_ = 0;
    std::vector<std::byte> gathered_;
    std::size_t n_gathered_ = 0;
    std::uint64_t n_written_ = 0;  // rows in full chunks
    bool up_to_date_ = true;       // what has gathered is in the file
    bool in_part_ = false;         // the chunk being gathered was written in part
    bool moved_ = false;
};

}  // namespace snnff::hdf5

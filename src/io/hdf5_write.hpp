#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/canonical.hpp"
#include "io/half_made.hpp"
#include "io/hdf5.hpp"

namespace snnff::hdf5 {

/// Creates a file beside others (make_room()) and waits until it is on disk; where anything goes wrong, none
/// is left. `fill` begins with what is_leaving() knows the file by, and flushes it. `then` is called before
/// another process can find it unused. Throws what these throw, and FileError.
void write_file(const std::filesystem::path& path, Leaving kind,
                const std::function<void(const Group& root)>& fill, const std::function<void()>& then = {});
/// Such a beginning: the attribute `creator`.
void mark_as_ours(const Group& root);
/// The same for a file that appears under its name once it is complete, with sums of its blocks (BlockSums),
/// and keeps the mode of what it replaces. Throws UsageError where a file is there and `replace` is not set,
/// FileError where it is in use.
void write_in_place(const std::filesystem::path& path, bool replace,
                    const std::function<void(const Group& root)>& fill);

Group create_group(const Group& parent, std::string_view name);

/// Creates and fills a data set: shuffle, gzip and Fletcher's checksum, in chunks of up to 1 MiB, unless
/// `compressed` is false.
template <class T>
Dataset write_array(const Group& parent, std::string_view name, std::span<const hsize_t> shape,
                    std::span<const T> values, bool compressed = true);
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

/// One word of up to 15 bytes, of fixed length, so that write_word() can replace it while others read.
Dataset create_word(const Group& parent, std::string_view name, std::string_view word);
void write_word(const Dataset& dataset, std::string_view word);

/// UTF-8 strings, [shape].
Dataset write_texts(const Group& parent, std::string_view name, std::span<const hsize_t> shape,
                    std::span<const std::string> texts);

/// Makes a data set the coordinate of its own axis: the other data sets are attached to it.
void make_scale(const Dataset& coordinate);
/// An axis without coordinate, as netCDF writes it: a scale that holds no values. No length: unlimited.
Dataset create_dimension(const Group& parent, std::string_view name, std::optional<std::uint64_t> length);
void attach_scale(const Dataset& dataset, unsigned axis, const Dataset& scale);
void set_length(const Dataset& dimension, std::uint64_t length);

/// An empty data set that can grow, [row] where `width` is 0, else [row x width], with chunks of at
/// least 64 KiB; says how many rows a chunk has.
struct Growing {
    Dataset dataset;
    std::size_t rows_per_chunk;
};
Growing create_growing(const Group& parent, std::string_view name, hid_t type, std::size_t width);

/// Copies a group between the roots of two files with all that is in it; data sets keep their axes, which
/// have to lie in that group.
void copy(const Group& from, std::string_view name, const Group& to);

/// A data set that grows by rows. Rows gather in memory until they fill a chunk, which is then
/// compressed and written once.
///
/// What has gathered is made readable by flush(), and that must not move anything: a chunk that
/// changes its size changes its place, the place it leaves is given to another, and a process killed
/// before the file's index is written leaves an index that points to the wrong bytes (seen in 14 of 30
/// killed runs; compressing such chunks at the end of a run lost them in 1 of some 50). So a chunk that is
/// written before it is full is written uncompressed, always to the same place, and stays so. It goes without
/// Fletcher's checksum, too: a chunk that a killed process wrote in part still has its old rows, and a
/// checksum would make all of them unreadable.
class Appender {
  public:
    Appender() = default;
    /// Chunks are written as they lie in memory, so the type in the file is the machine's own.
    template <class T>
    static Appender create(const Group& parent, std::string_view name, std::size_t width = 0) {
        return {create_growing(parent, name, memory_type<T>(), width), memory_type<T>(), sizeof(T), width};
    }

    template <class T>
    void append(std::span<const T> rows) {
        append_bytes(std::as_bytes(Canonical<T>(rows).values()));
    }
    template <class T>
    void append_one(T value) {
        append(std::span<const T>{&value, 1});
    }
    /// Writes what has gathered; readable once the file is flushed.
    void flush();
    std::uint64_t n_rows() const noexcept { return n_written_ + n_gathered_; }
    std::size_t width() const noexcept { return width_; }
    const Dataset& dataset() const noexcept { return dataset_; }

  private:
    Appender(Growing growing, hid_t type, std::size_t value_bytes, std::size_t width);
    void append_bytes(std::span<const std::byte> rows);
    void grow();
    void write_compressed();
    void write_in_place();
    void write_chunk(std::uint64_t first_row, std::uint32_t skipped_filters,
                     std::span<const std::byte> bytes);

    Dataset dataset_;
    hid_t type_ = -1;
    std::size_t row_bytes_ = 0, width_ = 0, rows_per_chunk_ = 0;
    std::vector<std::byte> gathered_;
    std::size_t n_gathered_ = 0;
    std::uint64_t n_written_ = 0;  // rows in full chunks
    bool up_to_date_ = true;       // what has gathered is in the file
    bool in_place_ = false;        // the chunk being gathered has its place in the file, uncompressed
};

}  // namespace snnff::hdf5

#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "io/hdf5.hpp"

namespace snnff {
class BlockSums;
}

namespace snnff::hdf5 {

/// Where the data of a file are, as its blocks lie in it: for each block its address, its length in bytes and
/// its bytes, eight to a number. Whoever has this needs none of the index that the file itself holds.
using Index = std::vector<std::int64_t>;

/// How create_file() writes. What HDF5 calls metadata, the index by which data are found, is held back until
/// the file is flushed, and then written in an order in which every beginning of it leaves a file that opens
/// and has all that was flushed before:
///
///   room for everything, the superblock that says so, blocks that are new and that nothing points to yet,
///   heaps, B-trees from the root down, what object headers continue in, object headers.
///
/// A block that is written over lies within a page, which a process that is killed writes whole or not at
/// all: create_file() keeps blocks that small. Data are written at once, to places that no index knows yet or
/// that hold the same values (see Appender).
///
/// Why nothing simpler, in turn:
///
///   HDF5's own driver with the same flushes leaves 467 of the 1,749 beginnings that
///   tests/unit/run_file_prefixes.cpp makes without what was flushed, or unreadable (HDF5 1.10.8); with this
///   one it is none. (HDF5 1.14.5 takes a text that is written over out of its heap before the header that
///   pointed to it is written: texts of attributes are removed and made anew for that reason.)
///
///   SWMR from the first write on: h5py and h5dump refuse a file whose writer was killed ("already open for
///   write", HDF5 1.10.8 and 1.14.5) until somebody runs h5clear, and HDF5 promises nothing of groups and
///   attributes that are made under it, where runs add weights and evaluations at their end.
///
///   A copy beside, renamed at each flush: cheap while a file is small (models/quickstart-lif.toml with all
///   units recorded over 500 images ends with 38 MB; its 11 flushes write 41 MB in all and would copy 39 MB
///   more). 1 GB takes 5 s to copy, 10 s with fsync (a virtual disk, two shared cores), where a flush comes
///   every 3 s, and twice the room; and readers of a live run would stay with the file that was replaced.
///
///   A journal would have to be played back before other people's readers see the file.
///
/// What writing reads of HDF5's blocks is the four letters they begin with and a B-tree's level, which its
/// file format fixes; no address or length in them. Reading walks heaps of texts (hdf5_heap.hpp), which HDF5
/// does not hold to their ends.
///
/// While others read along (SWMR), which takes HDF5's own order, go_live() lets everything through at once,
/// and the index is kept all the same. In a file that was there before, all that lies before its end counts
/// as written over.
///
/// This is a driver in HDF5's sense, above its usual one; the file is like any other. With an index, a file
/// that is opened for reading is read as that index has it; with sums, reading fails where a block has other
/// bytes. Both are given until the file was opened.
Handle access_in_order(std::span<const std::int64_t> index = {}, const BlockSums* sums = nullptr);

/// The index of a file that was made in this order, as of its last flush; empty for any other.
Index index_of(const Object& object);
/// Nothing is held back from here on, until the file is closed.
void go_live(const Object& object);
/// Whether the file has this text where the index has it.
bool is_of(const std::filesystem::path& path, std::span<const std::int64_t> index, std::string_view text);
/// Holds all of a file that is open for reading to its sums, if it has any: for HDF5's H5Ocopy, which crashes
/// where something cannot be read (1.10.8). Throws DataError.
void expect_whole(const Object& object);
/// From here on texts of a file that is open for reading are held to how this program writes them. What a
/// data set of variable length refers to is then looked for by expect_referred().
void expect_own_heaps(const Object& object) noexcept;
/// Throws DamageError where one of `n` values of variable length, of one byte each element, refers to what is
/// not in its file: HDF5 would read or write elsewhere in memory.
void expect_referred(const Object& dataset, std::uint64_t n);
/// Another descriptor of a file that create_file() made; what HDF5's lock keeps out stays out until it is
/// closed, too. Negative for any other file.
int keep_locked(const Object& object) noexcept;
/// Nothing is written to this file from here on, so that it stays as it was flushed last and closing it
/// cannot fail: for a disk that is full.
void abandon(const Object& object) noexcept;

}  // namespace snnff::hdf5

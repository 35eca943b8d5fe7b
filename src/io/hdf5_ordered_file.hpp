#pragma once

#include <hdf5.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>  // what a driver is; before, <hdf5.h> said so
#endif

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/block_sums.hpp"
#include "io/hdf5_blocks.hpp"
#include "io/hdf5_file.hpp"
#include "io/hdf5_heap.hpp"

namespace snnff::hdf5 {

/// An open file of the driver behind access_in_order(): HDF5's own driver below, and what is held back.
/// Functions that HDF5 calls answer as it wants, below 0 where they failed, with the reason on its stack.
struct OrderedFile : H5FD_t {
    H5FD_t* below = nullptr;
    Blocks pending;  // metadata since the last flush
    Blocks flushed;  // metadata that is in the file; without it where the file is only read
    // Why something could not be written. From then on nothing is, the file stays as it was flushed last, and
    // every flush says so: told in the middle of its work, HDF5 crashes (seen in H5Ocopy) or forgets the
    // reason.
    std::string failure;
    bool abandoned = false;                       // nobody is to be told either
    bool live = false;                            // metadata are written at once, in HDF5's own order
    haddr_t end_before = 0;                       // of a file that was there when it was opened
    std::optional<CheckedBlocks> checked_blocks;  // of a file that is read and has sums
    bool own_heaps = false;                       // of a file that this program wrote

    /// Of a file that is only read, heaps of texts are walked before HDF5 walks them.
    herr_t read(H5FD_mem_t type, haddr_t first, std::size_t n, void* to);
    herr_t read_unchecked(H5FD_mem_t type, haddr_t first, std::size_t n, void* to);
    /// What a heap has, of a file that is read; nothing, and a reason, where it is damaged.
    std::optional<std::vector<HeapObject>> heap_at(haddr_t first);

    void write(H5FD_mem_t type, haddr_t first, std::size_t n, const void* from);
    void grow();
    herr_t flush(bool closing);

    /// Puts a reason on HDF5's stack.
    static void say(const std::string& reason);

  private:
    herr_t fail(std::string reason);
    void write_through(haddr_t first, std::span<const std::byte> bytes);
    template <class Action>
    void attempt(Action action);
};

}  // namespace snnff::hdf5

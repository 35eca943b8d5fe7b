#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace snnff {

/// Bytes that can be asked for without taking the machine down: its memory, or less where `ulimit -v` or a
/// control group (a container's limit) says so. `root` is where /proc and the control groups are found, for
/// tests.
std::uint64_t memory_limit(const std::filesystem::path& root = "/");
/// The most that this process can come to hold of it: `ulimit -v` also counts addresses that stand for no
/// memory, as most of those of libraries do.
std::uint64_t attainable_memory();
/// Bytes of addresses that `ulimit -v` leaves to the process beside those it has; the largest number without
/// a limit.
std::uint64_t address_space_left();
/// Tells glibc, before the first thread starts, to give large blocks back when they are freed: what it takes
/// for one grows to the largest that was freed, up to 32 MiB, so that batches would stay with the process
/// under evaluations (254 instead of 218 MiB of layers of 3000 units). Under `ulimit -v` all threads allocate
/// from one heap: it would set 64 to 128 MiB of addresses aside for each, which count as if they were used.
void set_up_allocator() noexcept;
/// Throws std::bad_alloc where `ulimit -v` leaves so few addresses that a library could fail which does not
/// expect it: HDF5 ends the process where it gets no memory for its own lists.
void check_address_space(std::uint64_t least = std::uint64_t{12} << 20);
/// "3.2 GiB", for messages; "120 MiB" of less than one.
std::string gibibytes(double bytes);

}  // namespace snnff

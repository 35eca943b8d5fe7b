#pragma once

#include <cstdint>
#include <string>

namespace snnff {

/// Bytes that can be asked for without taking the machine down: its memory, or less where `ulimit -v` says
/// so.
std::uint64_t memory_limit() noexcept;
/// Under `ulimit -v`: lets all threads allocate from one heap. glibc would set 64 to 128 MiB of addresses aside
/// for each thread, which count as if they were used. To be called before the first thread starts.
void spare_address_space() noexcept;
/// "3.2 GiB", for messages.
std::string gibibytes(double bytes);

}  // namespace snnff

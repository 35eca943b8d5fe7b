#pragma once

#include <cstdint>
#include <string>

namespace snnff {

/// Bytes that can be asked for without taking the machine down: its memory, or less where `ulimit -v` says
/// so.
std::uint64_t memory_limit() noexcept;
/// "3.2 GiB", for messages.
std::string gibibytes(double bytes);

}  // namespace snnff

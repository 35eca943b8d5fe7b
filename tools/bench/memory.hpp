#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace snnff::bench {

/// Most memory that this process has had resident, in bytes; nothing where the system does not say (Linux
/// does).
std::optional<double> peak_memory();
/// The same of a process of its own that repeats a workload on `n_threads` threads (0: all) and does nothing
/// else.
std::optional<double> peak_memory_of(const std::string& workload, std::size_t n_threads);

}  // namespace snnff::bench

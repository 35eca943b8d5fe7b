#pragma once

#include <cstddef>

namespace snnff::bench {

/// Prints every workload beside its floor, and the products alone beside the fma loop; each workload is
/// repeated for `seconds` here and, for its memory, in a process of its own on `n_threads` threads (0: all).
/// Returns false where a product was faster than the fma loop, whose fault that is, after saying so.
bool print_table(double seconds, std::size_t n_threads, bool as_json);

}  // namespace snnff::bench

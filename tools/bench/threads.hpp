#pragma once

namespace snnff::bench {

/// Times every task of some workloads on one thread, and prints how many times as fast 4, 16 and 64 threads
/// could be at most; then, where two threads are allowed, how well the workloads use them, from `n_pairs`
/// pairs of measurements.
void print_threads(int n_pairs, bool as_json);

}  // namespace snnff::bench

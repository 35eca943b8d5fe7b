#pragma once

#include <chrono>

#include "workload.hpp"

namespace snnff::bench {

/// What the instructions of the kernels in use can do at best on this machine, now, on all threads allowed.
struct Machine {
    double fused_flops_per_s = 0;    ///< fused multiply-adds in registers, each counted twice
    double vector_flops_per_s = 0;   ///< multiplications, additions and comparisons in registers
    double row_additions_per_s = 0;  ///< rows added from the first-level cache, by floats
    double bytes_per_s = 0;          ///< copied within a footprint, read and written counted both
};
/// Copies are measured where `footprint` bytes, from and to together, have their place: caches or memory. A
/// rate is the best of some short measurements: what the machine can do, not what it did beside other work.
Machine measure_machine(double footprint);
/// The best of both, rate by rate.
Machine best_of(const Machine& a, const Machine& b);
/// The first rate alone, in flops per second.
double measure_fused();

/// Milliseconds below which `machine` cannot do the work: the longer of arithmetic and memory.
double floor_ms(const Work& work, const Machine& machine);

/// Seconds of an action, by a clock that never goes back.
double seconds_of(auto&& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace snnff::bench

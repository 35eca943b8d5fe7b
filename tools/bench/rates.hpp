#pragma once

// Loops that do nothing but one kind of arithmetic, as fast as the instructions of a variant of the kernels
// allow: what floors are made of. Plain functions and pointers only, as in kernels/table.hpp.

#include <cstddef>

namespace snnff::bench {

/// Loops of one instruction set. Each returns what it calculated, so that none of it can be left out; `start`
/// is any number between 0 and 1.
struct RateLoops {
    const char* name;

    /// `n` times fused_per_round chains of fused multiply-adds, sums in registers.
    float (*fuse)(std::size_t n, float start) noexcept;
    std::size_t fused_per_round;

    /// `n` times elements_per_round elements: multiply, add, compare with a threshold, and add up what
    /// compared.
    float (*elementwise)(std::size_t n, float start) noexcept;
    std::size_t elements_per_round;

    /// Adds rows of floats_per_row floats, one after the other: `n_rows` of them, `n` times.
    float (*add_rows)(const float* rows, std::size_t n_rows, std::size_t n) noexcept;
    std::size_t floats_per_row;
};

/// Operations that RateLoops::elementwise does with an element.
constexpr std::size_t operations_per_element = 4;

/// The loops of the kernels in use.
const RateLoops& rate_loops();

}  // namespace snnff::bench

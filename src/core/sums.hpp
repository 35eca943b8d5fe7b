#pragma once

#include <cstddef>

namespace snnff {

/// Σ term(i) for i in 0 .. n−1 in double, in an order that depends on n alone: blocks of 256 terms one after
/// the other; within a block term i goes to partial sum i mod 16, and the 16 are added in halves. The kernels
/// sum_squares, sum_abs and sum do the same.
template <class Term>
double sum_in_blocks(std::size_t n, Term term) {
    constexpr std::size_t n_partial = 16, block = 256;
    double total = 0.0;
    for (std::size_t first = 0; first < n; first += block) {
        const std::size_t end = n - first < block ? n : first + block;
        double partial[n_partial] = {};
        for (std::size_t i = first; i < end; ++i) partial[(i - first) % n_partial] += term(i);
        for (std::size_t half = n_partial / 2; half > 0; half /= 2) {
            for (std::size_t k = 0; k < half; ++k) partial[k] += partial[k + half];
        }
        total += partial[0];
    }
    return total;
}

}  // namespace snnff

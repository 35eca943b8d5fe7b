#pragma once

#include <cstdint>

#include "snnff/matrix.hpp"
#include "snnff/random.hpp"

namespace snnff {

/// Leaves out inputs at random and scales the others up, so that the expected current stays the same.
/// Which ones is a function of (seed, batch, population, row, input): variants of a batch lose the same.
/// Source: Srivastava et al., JMLR 15:1929 (2014), in its inverted form.
struct Dropout {
    Seed seed;
    double share;         ///< of the inputs to leave out, 0 <= share < 1
    std::uint64_t batch;  ///< counted through the run
};

/// Applies it in place to the inputs [sample x input] of a population, whose first row is the batch's
/// `first_row`: rows may be handed over in as many parts as one likes.
void leave_out(const Dropout& dropout, std::size_t population, MatrixView inputs, std::size_t first_row = 0);

}  // namespace snnff

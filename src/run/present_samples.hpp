#pragma once

#include <cstddef>
#include <vector>

#include "core/dropout.hpp"
#include "data/encoded_input.hpp"
#include "engine/batch.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// Presents samples under labels, as variants of them that a LabelWriter made, to the first population: as
/// they are where they come constant (then dropout is in them already), else encoded, under `dropout`. The
/// first `n_positive` variants are positive.
void present_samples(const Presented& presented, std::vector<Variant> variants, const Dropout* dropout,
                     std::size_t n_positive, Batch& batch);

}  // namespace snnff

#pragma once

#include <cstddef>
#include <cstdint>

#include "snnff/training.hpp"

namespace snnff::app {

/// What a run will need, known before its first step.
struct PlanCost {
    std::uint64_t n_parameters = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t run_file_bytes = 0;  ///< before compression, HDF5's own bookkeeping included
};

PlanCost cost_of(const Experiment& experiment);

}  // namespace snnff::app

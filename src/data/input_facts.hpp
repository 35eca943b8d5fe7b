#pragma once

#include <cstddef>
#include <cstdint>

#include "snnff/stimulus.hpp"

namespace snnff {

/// What a data set holds before labels are written into it; its labels are below `n_labels`. Throws DataError
/// where an input is no finite number. Of inputs that vary in time, `n_steps` are looked at.
InputFacts input_facts(const Dataset& dataset, std::size_t n_labels, std::int64_t n_steps);

}  // namespace snnff

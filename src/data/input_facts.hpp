#pragma once

#include <cstddef>

#include "snnff/stimulus.hpp"

namespace snnff {

/// What a data set holds before labels are written into it; its labels are below `n_labels`. Throws DataError
/// where an input is no finite number.
InputFacts input_facts(const Dataset& dataset, std::size_t n_labels);

}  // namespace snnff

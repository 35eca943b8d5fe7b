#pragma once

#include <cstdint>
#include <vector>

#include "snnff/stimulus.hpp"

namespace snnff {

/// How each input is spread [input]; of inputs that vary in time, one of `n_steps` steps of a sample is
/// looked at. Empty for events, which are 0 nearly everywhere.
std::vector<InputSpread> input_spreads(const Dataset& dataset, std::int64_t n_steps);

}  // namespace snnff

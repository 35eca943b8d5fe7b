#pragma once

#include "snnff/training.hpp"

namespace snnff {

/// What is wrong with the means of a population's epoch, as flags of Trouble.
std::uint8_t troubles(const PopulationEpoch& means, const Population& population);

}  // namespace snnff

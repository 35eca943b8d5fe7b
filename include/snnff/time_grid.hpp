#pragma once

#include <cstdint>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// The time axis of one presentation: `steps` steps of `dt_ms` each. Steps are integers and a
/// time is `step * dt_ms`, computed and never accumulated, so that it cannot drift.
struct TimeGrid {
    double dt_ms = 1.0;
    std::int64_t steps = 1;

    double time_ms(std::int64_t step) const noexcept;

    /// Factor by which a membrane with time constant `tau_ms` decays in one step,
    /// exp(-dt_ms/tau_ms): exact for any dt, as in Rotter & Diesmann, Biol. Cybern. 81:381 (1999).
    double decay(double tau_ms) const noexcept;
};

}  // namespace snnff

#include "snnff/time_grid.hpp"

#include "core/functions.hpp"

namespace snnff {

double TimeGrid::time_ms(std::int64_t step) const noexcept { return static_cast<double>(step) * dt_ms; }

double TimeGrid::decay(double tau_ms) const noexcept { return functions::exp(-dt_ms / tau_ms); }

}  // namespace snnff

#include "snnff/time_grid.hpp"

#include "core/two_doubles.hpp"
#include "snnff/functions.hpp"

namespace snnff {

double TimeGrid::time_ms(std::int64_t step) const noexcept {
    // Of the decimal dt_ms, so that step 3 of 0.1 ms begins at 0.3 ms, not at 0.30000000000000004.
    const DoublePair dt = decimal_of(dt_ms);
    const auto n = static_cast<double>(step);
    const DoublePair time = exact_product(n, dt.high);
    return time.high + (time.low + n * dt.low);
}

double TimeGrid::decay(double tau_ms) const noexcept { return functions::exp(-dt_ms / tau_ms); }

}  // namespace snnff

#include <algorithm>

#include "kernels/dispatch.hpp"
#include "sim/steps.hpp"

namespace snnff {

void walk_back(Readout output, const TimeGrid& time, ConstMatrixView arriving, const StepSlopes& slopes,
               MatrixView signal) {
    const auto steps = static_cast<std::size_t>(time.steps);
    const std::size_t count = slopes.psi.rows() / steps, n_units = slopes.psi.cols();
    const bool train = output == Readout::spikes, last_only = output == Readout::membrane;
    const bool from_emitted = !last_only && output != Readout::membrane_mean;
    const bool mean = from_emitted ? output == Readout::rate || output == Readout::activation : !last_only;
    const float share = mean ? 1.0f / static_cast<float>(steps) : 1.0f;
    const bool summed = signal.rows() != slopes.psi.rows();
    if (summed) {
        for (std::size_t s = 0; s < count; ++s) std::ranges::fill(signal.row(s), 0.0f);
    }
    Matrix behind(count, n_units);  // carry[t+1]·a[t+1]
    for (std::size_t t = steps; t-- > 0;) {
        const float weight = last_only && t + 1 < steps ? 0.0f : share;
        const std::size_t row = t * count;
        const bool fixed = !slopes.fixed_carry.empty();
        const auto rows_of = [](ConstMatrixView m, std::size_t first) {
            return kernels::ConstRows{m.row(first).data(), m.stride()};
        };
        kernels::active().back_step(
            {.rows = count,
             .n = n_units,
             .weight = weight,
             .arriving = rows_of(arriving, train ? row : 0),
             .psi = rows_of(slopes.psi, row),
             .carry = fixed ? kernels::ConstRows{slopes.fixed_carry.data(), 0} : rows_of(slopes.carry, row),
             .drive = fixed ? kernels::ConstRows{} : rows_of(slopes.drive, row),
             .later = {behind.data(), n_units},
             .signal = {signal.row(summed ? 0 : row).data(), signal.stride()},
             .from_emitted = from_emitted,
             .summed = summed});
    }
}

}  // namespace snnff

#include <algorithm>

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
        for (std::size_t s = 0; s < count; ++s) {
            const std::size_t row = t * count + s;
            const float* from = arriving.row(train ? row : s).data();
            const float* psi = slopes.psi.row(row).data();
            const float* carry = slopes.carry.row(row).data();
            const float* drive = slopes.drive.row(row).data();
            float* later = behind.row(s).data();
            float* to = signal.row(summed ? s : row).data();
            for (std::size_t u = 0; u < n_units; ++u) {
                const float direct = weight * from[u] * (from_emitted ? psi[u] : 1.0f);
                const float a = direct + later[u];
                later[u] = carry[u] * a;
                to[u] = (summed ? to[u] : 0.0f) + drive[u] * a;
            }
        }
    }
}

}  // namespace snnff

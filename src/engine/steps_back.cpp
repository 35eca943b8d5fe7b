#include "engine/steps.hpp"
#include "kernels/dispatch.hpp"

namespace snnff {

kernels::WalkBack way_back(Readout output, std::size_t n_steps) {
    kernels::WalkBack job;
    job.n_steps = n_steps;
    job.last_only = output == Readout::membrane;
    job.from_emitted = !job.last_only && output != Readout::membrane_mean;
    const bool each = output == Readout::spikes;  // a slope of every step arrives
    job.weight = each ? 1.0f : factor_of(output, static_cast<std::int64_t>(n_steps));
    return job;
}

void walk_back(Readout output, const TimeGrid& time, ConstMatrixView arriving, const StepSlopes& slopes,
               MatrixView signal) {
    const auto steps = static_cast<std::size_t>(time.steps);
    const std::size_t count = slopes.psi.rows() / steps;
    const bool fixed = !slopes.fixed_carry.empty();
    const auto by_steps = [&](ConstMatrixView m) {
        return kernels::ConstSteps{m.data(), m.stride(), m.stride() * count};
    };
    kernels::WalkBack job = way_back(output, steps);
    job.n_samples = count;
    job.n = slopes.psi.cols();
    job.arriving = output == Readout::spikes ? by_steps(arriving)
                                             : kernels::ConstSteps{arriving.data(), arriving.stride(), 0};
    job.psi = by_steps(slopes.psi);
    job.carry = fixed ? kernels::ConstSteps{slopes.fixed_carry.data(), 0, 0} : by_steps(slopes.carry);
    if (!fixed) job.drive = by_steps(slopes.drive);
    job.summed = signal.rows() != slopes.psi.rows();
    job.signal = {signal.data(), signal.stride(), job.summed ? 0 : signal.stride() * count};
    kernels::active().walk_back(job);
}

}  // namespace snnff

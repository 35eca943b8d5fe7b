#include "network/readouts.hpp"

#include <algorithm>

#include "kernels/dispatch.hpp"

namespace snnff {

float readout_factor(Readout readout, std::size_t n_steps) noexcept {
    const bool whole = readout == Readout::membrane || readout == Readout::count;
    return whole ? 1.0f : 1.0f / static_cast<float>(n_steps);
}

ReadoutSums::ReadoutSums(std::size_t count, std::size_t n_units)
    : last_membrane_(count, n_units), membrane_(count, n_units), emitted_(count, n_units) {}

void ReadoutSums::add(const StepView& view) {
    const auto& kernels = kernels::active();
    const std::size_t n_units = emitted_.cols();
    for (std::size_t s = 0; s < emitted_.rows(); ++s) {
        std::ranges::copy(view.membrane.row(s), last_membrane_.row(s).begin());
        kernels.add(view.membrane.row(s).data(), n_units, membrane_.row(s).data());
        kernels.add(view.emitted.row(s).data(), n_units, emitted_.row(s).data());
    }
}

void ReadoutSums::value(Readout readout, const TimeGrid& time, MatrixView out) const {
    const bool of_membrane = readout == Readout::membrane_mean;
    const Matrix& source = readout == Readout::membrane ? last_membrane_ : of_membrane ? membrane_ : emitted_;
    const float factor = readout_factor(readout, static_cast<std::size_t>(time.steps));
    for (std::size_t s = 0; s < source.rows(); ++s) {
        kernels::active().scale(source.row(s).data(), factor, source.cols(), out.row(s).data());
    }
}

double ReadoutSums::rate(std::size_t sample, const TimeGrid& time) const {
    const auto row = emitted_.row(sample);
    return kernels::active().sum(row.data(), row.size()) / static_cast<double>(row.size()) /
           static_cast<double>(time.steps);
}

}  // namespace snnff

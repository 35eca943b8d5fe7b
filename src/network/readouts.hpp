#pragma once

#include <cstddef>

#include "snnff/matrix.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// What a readout is times the sum over steps that it is of (of y[t], of u[t], or the last u).
float readout_factor(Readout readout, std::size_t n_steps) noexcept;

/// Sums what readouts need over the steps of a block: in single precision, one step after the other.
class ReadoutSums {
  public:
    ReadoutSums(std::size_t count, std::size_t n_units);
    void add(const StepView& view);
    /// The readout over the steps added so far, [sample x unit].
    void value(Readout readout, const TimeGrid& time, MatrixView out) const;
    /// Emitted per unit and step, for one sample.
    double rate(std::size_t sample, const TimeGrid& time) const;

  private:
    Matrix last_membrane_, membrane_, emitted_;
};

}  // namespace snnff

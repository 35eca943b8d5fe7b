#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sim/activity.hpp"

namespace snnff {

/// The general path: a block of samples is taken through the steps one by one, whatever drives it.
/// It serves populations driven by spike trains, and recordings.
class SteppedBlock {
  public:
    /// What happens in one step of one population, after it happened.
    using Sink = std::function<void(std::int64_t step, const StepView& view)>;

    /// `drive` of `population`; samples [first, first + count) of one variant.
    /// Prepared for every call of run(): weight columns are extracted here.
    SteppedBlock(const Population& population, const TimeGrid& time, const Drive& drive);

    /// Runs all steps and hands each to `sink`. `slopes`: psi, carry and drive of each step are written to
    /// memory that `place(step, view)` puts into the view; without `place` to buffers reused in every step.
    void run(std::size_t variant, std::size_t first, std::size_t count, const Sink& sink,
             const std::function<void(std::int64_t step, StepView& view)>& place = {}) const;

    /// Emitted values of all steps: train [step·count + sample, unit].
    void emit(std::size_t variant, std::size_t first, std::size_t count, MatrixView train) const;

    /// The train that drives it, [step·count + sample, input]; only where the drive is a train.
    void incoming(std::size_t variant, std::size_t first, std::size_t count, MatrixView train) const;

    /// The same as run(), given the incoming train (where the drive is one).
    void run_from(ConstMatrixView incoming, std::size_t variant, std::size_t first, std::size_t count,
                  const Sink& sink,
                  const std::function<void(std::int64_t step, StepView& view)>& place) const;

    std::size_t n_inputs() const noexcept { return population_.n_inputs(); }

  private:
    const Population& population_;
    const TimeGrid& time_;
    std::unique_ptr<Currents> currents_;   // where the drive is constant
    std::unique_ptr<SteppedBlock> below_;  // where it is a train
};

/// Sums what readouts need over the steps of a block.
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

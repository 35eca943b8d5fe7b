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

/// Slopes that the steps of a block left behind, [step·count + sample, unit].
struct StepSlopes {
    MatrixView psi, carry, drive;
};

/// Walks back through the steps of a block. With u[t] = carry[t]·u[t-1] + drive[t]·I[t] - reset (detached),
///   a[t] = direct[t] + carry[t+1]·a[t+1],   d loss/d I[t] = drive[t]·a[t],
/// where direct[t] is d loss/d u[t] within the step: for a train psi[t]·d loss/d y[t], for an output r it is
/// d loss/d r times psi[t]/T for a rate, psi[t] for a count, 1 at the last step for the membrane, 1/T for
/// its mean.
///
/// output   what `arriving` is the slope of
/// arriving [sample x unit], or [step·count + sample, unit] for a train
/// signal   d loss/d current: of each step [step·count + sample, unit], which may be the memory of
///          slopes.psi; or [sample x unit], of a current that is constant
void walk_back(Readout output, const TimeGrid& time, ConstMatrixView arriving, const StepSlopes& slopes,
               MatrixView signal);

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

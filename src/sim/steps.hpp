#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sim/activity.hpp"
#include "sim/sparse_rows.hpp"

namespace snnff {

/// The general path: a population is taken through the steps one by one, whatever drives it. It serves
/// populations whose input varies, and recordings. Weight columns are extracted when it is made.
class SteppedPopulation {
  public:
    SteppedPopulation(const Population& population, const TimeGrid& time, const Drive& drive);

    const Population& population() const noexcept { return population_; }
    const TimeGrid& time() const noexcept { return time_; }
    std::size_t n_variants() const noexcept { return n_variants_; }
    std::size_t n_bases() const noexcept { return source_ == nullptr ? 0 : source_->n_bases(); }

  private:
    friend class SteppedBlock;
    const Population& population_;
    const TimeGrid& time_;
    std::size_t n_variants_;
    const StepSource* source_;            // where the input varies
    std::span<const Variant> variants_;   // where it does not
    Matrix columns_;                      // [changing input x unit] weights, where it varies
    Matrix by_input_;                     // [input x unit, whole lines] weights, for an input of spikes
};

/// A block of samples of such a population, all variants, on its way through the steps. What it holds does
/// not grow with the number of steps.
class SteppedBlock {
  public:
    SteppedBlock(const SteppedPopulation& stepped, std::size_t first, std::size_t count);

    /// What happens in one step of one variant.
    using Visit = std::function<void(std::size_t variant, std::int64_t step, StepView& view)>;
    /// The input of some steps, base by base: dense, or as its spikes where it is made of them.
    struct Input {
        std::int64_t first_step;
        std::span<const MatrixView> bases;   // [step·count + sample, input]
        std::span<const SparseRows> spikes;  // empty where the input is not made of spikes
        const StepSource::Steps& steps;
    };
    using Inputs = std::function<void(const Input&)>;

    /// Steps worth computing at a time: their inputs make one matrix product.
    std::int64_t chunk() const noexcept;
    /// The next `n_steps` of all variants, one variant after the other. `before`, where given, may put memory
    /// into a view (for what is emitted, psi, carry, drive); `after` sees what happened.
    void advance(std::int64_t n_steps, const Visit& before, const Visit& after);
    /// All steps, chunk by chunk. `inputs`, where given, sees the input of each chunk (only where it varies).
    void run(const Visit& before, const Visit& after, const Inputs& inputs = {});

  private:
    void add_changes_and_bias(std::size_t variant, ConstMatrixView product, MatrixView current) const;
    const SteppedPopulation& stepped_;
    std::size_t first_, count_;
    std::int64_t step_ = 0;
    std::unique_ptr<StepSource::Steps> steps_;
    std::vector<Matrix> state_;       // [variant · n_state + i]: [sample x unit]
    std::vector<Matrix> current_;     // [variant], constant: [sample x unit]; varying: [0] is of a chunk
    std::vector<Matrix> input_;       // [base]: of a chunk, [step·count + sample, input]
    std::vector<MatrixView> bases_;   // of the last chunk
    std::vector<SparseRows> spikes_;  // [base] of the last chunk, where the input is made of spikes
    std::vector<Matrix> product_;     // [base]: of a chunk, [step·count + sample, unit]
    Matrix membrane_, emitted_;
};

/// The spikes of a population as the input of the next.
class PopulationTrain final : public StepSource {
  public:
    PopulationTrain(const Population& population, const TimeGrid& time, const Drive& drive)
        : stepped_(population, time, drive) {}

    std::size_t n_variants() const noexcept override { return stepped_.n_variants(); }
    std::size_t n_bases() const noexcept override { return stepped_.n_variants(); }
    std::size_t base_of(std::size_t variant) const noexcept override { return variant; }
    bool spiking() const noexcept override { return true; }
    std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override;

  private:
    SteppedPopulation stepped_;
};

/// Slopes that the steps of a block left behind, [step·count + sample, unit]. Where the neuron's carry is
/// fixed (NeuronModel::fixed_carry()) it stands for `carry`, and `drive` is 1.
struct StepSlopes {
    MatrixView psi, carry, drive;
    std::span<const float> fixed_carry{};  // [unit]
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

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/activity.hpp"
#include "engine/sparse_rows.hpp"
#include "kernels/table.hpp"
#include "network/readouts.hpp"

namespace snnff {

/// Columns of a list of spikes: so many weights of a group stay in the first-level cache. Where few inputs
/// spike, longer lists cost less.
std::size_t columns_per_part(double share_of_spikes) noexcept;

/// Weights of a group of 32 units, for the chains of rows of input: in a copy that lists of spikes can use,
/// which lives in scratch memory of the calling thread, where there are such lists.
class GroupWeights {
  public:
    GroupWeights(const Panels& weight, std::size_t group, std::size_t columns_per_part);

    std::size_t n_panels() const noexcept { return n_panels_; }
    /// Chains c_{k+1} = fma(x_k, w_k, c_k) over inputs ascending, from +0, of rows [first_row, first_row +
    /// n_rows), to `out` [row x 32]. Unless `lists` of these rows are empty, the terms of a spike are added
    /// alone, which is the same number where all weights are finite, and done only then.
    void chains(const SparseRows& rows, std::size_t first_row, std::size_t n_rows,
                std::span<const SpikeList> lists, float* out) const;

  private:
    const Panels& weight_;
    std::size_t group_, n_panels_, columns_per_part_;
    bool finite_;
    const float* copy_;  // see copy_group()
};

/// What variants change in rows of input, row by row, inputs ascending.
struct StepChanges {
    std::vector<std::size_t> end;              ///< [row] into the others
    std::vector<std::uint32_t> input, column;  ///< which, and its place in StepSource::changing_inputs()
    std::vector<float> value;

    /// Takes over those of a block of `count` samples in `n_steps` steps; rows are sample·n_steps + step.
    void sort(std::span<const StepSource::Change> changes, std::span<const std::uint32_t> changing_inputs,
              std::size_t count, std::size_t n_steps);
};

/// Currents of a group from chains, [row x 32]: chains go on over what the rows change, then
/// current = gain·(chain + 0) + bias. `gain` is [row], or empty: 1.
void step_currents(const Population& population, std::size_t group, std::size_t n_rows, const float* chains,
                   const StepChanges& changes, std::span<const float> gain, float* current);

/// The general path: a population is taken through the steps one by one, whatever drives it. It serves
/// recordings, and populations that send their train of spikes upwards.
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
    const StepSource* source_;           // where the input varies
    std::span<const Variant> variants_;  // where it does not
};

/// A block of samples of such a population, all variants, on its way through the steps. What it holds does
/// not grow with the number of steps.
class SteppedBlock {
  public:
    SteppedBlock(const SteppedPopulation& stepped, std::size_t first, std::size_t count);

    /// What happens in one step of one variant.
    using Visit = std::function<void(std::size_t variant, std::int64_t step, StepView& view)>;

    /// Steps worth computing at a time.
    std::int64_t chunk() const noexcept;
    /// The next `n_steps` of all variants, one variant after the other. `before`, where given, may put memory
    /// into a view (for what is emitted, psi, carry, drive); `after` sees what happened.
    void advance(std::int64_t n_steps, const Visit& before, const Visit& after);
    /// All steps, chunk by chunk.
    void run(const Visit& before, const Visit& after);

  private:
    void take_input(std::size_t n_steps);
    void compute_currents(std::size_t variant, std::size_t n_steps);

    const SteppedPopulation& stepped_;
    std::size_t first_, count_;
    std::int64_t step_ = 0;
    std::unique_ptr<StepSource::Steps> steps_;
    std::vector<Matrix> state_;      // [variant · n_state + i]: [sample x unit]
    std::vector<Matrix> current_;    // [variant], constant: [sample x 16·panels]; varying: [0] is of a chunk
    std::vector<Matrix> input_;      // [base]: of a chunk, [step·count + sample, input]
    std::vector<MatrixView> bases_;  // of the last chunk
    std::vector<SparseRows> rows_;   // [base] of the last chunk, sample·n_steps + step
    std::vector<std::vector<SpikeList>> lists_;  // [base] of the last chunk
    std::vector<StepChanges> changes_;           // [variant] of the last chunk
    std::size_t columns_per_part_ = 64;
    std::vector<float> gain_;
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
/// its mean. carry·a is cut (see steps_between_cuts) after every 64th step, counted from the last.
///
/// output   what `arriving` is the slope of
/// arriving [sample x unit], or [step·count + sample, unit] for a train
/// signal   d loss/d current: of each step [step·count + sample, unit], which may be the memory of
///          slopes.psi; or [sample x unit], of a current that is constant: summed from the last step to the
///          first
void walk_back(Readout output, const TimeGrid& time, ConstMatrixView arriving, const StepSlopes& slopes,
               MatrixView signal);

/// The kernel's job for an output, without what it works on.
kernels::WalkBack way_back(Readout output, std::size_t n_steps);

}  // namespace snnff

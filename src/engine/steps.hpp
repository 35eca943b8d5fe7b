#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/activity.hpp"
#include "engine/sparse_rows.hpp"
#include "kernels/table.hpp"

namespace snnff {

/// Columns of a list of spikes: so many weights of a group stay in the first-level cache. Where few inputs
/// spike, longer lists cost less.
std::size_t columns_per_part(double share_of_spikes) noexcept;

/// Weights of a group of 32 units, for the chains of rows of input: in a copy that lists of spikes can use.
class GroupWeights {
  public:
    /// Floats of the copy.
    static std::size_t size(const Panels& weight, std::size_t columns_per_part) noexcept {
        return group_size(weight.cols(), columns_per_part);
    }
    /// `room` is for the copy, and lives as long.
    GroupWeights(const Panels& weight, std::size_t group, std::size_t columns_per_part, float* room);

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

/// What comes to a group over one projection, from chains, [row x 32]: chains go on over what the rows
/// change, then current = gain·(chain + 0) + bias. `gain` is [row], or empty: 1; `bias` [unit of the group],
/// or empty: 0.
void step_currents(const Panels& weight, std::span<const float> bias, std::size_t group, std::size_t n_rows,
                   const float* chains, const StepChanges& changes, std::span<const float> gain,
                   float* current);

/// The kernel's job of walking back through steps, without what it works on. With u[t] = carry[t]·u[t-1] +
/// charge[t]·I[t] - reset (detached),
///   a[t] = direct[t] + carry[t+1]·a[t+1],   d loss/d I[t] = charge[t]·a[t],
/// where direct[t] is d loss/d u[t] within the step: for a train psi[t]·d loss/d y[t], for an output r it is
/// d loss/d r times psi[t]/T for a rate, psi[t] for a count, 1 at the last step for the membrane, 1/T for
/// its mean. carry·a is cut (see steps_between_cuts) after every 64th step, counted from the last. Where the
/// neuron's carry is fixed (NeuronModel::fixed_carry()) it stands for `carry`, and `charge` is 1.
kernels::WalkBack way_back(Reading output, std::size_t n_steps);

}  // namespace snnff

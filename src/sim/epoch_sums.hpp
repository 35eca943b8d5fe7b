#pragma once

#include <cstddef>

#include "sim/activity.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// Sums over an epoch for one population, weighted by samples; what there was none of becomes NaN.
class EpochSums {
  public:
    /// A loss that is not finite is counted alone: a mean over it would tell nothing of the others.
    void add_loss(double batch_loss, std::size_t n_samples);
    /// The first variants are of positive samples, the others of negative ones.
    void add(const Activity& activity, std::size_t n_positive_variants);
    PopulationEpoch means(const Population& population) const;
    void show(State& state);

  private:
    double loss_ = 0.0, goodness_positive_ = 0.0, goodness_negative_ = 0.0, rate_ = 0.0;
    std::size_t n_losses_ = 0, n_positive_ = 0, n_negative_ = 0, n_rates_ = 0, n_not_finite_ = 0;
};

}  // namespace snnff

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/activity.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// Sums over an epoch for one population, weighted by samples; what there was none of becomes NaN.
class EpochSums {
  public:
    /// A loss that is not finite is counted alone: a mean over it would tell nothing of the others.
    void add_loss(double batch_loss, std::size_t n_samples);
    /// The first variants are of positive samples, the others of negative ones; `label` [sample] the true
    /// ones. Which goodness counts as positive is up to the loss, null where there is no goodness.
    void add(const Activity& activity, const Loss* loss, std::size_t n_positive_variants,
             std::span<const std::int32_t> label);
    PopulationEpoch means(const Population& population) const;
    void show(State& state);

  private:
    double loss_ = 0.0, goodness_positive_ = 0.0, goodness_negative_ = 0.0, rate_ = 0.0;
    std::size_t n_losses_ = 0, n_positive_ = 0, n_negative_ = 0, n_rates_ = 0, n_not_finite_ = 0;
};

}  // namespace snnff

#pragma once

#include <cstddef>
#include <vector>

#include "sim/batch.hpp"
#include "sim/update.hpp"
#include "snnff/model_spec.hpp"

namespace snnff {

/// Teaches one population from its own goodness on a batch of positive variants, negative ones, or both.
class Learner {
  public:
    Learner(const ModelSpec& model, Network& network);

    /// One update. `progress` is the part of the population's training that lies behind it.
    /// Leaves goodness, rate and, if asked for, the output (from before the update) in the batch's activity.
    /// Returns the loss before the update.
    double update(Batch& batch, std::size_t population, double progress, bool keep_output);

  private:
    double update_constant(Batch& batch, std::size_t population, const Optimizer::Step& step,
                           bool keep_output);
    double update_from_steps(Batch& batch, std::size_t population, const Optimizer::Step& step,
                             bool keep_output);
    /// Loss of `n` of the batch's samples; writes d loss/d goodness, scaled so that waves add up to the
    /// batch.
    double score(const Population& population, const std::vector<std::vector<double>>& goodness,
                 std::size_t n_positive, double share_of_batch,
                 std::vector<std::vector<double>>& slope) const;

    const ModelSpec& model_;
    Network& network_;
    std::vector<Moments> moments_;
};

}  // namespace snnff

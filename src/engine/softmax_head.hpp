#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/batch.hpp"
#include "engine/gradient.hpp"
#include "snnff/learning.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Copies what population `k` answered to a variant of the batch into its columns of `features`
/// [sample x feature], normalised, if the read-out sees that population, whose output was asked for.
void take_features(const SoftmaxHead& head, const Network& network, Batch& batch, std::size_t k,
                   std::size_t variant, MatrixView features);

/// x ← (x − mean)/deviation
void standardise(float mean, float deviation, MatrixView features);

/// log p(label) of features that are standardised already, [sample x label].
void log_probabilities(const SoftmaxHead& head, ConstMatrixView features, MatrixView out);

/// Sum over all features, and their overall mean and standard deviation, with n − 1 in the denominator.
struct FeatureSums {
    double n = 0.0, sum = 0.0, squares = 0.0;
    void add(ConstMatrixView features);
    double mean() const noexcept;
    double deviation() const noexcept;  ///< 1 where all features are the same
};

/// Gradient descent on the mean cross-entropy of a read-out.
class HeadTrainer {
  public:
    HeadTrainer(const ReadoutSpec& spec, SoftmaxHead& head);
    /// One update on a batch; `features` [sample x feature] are standardised in place, by their own mean
    /// and deviation, where the model says so. `progress` is the part of the training that lies behind.
    /// Returns the mean cross-entropy before the update.
    double update(MatrixView features, std::span<const std::int32_t> labels, double progress);

  private:
    const ReadoutSpec& spec_;
    SoftmaxHead& head_;
    std::int64_t n_updates_ = 0;
    Matrix error_, weight_gradient_, weight_moment_[2];
    GradientSum gradient_;
    AlignedVector<float> bias_gradient_, bias_moment_[2];
};

}  // namespace snnff

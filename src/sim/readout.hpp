#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/batch.hpp"
#include "sim/gradient.hpp"
#include "snnff/learning.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/network.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// Copies what population `k` answered to a variant of the batch into its columns of `features`
/// [sample x feature], normalised, if the read-out sees that population. To be called between its
/// forward pass, with the output asked for, and ascend().
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

/// Trains a new read-out for the network as it is, on samples without a label (neutral where labels are
/// written into them), and makes it the network's. Returns whether it got to the end: once it shall stop
/// the network keeps none. `progress`, where given, hears after every batch which part is done, and its loss.
/// Throws RunError when the loss stops being finite.
bool train_head(const ModelSpec& model, Network& network, const Dataset& train, const ShallStop& shall_stop,
                const std::function<void(double fraction, double loss)>& progress = {});

/// Bytes train_head() will hold at its peak, threads' own apart; 0 without a read-out.
std::size_t readout_memory(const Experiment& experiment);

}  // namespace snnff

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/dropout.hpp"
#include "engine/backprop_layer.hpp"
#include "engine/batch.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Loss and gradients of a whole network by back-propagation: the softmax cross-entropy of the last
/// population's output, taken back through every population and, where spikes are passed on, through every
/// step. Resets are detached, spikes differentiate as their surrogate; else the gradient is exact.
///
/// A batch is worked through in waves: as many samples as a fixed budget for what is stored allows, so that
/// memory grows neither with the batch nor, beyond a single sample, with the number of steps.
///
/// Source: Rumelhart, Hinton & Williams, Nature 323:533 (1986); through spikes Neftci, Mostafa & Zenke,
/// IEEE Signal Process. Mag. 36(6):51 (2019).
class BackpropPass {
  public:
    /// All of one population's parameters.
    struct Gradient {
        Matrix weight;             ///< [unit x input]
        std::vector<double> bias;  ///< [unit]
    };

    /// `network` must outlive it. `input_varies`: whether what drives the first population varies from step
    /// to step. Memory is kept from batch to batch.
    explicit BackpropPass(const Network& network, std::size_t budget_bytes = stored_steps_budget,
                          bool input_varies = false);

    /// Mean loss over the samples of `input`, the only variant of what drives the first population, and its
    /// gradients.
    /// label [sample]; dropout, where given, is for the inputs of the populations after the first.
    double run(const Drive& input, std::span<const std::int32_t> label, const Dropout* dropout);

    /// A copy.
    Gradient gradient(std::size_t population) const;
    /// The same, in parts, for the optimiser.
    const GradientSum& sum(std::size_t population) const { return layers_[population].gradient(); }
    /// [sample] spikes per unit and step of the last run(); 0 without spikes.
    const std::vector<double>& rate(std::size_t population) const { return rates_[population]; }

    /// Bytes held for batches of this size, and by each thread meanwhile. `thins_out`: under dropout.
    static std::size_t memory(const Network& network, std::size_t batch_size, bool input_varies,
                              bool thins_out = false);
    static std::size_t scratch_memory(const Network& network, std::size_t batch_size, bool input_varies);

  private:
    std::size_t stored_per_sample() const;
    std::size_t wave_size(std::size_t batch_size) const;
    /// Samples of a wave that are worked on at a time.
    std::size_t block_size(std::size_t wave) const;
    void forward(const SampleBlock& block, const Drive& input);
    void backward(const SampleBlock& block, std::span<const std::int32_t> label);

    const Network& network_;
    std::size_t budget_bytes_;
    std::vector<BackpropLayer> layers_;
    std::vector<std::vector<double>> rates_;
    Matrix logits_;             // [sample of the wave x label]; then d loss/d logits
    std::vector<double> loss_;  // [sample]
};

}  // namespace snnff

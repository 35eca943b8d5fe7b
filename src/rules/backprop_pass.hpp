#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/dropout.hpp"
#include "engine/batch.hpp"
#include "engine/gradient.hpp"
#include "engine/section.hpp"
#include "engine/turned_weights.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Loss and gradients of a whole network by back-propagation: the softmax cross-entropy of the last
/// population's output, taken back through every population and, where spikes are passed on, through every
/// step. Resets are detached, spikes differentiate as their surrogate; else the gradient is exact.
///
/// It goes up and down through the same sections as any other rule. Where steps are kept, a batch goes
/// through all of them in waves, as many samples as a fixed budget for what is stored allows, so that memory
/// grows neither with the batch nor, beyond a single sample, with the number of steps.
///
/// Source: Rumelhart, Hinton & Williams, Nature 323:533 (1986); through spikes Neftci, Mostafa & Zenke,
/// IEEE Signal Process. Mag. 36(6):51 (2019).
class BackpropPass {
  public:
    /// `network` must outlive it. Memory is kept from batch to batch.
    explicit BackpropPass(const Network& network, std::size_t budget_bytes = stored_steps_budget);

    /// Mean loss over the samples of a batch of one variant, which has come to the first population, and its
    /// gradients. Leaves rates in the batch's activities.
    /// label [sample]; dropout, where given, is for the inputs of the populations after the first.
    double run(Batch& batch, std::span<const std::int32_t> label, const Dropout* dropout);

    /// Of the last batch, which it reads.
    const Gradient& gradient(std::size_t population) const { return *members_[population].gradient; }

    /// Bytes held for batches of this size, besides what batches hold, and by each thread meanwhile.
    static std::size_t memory(const Network& network, const Batch::Size& size);
    static std::size_t scratch_memory(const Network& network, const Batch::Size& size);
    /// Bytes that a batch holds for it. `thins_out`: under dropout.
    static std::size_t batch_memory(const Network& network, const Batch::Size& size, bool thins_out);

  private:
    void forward(Batch& batch, Range samples, const Dropout* dropout);
    void backward(Batch& batch, Range samples, std::span<const std::int32_t> label, const Dropout* dropout);
    void to_what_was_sent(Batch& batch, std::size_t population, Range samples, const Dropout* dropout);
    std::size_t rows_per_sample(std::size_t population) const;

    struct Member {
        TurnedWeights turned;
        Matrix
            by_sent;  // d loss/d of what it sends, of a wave: [sample x unit] or [sample·steps + step x unit]
        ConstantGradient::Memory of_gradient;
        std::optional<ConstantGradient> constant;
        const Gradient* gradient = nullptr;
    };
    const Network& network_;
    std::size_t budget_bytes_;
    std::vector<Section> sections_;
    std::vector<std::size_t> section_of_;  // [population]
    std::vector<SectionPass::Memory> memory_;
    std::vector<SectionPass> passes_;        // [section] of the batch on its way
    std::vector<ForwardRequest> requests_;   // [population]
    std::vector<Member> members_;            // [population]
    std::vector<std::vector<double>> ones_;  // [variant][sample·n_groups + group]: slopes are in the signals
    std::vector<double> loss_;               // [sample]
};

}  // namespace snnff

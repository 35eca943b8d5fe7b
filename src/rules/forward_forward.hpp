#pragma once

#include <cstddef>
#include <vector>

#include "engine/patches.hpp"
#include "engine/section.hpp"
#include "engine/update.hpp"
#include "rules/rule.hpp"

namespace snnff {

/// Every population learns from its own goodness, on a batch of positive variants, negative ones, or both; no
/// gradient crosses populations. Source: Hinton, arXiv:2212.13345 (2022).
class ForwardForward final : public Rule {
  public:
    ForwardForward(const LearningSpec& learning, Network& network);

    /// Sections, as far up as somebody learns: what joins populations by trains is scored in one pass, and
    /// updated after it.
    std::vector<Part> parts(const Stage& stage) const override;
    std::span<const Loss> learn(Batch& batch, const Turn& turn, Part part) override;
    void show(State& state) override { snnff::show(state, network_, moments_); }

  private:
    /// One update of all that learns in a section. Leaves goodness, rate and, if asked for, the last one's
    /// output (from before the update) in the batch's activities, and losses from before it.
    void update(Batch& batch, const Turn& turn, Part part, bool keep_output);
    /// Scores a wave of a population that goes by steps, and takes the slopes back.
    double score_wave(Batch& batch, SectionPass& pass, std::size_t population, Range samples,
                      std::span<const std::int32_t> label);
    void apply(Batch& batch, SectionPass& pass, std::size_t population, const Turn& turn);
    /// The batch's loss, from `goodness` [variant][sample·n_groups + group]; leaves d loss/d score in the
    /// population's scores.
    double score(std::size_t population, const std::vector<std::vector<double>>& goodness,
                 std::size_t n_positive, std::span<const std::int32_t> label);

    /// Memory of a population's updates, kept from one to the next.
    struct Scores {
        std::vector<std::vector<double>> slope, of_wave;  // [variant][sample·n_groups + group] d loss/d score
        std::vector<std::vector<double>> rate, whole_batch;  // [variant][sample]; as `slope`, goodness
    };

    const LearningSpec& learning_;
    Network& network_;
    std::vector<Moments> moments_;
    std::vector<Loss> losses_;                           // [population] of the last batch
    std::vector<std::vector<Loss>> told_;                // [first population of a part]: of those that learn
    std::vector<Scores> scores_;                         // [population]
    std::vector<GradientSum> sums_;                      // [population] of those that see patches
    std::vector<ConstantGradient::Memory> gradients_;    // [population]
    std::vector<SectionPass::Memory> passes_;            // [first population of a part]
    std::vector<std::vector<ForwardRequest>> requests_;  // likewise
};

}  // namespace snnff

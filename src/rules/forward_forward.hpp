#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "engine/train_pass.hpp"
#include "engine/update.hpp"
#include "rules/rule.hpp"

namespace snnff {

/// Every population learns from its own goodness, on a batch of positive variants, negative ones, or both; no
/// gradient crosses populations. Source: Hinton, arXiv:2212.13345 (2022).
class ForwardForward final : public Rule {
  public:
    ForwardForward(const LearningSpec& learning, Network& network);

    /// Every population is one, unless it sends its train of spikes upwards: the next one sees spikes made with
    /// the weights from before the batch's update, as it sees rates.
    std::vector<Part> parts(const Stage& stage) const override;
    std::span<const Loss> learn(Batch& batch, const Turn& turn, Part part) override;
    void show(State& state) override { snnff::show(state, network_, moments_); }

  private:
    /// What is to be done to a population's weights, once all that a pass scores are scored.
    struct Update {
        double loss;  ///< before it
        std::function<void()> apply;
    };
    /// Leaves goodness, rate and, if asked for, the output in the batch's activity.
    Update score(Batch& batch, std::size_t population, const Turn& turn, bool keep_output);
    Update score_constant(Batch& batch, std::size_t population, std::span<const std::int32_t> label,
                          const Optimizer::Step& step, bool keep_output);
    Update score_steps(Batch& batch, std::size_t population, std::span<const std::int32_t> label,
                       const Optimizer::Step& step, bool keep_output);
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
    std::vector<Loss> losses_;                         // [population] of the last batch
    std::vector<Scores> scores_;                       // [population]
    std::vector<ConstantGradient::Memory> gradients_;  // [population]
    std::vector<TrainPass::Memory> steps_;  // [population] of the last pass, where the input varies
};

}  // namespace snnff

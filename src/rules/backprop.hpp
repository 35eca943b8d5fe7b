#pragma once

#include <vector>

#include "engine/update.hpp"
#include "rules/backprop_pass.hpp"
#include "rules/rule.hpp"

namespace snnff {

/// All populations learn from the softmax cross-entropy of what the last one answers to a batch of one
/// variant, by back-propagation. The loss is the last population's; there is no goodness.
class Backprop final : public Rule {
  public:
    Backprop(const LearningSpec& learning, Network& network);

    std::vector<Part> parts(const Stage& stage) const override;
    std::span<const Loss> learn(Batch& batch, const Turn& turn, Part part) override;
    void show(State& state) override { snnff::show(state, network_, moments_); }

  private:
    const LearningSpec& learning_;
    Network& network_;
    BackpropPass pass_;
    std::vector<Moments> moments_;
    Loss loss_{};  // of the last batch
};

}  // namespace snnff

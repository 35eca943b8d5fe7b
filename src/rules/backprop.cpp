#include "rules/backprop.hpp"

#include <memory>
#include <string_view>

#include "snnff/options.hpp"

namespace snnff {

Backprop::Backprop(const LearningSpec& learning, Network& network)
    : learning_(learning), network_(network), pass_(network) {
    for (const Population& population : network.populations)
        moments_.emplace_back(population, *learning.optimizer);
}

std::vector<Rule::Part> Backprop::parts(const Stage& stage) const {
    return {{stage.learning.front(), stage.learning.back()}};
}

std::span<const Rule::Loss> Backprop::learn(Batch& batch, const Turn& turn, Part) {
    const std::size_t n_populations = network_.populations.size();
    const double loss = pass_.run(batch, turn.label, turn.dropout);
    for (std::size_t k = 0; k < n_populations && learning_.takes_update(loss); ++k) {
        const Optimizer::Step step{.t = moments_[k].n_updates + 1,
                                   .rate = learning_.rate * learning_.schedule->factor(turn.progress[k]),
                                   .weight_decay = learning_.weight_decay};
        apply_update(*learning_.optimizer, step, pass_.gradient(k), network_.populations[k], moments_[k]);
    }
    loss_ = {n_populations - 1, loss};
    return {&loss_, 1};
}

namespace {

class BackpropKind final : public LearningRule {
  public:
    std::string_view kind() const noexcept override { return "backprop"; }
    bool local() const noexcept override { return false; }
    std::unique_ptr<Rule> start(const LearningSpec& learning, Network& network) const override {
        return std::make_unique<Backprop>(learning, network);
    }
    RuleMemory memory(const LearningSpec& learning, const Network& network,
                      const RuleWork& work) const override {
        return {.standing =
                    Moments::memory(network, *learning.optimizer) + BackpropPass::memory(network, work.batch),
                .of_batch = BackpropPass::batch_memory(network, work.batch, learning.dropout > 0.0),
                .of_thread = BackpropPass::scratch_memory(network, work.batch)};
    }
};

}  // namespace

std::unique_ptr<LearningRule> make_rule_backprop(Options&, const Context&) {
    return std::make_unique<BackpropKind>();
}

}  // namespace snnff

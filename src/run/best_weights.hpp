#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "snnff/checkpoint.hpp"
#include "snnff/network.hpp"
#include "snnff/plan_spec.hpp"

namespace snnff {

/// Remembers the weights with the lowest validation error, where the plan keeps them, and how long ago that
/// was. The test set has no part in it.
class BestWeights {
  public:
    explicit BestWeights(const PlanSpec& plan) : keeps_(plan.keep_best), patience_(plan.patience) {}

    /// Bytes of what it remembers.
    static std::size_t memory(const Network& network, const PlanSpec& plan) {
        std::size_t floats = 0;
        for (const Population& population : network.populations) floats += population.n_floats();
        return plan.keep_best ? floats * sizeof(float) : 0;
    }
    /// To be told after each epoch; NaN where nothing was measured.
    void note(std::int64_t epoch, double validation_error, const Network& network) {
        if (std::isnan(validation_error)) return;
        ++n_measurements_since_;
        if (!(validation_error < lowest_)) return;
        lowest_ = validation_error;
        n_measurements_since_ = 0;
        if (!keeps_) return;
        kept_ = network.populations;
        kept_epoch_ = epoch;
    }
    std::int64_t kept_epoch() const { return kept_epoch_; }  ///< -1 before there is one
    bool out_of_patience() const { return patience_ > 0 && n_measurements_since_ >= patience_; }
    /// The weights that are kept; where none are, the network stays as it is.
    void restore(Network& network) const {
        if (!keeps_) return;
        for (std::size_t k = 0; k < kept_.size(); ++k) {
            Population& population = network.populations[k];
            for (std::size_t e = 0; e < population.edges.size(); ++e)
                population.edges[e].weight = kept_[k].edges[e].weight;
            population.bias = kept_[k].bias;
        }
    }

    void show(State& state, const Network& network) {
        const State::Section section(state, "best_weights");
        state.show("lowest_validation_error", lowest_);
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() - 1;
        state.show("n_measurements_since", n_measurements_since_, 0, most);
        state.show("kept_epoch", kept_epoch_, -1, most);
        if (state.restoring() && kept_epoch_ >= 0) kept_ = network.populations;
        for (Population& population : kept_) {
            for (std::size_t e = 0; e < population.edges.size(); ++e)
                state.show(name_of_edge("weight_" + population.name, e), population.edges[e].weight);
            state.show("bias_" + population.name, std::span<float>(population.bias));
        }
    }

  private:
    bool keeps_;
    std::int64_t patience_;
    double lowest_ = std::numeric_limits<double>::infinity();
    std::int64_t n_measurements_since_ = 0, kept_epoch_ = -1;
    std::vector<Population> kept_;
};

}  // namespace snnff

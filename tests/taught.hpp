#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rules/backprop_pass.hpp"

/// A batch that has been through back-propagation once: its loss, gradients and rates.
class Taught {
  public:
    Taught(const snnff::Network& network, const snnff::Variant& input, std::span<const std::int32_t> label,
           const snnff::Dropout* dropout = nullptr, std::size_t budget = snnff::stored_steps_budget)
        : network_(network), batch_(network), pass_(network, budget) {
        batch_.present(0, {input}, label.size());
        loss = pass_.run(batch_, label, dropout);
    }
    Taught(const snnff::Network& network, std::unique_ptr<const snnff::StepSource> input,
           std::span<const std::int32_t> label, std::size_t budget = snnff::stored_steps_budget)
        : network_(network), batch_(network), pass_(network, budget) {
        batch_.present(std::move(input), label.size());
        loss = pass_.run(batch_, label, nullptr);
    }

    double loss = 0.0;
    /// [unit x input]
    snnff::Matrix weight(std::size_t k) const {
        const snnff::Population& population = network_.populations[k];
        snnff::Matrix weight(population.n_units(), population.n_inputs());
        snnff::write_weights(pass_.gradient(k), weight);
        return weight;
    }
    /// [unit]
    std::span<const double> bias(std::size_t k) const {
        return pass_.gradient(k).bias().first(network_.populations[k].n_units());
    }
    const std::vector<double>& rate(std::size_t k) const { return batch_.activity(k).rate.front(); }

  private:
    const snnff::Network& network_;
    snnff::Batch batch_;
    snnff::BackpropPass pass_;
};

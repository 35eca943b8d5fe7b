#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/activity.hpp"
#include "engine/gradient.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/learning.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// The optimiser's memory of one population; moments it does not keep are empty.
struct Moments {
    Moments(const Population& population, const Optimizer& optimizer);
    static std::size_t memory(const Population& population, const Optimizer& optimizer) noexcept;
    static std::size_t memory(const Network& network, const Optimizer& optimizer) noexcept;  ///< of all
    std::int64_t n_updates = 0;
    std::vector<std::array<Panels, 2>> weight;  ///< [edge][moment]
    AlignedVector<float> bias[2];
};

/// Shows the moments of every population of a network.
void show(State& state, const Network& network, std::span<Moments> moments);

/// One step of the optimiser on all edges: each task computes the gradient of a tile of weights and applies
/// it while it is in cache. A weight has one writer, and its sum over samples one order.
void apply_update(const Optimizer& optimizer, const Optimizer::Step& step, const Gradient& gradient,
                  Population& population, Moments& moments);
/// Frobenius norm of a population's weights.
double weight_norm(const Population& population);
/// Bytes that a thread holds for apply_update(), where a gradient is the sum of `n_blocks` chains.
std::size_t update_scratch(std::size_t n_blocks) noexcept;

}  // namespace snnff

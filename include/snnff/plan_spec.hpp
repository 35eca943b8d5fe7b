#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// In which order populations learn.
enum class PlanOrder {
    simultaneous,    ///< every population on every batch
    layer_by_layer,  ///< all epochs of the first population, then all of the next
    per_batch,       ///< on each batch, `updates_per_batch` of the first population, then of the next
};
inline constexpr std::string_view plan_order_names[] = {"simultaneous", "layer_by_layer", "per_batch"};

/// For how long populations learn, and on what at a time.
struct PlanSpec {
    PlanOrder order = PlanOrder::simultaneous;
    std::int64_t epochs = 1;    ///< of each population
    std::int64_t episodes = 1;  ///< how often the whole plan is gone through
    std::int64_t updates_per_batch = 1;
    std::size_t batch_size = 100;  ///< 0: all samples in one batch
    bool shuffle = true;
    bool separate_phases = false;    ///< positives and negatives in updates of their own
    std::int64_t phase_updates = 0;  ///< updates on the one before as many on the other; 0: a whole epoch
    bool keep_best = false;          ///< end with the weights of the epoch with the lowest validation error
    /// Measurements without a lower validation error before training ends; 0: never.
    std::int64_t patience = 0;

    /// Epochs of all `n_populations` together, of which layer_by_layer trains one at a time.
    std::int64_t n_epochs(std::size_t n_populations) const noexcept {
        const bool one_by_one = order == PlanOrder::layer_by_layer;
        return epochs * episodes * (one_by_one ? static_cast<std::int64_t>(n_populations) : 1);
    }
};

}  // namespace snnff

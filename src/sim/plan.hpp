#pragma once

#include <cstdint>
#include <vector>

#include "snnff/model_spec.hpp"

namespace snnff {

/// A stretch of training in which the same populations learn in the same way.
struct Stage {
    std::vector<std::size_t> learning;  ///< populations, from the input upwards
    std::int64_t epochs = 1;
    std::int64_t updates_per_batch = 1;
    /// Whether the next population sees what a population answers after its updates on the batch
    /// (else what it answered in the last forward pass before).
    bool output_after_update = false;
    bool begins_episode = false;  ///< an episode after the first
};

/// The stages of a run, one after the other.
std::vector<Stage> make_plan(const PlanSpec& plan, std::size_t n_populations);

/// Which of a batch's samples an update looks at.
enum class Side { both, positives, negatives };

/// The side of a stage's `batch`-th batch, counted from 0 through its epochs of `n_batches` each: under
/// separated phases positives come first, then as many updates on negatives, and so on.
Side side_of(const PlanSpec& plan, std::size_t n_batches, std::uint64_t batch);

}  // namespace snnff

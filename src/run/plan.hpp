#pragma once

#include <cstdint>
#include <vector>

#include "rules/stage.hpp"
#include "snnff/model_spec.hpp"

namespace snnff {

/// The stages of a run, one after the other.
std::vector<Stage> make_plan(const PlanSpec& plan, std::size_t n_populations);

/// Which of a batch's samples an update looks at.
enum class Side { both, positives, negatives };

/// The side of a stage's `batch`-th batch, counted from 0 through its epochs of `n_batches` each: under
/// separated phases positives come first, then as many updates on negatives, and so on.
Side side_of(const PlanSpec& plan, std::size_t n_batches, std::uint64_t batch);

}  // namespace snnff

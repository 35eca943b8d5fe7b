#pragma once

#include "engine/activity.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// What is wrong with the means of a population's epoch, as flags of Trouble.
std::uint8_t troubles(const PopulationEpoch& means, const Population& population);

/// An update, counted from 0.
struct UpdateAt {
    std::int64_t epoch;
    std::size_t batch;
};

/// For a loss that was not finite: throws RunError, unless the model wants the update made, or left out and
/// the weights are sound, so that the next one can be better.
void stop_where_diverged(const Population& population, const Activity& activity, OnDivergence on_divergence,
                         UpdateAt at);

/// Throws RunError for the first trouble of the epoch.
void stop_where_troubled(const EpochReport& report, const Network& network);

}  // namespace snnff

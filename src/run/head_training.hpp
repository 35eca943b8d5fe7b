#pragma once

#include <cstddef>

#include "snnff/model_spec.hpp"
#include "snnff/network.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// Trains a new read-out for the network as it is, on samples without a label (neutral where labels are
/// written into them), and makes it the network's. Returns whether it got to the end: once it shall stop
/// the network keeps none. `observer`, where given, hears of every batch which part is done, and its loss.
/// Throws RunError when the loss stops being finite.
bool train_head(const ModelSpec& model, Network& network, const Dataset& train, const ShallStop& shall_stop,
                Observer* observer = nullptr);

/// Bytes train_head() will hold at its peak, threads' own apart; 0 without a read-out.
std::size_t readout_memory(const Experiment& experiment);

}  // namespace snnff

#pragma once

#include "snnff/training.hpp"

namespace snnff {

/// evaluate(), whatever the model says of what predicts: for rankings of labels, which go by goodness.
Evaluation evaluate_by(PredictBy by, const Network& network, const ModelSpec& model, const Dataset& dataset,
                       std::size_t limit = 0);

}  // namespace snnff

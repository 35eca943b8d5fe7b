#pragma once

#include "snnff/training.hpp"

namespace snnff {

/// evaluate(), whatever the model says of what predicts: for rankings of labels, which go by goodness.
Evaluation evaluate_by(PredictBy by, const Network& network, const ModelSpec& model, const Dataset& dataset,
                       std::size_t limit = 0);

/// Bytes that it holds for as many samples, the result included, and that a thread holds meanwhile.
struct EvaluationMemory {
    std::size_t shared = 0, of_thread = 0;
};
EvaluationMemory evaluation_memory(PredictBy by, const Network& network, const ModelSpec& model,
                                   const Dataset& dataset, std::size_t limit = 0);

}  // namespace snnff

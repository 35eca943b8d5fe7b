#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/batch.hpp"
#include "sim/plan.hpp"
#include "sim/presentations.hpp"
#include "snnff/model_spec.hpp"

namespace snnff {

/// The populations below the first one that learns in a stage. While they rest, what they answer to
/// presentations that stay the same is computed once and kept, memory allowing.
class FrozenLayers {
  public:
    FrozenLayers(const Network& network, const ModelSpec& model, std::size_t first_learning,
                 Presentations& presentations);

    /// Presents samples, as positives, negatives or both, and takes them up to the first population that
    /// learns. `dropout`, where given, is for the input of that population.
    void enter(std::span<const std::uint32_t> samples, Side side, const Dropout* dropout, Batch& batch);

  private:
    void climb(Batch& batch) const;
    const ModelSpec& model_;
    std::size_t first_learning_;
    Presentations& presentations_;
    std::vector<Matrix> kept_;      // [variant] normalised output of the last resting population, all samples
    std::vector<Matrix> gathered_;  // its rows for the current batch
    Matrix images_;
};

}  // namespace snnff

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/presentations.hpp"
#include "engine/batch.hpp"
#include "run/plan.hpp"

namespace snnff {

/// The sections below that of the first population that learns in a stage. While they rest, what they answer
/// to presentations that stay the same is computed once and kept, memory allowing.
class FrozenLayers {
  public:
    FrozenLayers(const Network& network, std::size_t first_learning, Presentations& presentations);

    /// Inputs of one batch, which look into it as long as the batch is on its way.
    struct Memory {
        Matrix images;
        std::vector<Matrix> gathered;  // rows of kept outputs
    };
    /// Presents samples, as positives, negatives or both, and takes them up to the section that learns first.
    /// `dropout`, where given, is for the input of that population.
    void present(std::span<const std::uint32_t> samples, Side side, const Dropout* dropout, Memory& memory,
                 Batch& batch);

    /// Bytes of what is kept, of what is held besides while it is computed, and of what a variant of a sample
    /// of a batch takes of it; 0 where nothing is kept: then batches climb through so many populations.
    struct Held {
        std::size_t kept = 0, meanwhile = 0, of_variant = 0, n_climbed = 0;
    };
    static Held memory(const Network& network, std::size_t first_learning, const DataSpec& data,
                       std::size_t n_samples);

  private:
    void climb(Batch& batch) const;
    /// Kept outputs, normalised but for the gain, of `samples` in the rows, as variants with their gains; the
    /// first is variant `first_variant` of what is kept.
    std::vector<Variant> inputs_of_kept(std::span<Matrix> outputs, std::span<const std::uint32_t> samples,
                                        std::size_t first_variant) const;
    const Network& network_;
    std::size_t first_learning_, entry_;  // the first population of its section
    Presentations& presentations_;
    std::vector<Matrix> kept_;                // [variant] output of the last resting section, all samples,
                                              // replaced where the next one's normalisation does so
    std::vector<AlignedVector<float>> gain_;  // [variant][sample] that normalises it
};

}  // namespace snnff

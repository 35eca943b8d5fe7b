#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "snnff/learning.hpp"

namespace snnff {

/// A loss that tells samples under right labels from such under wrong ones, or real samples from others.
class LossOfPairs : public Loss {
  public:
    Takes takes() const noexcept final { return Takes::pairs; }
    bool should_be_high(bool positive_variant, std::size_t /*score*/,
                        std::int32_t /*label*/) const noexcept final {
        return positive_variant;
    }
    /// The goodness under each label.
    void add_evidence(const Scores& scores, std::span<double> by_label) const noexcept final {
        const std::size_t n_labels = scores.n_variants();
        for (std::size_t v = 0; v < n_labels; ++v) {
            for (std::size_t s = 0; s < scores.n_samples(); ++s)
                by_label[s * n_labels + v] += scores.of_variant[v][s];
        }
    }
};

}  // namespace snnff

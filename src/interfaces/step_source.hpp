#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "snnff/matrix.hpp"

namespace snnff {

/// An input that varies from step to step: encoded samples, event data, the spikes of the population below.
///
/// Variants that differ in few inputs share a base, as under a constant drive:
///   input of sample s in a step = gain[s] · (base with the changed inputs, 0 in it, replaced)
class StepSource {
  public:
    virtual ~StepSource() = default;
    virtual std::size_t n_variants() const noexcept = 0;
    virtual std::size_t n_bases() const noexcept = 0;
    virtual std::size_t base_of(std::size_t variant) const noexcept = 0;
    /// Inputs in which variants differ from their base, in rising order, none of them twice.
    virtual std::span<const std::uint32_t> changing_inputs() const noexcept { return {}; }
    /// [sample]; empty: 1 for all.
    virtual std::span<const float> gain(std::size_t /*variant*/) const noexcept { return {}; }
    /// Whether inputs are 0 but for spikes, so that only those cost an operation.
    virtual bool spiking() const noexcept = 0;

    /// One input of a variant that is not what its base says.
    struct Change {
        std::uint32_t row;     ///< step·count + sample
        std::uint32_t column;  ///< index into changing_inputs()
        float value;
    };
    /// A block of samples on its way through the steps.
    class Steps {
      public:
        virtual ~Steps() = default;
        /// The next steps of each base, [step·count + sample, input]; all have the same shape.
        virtual void next(std::span<const MatrixView> bases) = 0;
        /// What a variant changes in those steps, other than to 0; valid until the next call of next().
        virtual std::span<const Change> changes(std::size_t /*variant*/) const { return {}; }
    };
    /// Samples [first, first + count) of all variants, from the first step on.
    virtual std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const = 0;
    /// The same in place of `steps`, whose memory is used again where they are of a source of this kind.
    virtual void reopen(std::unique_ptr<Steps>& steps, std::size_t first, std::size_t count) const {
        steps = open(first, count);
    }
};

}  // namespace snnff

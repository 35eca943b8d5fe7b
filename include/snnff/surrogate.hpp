#pragma once

#include <span>
#include <string_view>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// What stands in for the derivative of a spike by the membrane, dS/dU, which is 0 or infinite. Immutable;
/// one object serves all threads.
///
/// The program's own (src/neuron/surrogate.cpp) are known to the kernels of LIF units, which take them into
/// their loop over the steps. Any other is asked step by step.
class Surrogate {
  public:
    virtual ~Surrogate() = default;
    virtual std::string_view kind() const noexcept = 0;
    /// slope[i] = dS/dU where z[i] = U − threshold. Both have the same length, and may be the same memory. An
    /// element depends on no other. Does not throw.
    virtual void slopes(std::span<const float> z, std::span<float> slope) const noexcept = 0;
};

}  // namespace snnff

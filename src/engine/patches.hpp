#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/gradient.hpp"
#include "engine/steady.hpp"

namespace snnff {

/// Responses of a population whose units look at their inputs from several places (see Projection), under a
/// current that stays constant. The numbers are those of forward_constant(), with a chain for each place.
void forward_patches(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                     std::size_t n_samples, const ForwardRequest& request, Activity& activity);

/// Its gradient:
///
///   q[place, u] = Σ over positions pooled from the place of c·signal[u, position]
///   dW[u, k] = Σ over variants, samples and places of (gain·q)·seen[place, k]     chains of fma over 256 of
///   these
///                                                      rows, added as a binary counter (GradientSum)
///   dbias[u] = Σ double(q)
///
/// with c = d loss/d score of the unit's group, [variant][sample·n_groups + group].
class PatchGradient final : public Gradient {
  public:
    PatchGradient(const Population& population, std::span<const Variant> variants, const Activity& activity,
                  std::span<const std::vector<double>> slope, GradientSum& sum);
    /// Bytes that it holds, with its GradientSum.
    static std::size_t memory(const Population& population, std::size_t n_variants, std::size_t n_samples);
    void weights(const WeightTile& tile, float* out) const override { sum_.weights(tile, out); }
    std::span<const double> bias() const noexcept override { return sum_.bias(); }

  private:
    GradientSum& sum_;
};

/// Calls `use` with the gradient of a population under a constant current.
template <class Use>
void with_constant_gradient(const Population& population, std::span<const Variant> variants,
                            const Activity& activity, std::span<const std::vector<double>> slope,
                            ConstantGradient::Memory& memory, GradientSum& sum, const Use& use) {
    if (population.below().projection->dense()) {
        use(ConstantGradient(population, variants, activity.signal, slope, memory));
    } else {
        use(PatchGradient(population, variants, activity, slope, sum));
    }
}

}  // namespace snnff

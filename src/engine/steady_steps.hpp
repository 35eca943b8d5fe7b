#pragma once

#include <cstddef>
#include <vector>

#include "engine/steady.hpp"

namespace snnff {

/// A population under a constant current whose steps are taken one by one, because the next one receives its
/// train or somebody watches. Readings and slopes are those of Steady, with the same bits.
class SteadySteps {
  public:
    /// Kept from wave to wave.
    struct Memory {
        std::vector<Matrix> current;             // [variant]: [sample x 16·panels]
        std::vector<SteppedResponse> responses;  // [tile][variant]
        // [variant]: [sample·steps + step x 16·panels], for the way back; carry and charge where a neuron's
        // are not fixed.
        std::vector<Matrix> psi, carry, charge;
    };
    SteadySteps(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                Range samples, const ForwardRequest& request, Activity& activity, Memory& memory);

    /// The next steps, in order.
    void advance(Range steps);
    /// After the last: readings, goodness and rates are in the activity.
    void end();
    /// Where slopes of what is sent were asked for: from d loss/d train, [variant]: [sample·steps + step x
    /// unit], to d loss/d current, the activity's signal: summed from the last step to the first.
    void backward(std::span<const ConstMatrixView> by_sent);
    /// Bytes of Memory for a wave.
    static std::size_t memory(const Population& population, const TimeGrid& time, std::size_t n_variants,
                              std::size_t n_samples, const ForwardRequest& request) noexcept;

  private:
    SteppedResponse::Kept kept(const Tile& tile, std::size_t variant, std::size_t step) const;
    template <class Body>
    void for_tiles(const Body& body) const;

    const Population& population_;
    const TimeGrid& time_;
    std::span<const Variant> variants_;
    Range samples_;
    const ForwardRequest& request_;
    Activity& activity_;
    Memory& memory_;
    Steady steady_;
    bool adds_up_;  ///< what the steps left; else respond() gives readings and slopes
};

}  // namespace snnff

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/activity.hpp"
#include "sim/steps.hpp"

namespace snnff {

/// Forward and backward through the steps for a population that spike trains drive, for a wave: as
/// many samples as the memory budget allows, so that memory does not grow with the number of steps
/// beyond what one block of samples takes.
class TrainPass {
  public:
    /// Samples per wave that keep the stored steps within `budget_bytes` (at least one).
    static std::size_t wave_size(const Population& population, const TimeGrid& time, std::size_t n_variants,
                                 std::size_t budget_bytes);

    TrainPass(const Population& population, const TimeGrid& time, const Drive& drive);

    /// Samples [first, first + n). Writes goodness and rate of the wave's samples to [0, n) of
    /// `activity`, its output (where asked for) to rows [first, first + n).
    void forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity);

    /// d loss/d goodness, [variant][sample of the wave]; turns what is stored into d loss/d current.
    void backward(std::span<const std::vector<double>> slope);

    /// Adds the gradient of weight rows [first_row, first_row + gradient.rows()) to `gradient` and `bias`.
    void add_gradient(std::size_t first_row, MatrixView gradient, std::span<double> bias) const;

  private:
    struct Block {
        std::size_t variant, first, count;  // samples of the wave
        Matrix incoming;                    // [step·count + sample, input]
        Matrix psi, carry, drive;           // [step·count + sample, unit]; psi becomes d loss/d current
        Matrix goodness_slope;              // [sample, unit]: dG/d response
    };
    const Population& population_;
    const TimeGrid& time_;
    std::size_t n_variants_;
    SteppedBlock stepped_;
    std::vector<Block> blocks_;
};

}  // namespace snnff

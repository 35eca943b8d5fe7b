#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/activity.hpp"
#include "sim/steps.hpp"

namespace snnff {

/// Forward and backward through the steps for a population whose input varies. What a backward pass needs of
/// the steps is kept for a wave: as many samples as the memory budget allows, so that memory does not grow
/// with the number of steps beyond what one sample takes. Without a backward pass nothing is kept.
class TrainPass {
  public:
    /// Samples per wave that keep the stored steps within `budget_bytes` (at least one).
    static std::size_t wave_size(const Population& population, const TimeGrid& time, const Drive& drive,
                                 std::size_t budget_bytes);

    /// What is kept of a wave, to be handed from pass to pass: memory that has its size already is used
    /// again.
    class Memory {
        friend class TrainPass;
        /// A few samples of the wave, under one variant.
        struct Kept {
            Matrix psi;             // [step·count + sample, unit, whole lines]; becomes d loss/d current
            Matrix carry, drive;    // [step·count + sample, unit]; empty where they are fixed
            Matrix goodness_slope;  // [sample, unit]: dG/d response
            std::vector<StepSource::Change> changes;  // rows counted through all steps
        };
        struct Block {
            std::size_t first = 0, count = 0;  // samples of the wave
            std::vector<Matrix> incoming;  // [base]: [step·count + sample, input]; empty where spikes serve
            std::vector<SparseRows> spikes;  // [base]: [input, step·count + sample] where it is made of them
            std::vector<Kept> variants;
        };
        std::vector<Block> blocks;
    };

    TrainPass(const Population& population, const TimeGrid& time, const Drive& drive, Memory& memory);

    /// Samples [first, first + n). Writes goodness, rate and spikes received of the wave's samples to [0, n)
    /// of `activity`, its output (where asked for) to rows [first, first + n).
    void forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity);

    /// d loss/d goodness, [variant][sample of the wave]; turns what is stored into d loss/d current.
    void backward(std::span<const std::vector<double>> slope);

    /// Adds the gradient of weight rows [first_row, first_row + gradient.rows()) to `gradient` and `bias`.
    void add_gradient(std::size_t first_row, MatrixView gradient, std::span<double> bias) const;

  private:
    using Kept = Memory::Kept;
    using Block = Memory::Block;
    void score(Block& block, std::span<const ReadoutSums> sums, ForwardRequest request,
               Activity& activity) const;
    void keep_inputs(Block& block, const SteppedBlock::Input& input) const;
    std::size_t variant_of(std::size_t base) const;  // the first
    /// Adds the product of a block's inputs and signals [step·count + sample, row of the gradient]: to
    /// `gradient` [unit, input] where inputs are dense, else to `by_input` [input, unit].
    void add_product(const Block& block, std::size_t base, ConstMatrixView signal, MatrixView gradient,
                     MatrixView by_input) const;
    /// Adds what one variant gives to `sum` [step·count + sample, row of the gradient], which its base
    /// multiplies, and to the columns of the inputs that it changes.
    void add_signal(const Block& block, std::size_t variant, std::size_t first_row, MatrixView sum,
                    std::span<double> bias, MatrixView changed) const;
    void count_spikes(const Block& block, const SteppedBlock::Input& input, Activity& activity) const;

    const Population& population_;
    const TimeGrid& time_;
    const StepSource& source_;
    SteppedPopulation stepped_;
    std::size_t first_of_wave_ = 0;
    std::vector<std::size_t> n_sharing_;  // [base] variants
    std::vector<Block>& blocks_;
};

}  // namespace snnff

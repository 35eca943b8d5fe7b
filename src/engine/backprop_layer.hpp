#pragma once

#include <cstddef>
#include <vector>

#include "core/dropout.hpp"
#include "engine/gradient.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Consecutive samples of a wave: the share of one task.
struct SampleBlock {
    std::size_t first, count;       ///< in the wave
    std::size_t first_of_wave = 0;  ///< in the batch
};

/// One population under back-propagation, and what it leaves behind of a wave for the way back. With x the
/// input as it was sent, m what dropout multiplies it by and g the gain that normalises it:
///
///   I = g·((m·x)·Wᵀ + changes) + b     r, r' = neuron(I)
///   δ_I = δ_r · r'     ∂W = (g·δ_I)ᵀ·(m·x)     δ = m·(δ_I·W)     δ_x = g·δ − (g²/length·(δ·x))·x
///
/// where `length` is what stands in g's denominator. δ_I·W is summed over blocks of 64 units, each a chain
/// from +0 over units ascending, blocks in order.
///
/// Under a constant current, and with one number per unit to pass on, the slope r' is carried forward and no
/// step is stored. Where a train comes in or goes out, the steps are, and δ is walked back through them.
/// Rows of matrices are samples; of trains, the steps of a block's samples, block after block.
class BackpropLayer {
  public:
    /// `index` counts from the first, whose input comes with its gain. `by_steps`: whether there is an input
    /// for every step, as from the spikes of the population below.
    BackpropLayer(const Population& population, std::size_t index, const TimeGrid& time, bool by_steps);

    /// Starts a batch with the weights as they are.
    void begin_batch();
    /// Makes room for a wave that is worked on in blocks of `block` samples. Inputs are left out where
    /// `dropout` is given.
    void begin_wave(std::size_t n_samples, std::size_t block, const Dropout* dropout);
    /// Where the population below, or whoever loads the first one's, writes the block's input.
    MatrixView input(const SampleBlock& block);
    /// What a block's rows change in it, and the gains of its samples (1 at first), for who loads the first
    /// one's.
    RowChanges& changes(const SampleBlock& block) { return changes_[block.first / block_]; }
    std::span<float> gain(const SampleBlock& block) {
        return std::span(gain_).subspan(block.first, block.count);
    }
    /// From that input to the output, [sample x unit] or a train, and the block's rates (by sample of the
    /// batch). May be called for several blocks at once, as may backward().
    void forward(const SampleBlock& block, MatrixView output, std::vector<double>& rate);
    /// From d loss/d output to d loss/d input, in the shape of input(block); not wanted where empty.
    void backward(const SampleBlock& block, ConstMatrixView arriving, MatrixView passed_on);
    /// Adds the wave's share to the batch's gradient, on all threads.
    void add_gradient();
    const GradientSum& gradient() const noexcept { return gradient_; }

    const Population& population() const noexcept { return population_; }
    /// Bytes that it holds for a batch of `n_samples` in waves of `wave`, worked on in blocks of `block`.
    std::size_t memory(std::size_t n_samples, std::size_t wave, std::size_t block,
                       bool thins_out) const noexcept;
    /// Bytes that a thread holds for a block.
    std::size_t scratch_memory(std::size_t block) const noexcept;
    /// Floats that a wave stores per sample.
    std::size_t stored_per_sample() const noexcept;
    bool stores_steps() const noexcept { return by_train_ || population_.output == Readout::spikes; }

  private:
    std::size_t rows_per_sample() const noexcept { return by_train_ ? n_steps_ : 1; }
    bool normalises() const noexcept { return index_ > 0 && population_.normalisation->scales(); }
    bool thins_out() const noexcept { return index_ > 0 && !by_train_ && dropout_ != nullptr; }
    MatrixView rows(Matrix& matrix, const SampleBlock& block, std::size_t rows_per_sample) const;
    /// The same, of a matrix whose rows are whole lines.
    MatrixView units(Matrix& matrix, const SampleBlock& block, std::size_t rows_per_sample) const {
        return rows(matrix, block, rows_per_sample).columns(0, population_.n_units());
    }
    void prepare(const SampleBlock& block);
    void currents(const SampleBlock& block, MatrixView out);
    void respond(const SampleBlock& block, ConstMatrixView current, MatrixView output,
                 std::vector<double>& rate);
    void run_steps(const SampleBlock& block, ConstMatrixView current, MatrixView output,
                   std::vector<double>& rate);
    void hand_on(ConstMatrixView signal, MatrixView out) const;
    void unprepare(const SampleBlock& block, MatrixView slope);

    const Population& population_;
    std::size_t index_;
    const TimeGrid& time_;
    std::size_t n_steps_, n_samples_ = 0, block_ = 1;
    bool by_train_;
    const Dropout* dropout_ = nullptr;
    Panels by_input_;             // [input x unit]: the weights for the way back
    Matrix input_;                // [row x input] as it is multiplied
    Matrix sent_;                 // [sample x input] before some was left out, where both are done
    std::vector<float> gain_;     // [sample]
    std::vector<double> length_;  // [sample] d gain/d x = −gain²/length·x; 0: no direction is steeper
    std::vector<RowChanges> changes_;  // [block]
    Matrix slope_;                     // [sample x unit] dr/dI, where no steps are stored
    Matrix psi_, carry_, drive_;       // [row of steps x unit]
    Matrix signal_;                    // [sample x unit] d loss/d current; of a train, psi_ takes it
    GradientSum gradient_;
};

}  // namespace snnff

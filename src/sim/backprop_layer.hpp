#pragma once

#include <cstddef>
#include <vector>

#include "sim/dropout.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Consecutive samples of a wave: the share of one task.
struct SampleBlock {
    std::size_t first, count;       ///< in the wave
    std::size_t first_of_wave = 0;  ///< in the batch
};

/// One population under back-propagation, and what it leaves behind of a wave for the way back:
///
///   x̂ = normalise(x)      I = x̂·Wᵀ + b     r, r' = neuron(I)
///   δ_I = δ_r · r'        ∂W = δ_Iᵀ·x̂      δ_x̂ = δ_I·W
///
/// Under a constant current, and with one number per unit to pass on, the slope r' is carried forward and no
/// step is stored. Where a train comes in or goes out, the steps are, and δ is walked back through them.
/// Rows of matrices are samples; of trains, the steps of a block's samples, block after block.
class BackpropLayer {
  public:
    /// All of one population's parameters.
    struct Gradient {
        Matrix weight;             ///< [unit x input]
        std::vector<double> bias;  ///< [unit]
    };

    /// `index` counts from the first, whose inputs come as they are to be multiplied. `by_steps`: whether
    /// there is an input for every step, as from the spikes of the population below.
    BackpropLayer(const Population& population, std::size_t index, const TimeGrid& time, bool by_steps);

    /// Makes room for a wave. Inputs are left out where `dropout` is given.
    void begin_wave(std::size_t n_samples, const Dropout* dropout);
    /// Where the population below, or whoever loads the first one's, writes the block's input.
    MatrixView input(const SampleBlock& block);
    /// From that input to the output, [sample x unit] or a train, and the block's rates (by sample of the
    /// batch). May be called for several blocks at once, as may backward().
    void forward(const SampleBlock& block, MatrixView output, std::vector<double>& rate);
    /// From d loss/d output to d loss/d input, in the shape of input(block); not wanted where empty.
    void backward(const SampleBlock& block, ConstMatrixView arriving, MatrixView passed_on);
    /// The wave's share of the gradient, on all threads: replaces what is there, or is added to it.
    void gradient(Gradient& gradient, bool add) const;

    const Population& population() const noexcept { return population_; }
    /// Floats that a wave stores per sample.
    std::size_t stored_per_sample() const noexcept;
    bool stores_steps() const noexcept { return by_train_ || population_.output == Readout::spikes; }

  private:
    std::size_t rows_per_sample() const noexcept { return by_train_ ? n_steps_ : 1; }
    bool normalises() const noexcept {
        return index_ > 0 && population_.normalisation != Normalisation::none;
    }
    bool thins_out() const noexcept { return index_ > 0 && !by_train_ && dropout_ != nullptr; }
    MatrixView rows(Matrix& matrix, const SampleBlock& block, std::size_t rows_per_sample) const;
    void prepare(const SampleBlock& block);
    void respond(const SampleBlock& block, ConstMatrixView current, MatrixView output,
                 std::vector<double>& rate);
    void run_steps(const SampleBlock& block, ConstMatrixView current, MatrixView output,
                   std::vector<double>& rate);
    void unprepare(const SampleBlock& block, MatrixView slope);
    const Matrix& signal() const noexcept { return by_train_ ? psi_ : signal_; }

    const Population& population_;
    std::size_t index_;
    const TimeGrid& time_;
    std::size_t n_steps_;
    bool by_train_;
    const Dropout* dropout_ = nullptr;
    Matrix input_;       // [row x input] as it is multiplied
    Matrix normalised_;  // [sample x input] before some was left out, where both are done
    struct Scaling {
        double gain;  // x̂ = gain·x
        double pull;  // d gain/d x = −gain·pull·x̂
    };
    std::vector<Scaling> scaling_;  // [sample]
    Matrix slope_;                  // [sample x unit] dr/dI, where no steps are stored
    Matrix psi_, carry_, drive_;    // [row of steps x unit]
    Matrix signal_;                 // [sample x unit] d loss/d current; of a train, psi_ takes it
};

}  // namespace snnff

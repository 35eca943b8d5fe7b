#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/step_source.hpp"
#include "snnff/learning.hpp"
#include "snnff/matrix.hpp"
#include "snnff/network.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// What a population is driven by over one presentation: a current that stays constant (`variants` hold the
/// population's input), or an input that varies from step to step.
struct Drive {
    std::span<const Variant> variants;
    const StepSource* source = nullptr;  ///< set where the input varies

    bool constant() const noexcept { return source == nullptr; }
    std::size_t n_variants() const noexcept { return constant() ? variants.size() : source->n_variants(); }
};

/// What came of one population on a batch (or a wave of it), variant by variant.
struct Activity {
    std::vector<Matrix> output;  ///< [sample x unit] for the next population; empty unless asked for
    std::vector<std::vector<double>> goodness;  ///< [variant][sample]
    std::vector<std::vector<double>> rate;  ///< [variant][sample] spikes per unit and step; 0 without spikes
    /// [variant][sample] inputs other than 0, summed over steps, where the drive is made of spikes; else
    /// empty.
    std::vector<std::vector<double>> spikes_received;
    /// Under a constant drive: dG/d response · d response/d current, [sample x unit].
    std::vector<Matrix> signal;
    Matrix products;  ///< of Currents::multiply(), kept for its memory
};

/// A population's current under constant drive: gain · (base·Wᵀ + changes) + bias. The product of a
/// base is computed once for all variants that share it.
class Currents {
  public:
    /// Extracts the weight columns of the inputs in which variants differ.
    Currents(const Population& population, std::span<const Variant> variants);

    /// Computes the products of all bases at once, cut by units and not by samples: a part of the weights is
    /// then read and packed once, which is what counts where samples are few. Else blocks do it for
    /// themselves.
    void multiply(std::size_t n_samples, Matrix& products);

    /// For one block of samples; `product` and `out` [count x unit] are the caller's buffers. Ask for the
    /// variants in their order.
    class Block {
      public:
        Block(const Currents& currents, std::size_t first, std::size_t count, MatrixView product)
            : currents_(currents), first_(first), count_(count), product_(product) {}
        void compute(std::size_t variant, MatrixView out);

      private:
        void finish(const Variant& variant, ConstMatrixView products, MatrixView out) const;

        const Currents& currents_;
        std::size_t first_, count_;
        MatrixView product_;
        const float* multiplied_ = nullptr;  // the base whose product is in product_
    };

  private:
    const Population& population_;
    std::span<const Variant> variants_;
    Matrix columns_;                         // [input that changes x unit]
    std::vector<std::uint32_t> column_row_;  // row of columns_ for an input
    std::vector<std::size_t> product_of_;    // [variant] number of its base, once multiplied
    ConstMatrixView products_;               // [base·n_samples + sample x unit]
    std::size_t n_samples_ = 0;
};

/// What a forward pass is to leave behind.
struct ForwardRequest {
    const Goodness* goodness = nullptr;  ///< where wanted, of each sample
    bool signal = false;                 ///< its derivative too: the population learns
    bool output = false;                 ///< what the next population receives (not for output = spikes)
};

/// Responses of a population under constant drive, in blocks of samples. Resizes what it writes.
void forward_constant(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                      std::size_t n_samples, ForwardRequest request, Activity& activity);

/// Gives each of `n_variants` matrices this shape, keeping memory that has it already.
void shape(std::vector<Matrix>& matrices, std::size_t n_variants, std::size_t rows, std::size_t cols);

/// Normalises each matrix of responses in place and makes it a variant: the next population's input.
std::vector<Variant> as_input(std::span<Matrix> outputs, Normalisation normalisation);

}  // namespace snnff

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/activity.hpp"
#include "snnff/matrix.hpp"
#include "snnff/panels.hpp"

namespace snnff {

/// Units [16·first_panel, +16·n_panels) and inputs of a weight matrix.
struct WeightTile {
    std::size_t first_panel, n_panels, first_input, n_inputs;
};

/// The gradient of a population's weights and biases, tile by tile; tiles may be asked for on several threads.
class Gradient {
  public:
    virtual ~Gradient() = default;
    /// Writes the gradient of a tile, [panel][input x 16 units].
    virtual void weights(const WeightTile& tile, float* out) const = 0;
    /// d loss/d bias of the units of all panels, [unit].
    virtual std::span<const double> bias() const noexcept = 0;
};

/// Samples whose chain is one: longer batches are sums of such chains, added as a binary counter.
inline constexpr std::size_t samples_per_chain = 256;

/// Adds sums of blocks as a binary counter does: neighbours (0,1), (2,3), …, then those sums, an odd last one
/// carried up unchanged; the left term is the one of the lower index. Blocks come one after the other.
class BlockSums {
  public:
    /// Sums of `size` floats; memory that has its size already is used again.
    explicit BlockSums(std::size_t size);
    /// Where the next block's own sums are to be written.
    float* next();
    /// They are there.
    void add();
    /// The sum of all blocks; 0 without one. To `out`.
    void total(float* out);

  private:
    std::size_t size_, n_blocks_ = 0;
    AlignedVector<float>& levels_;  // [level x size], the lowest first; the block on its way is the last
};

/// Gradient under constant drive, from the signals of a forward pass and d loss/d goodness [variant][sample]:
///
///   q = Σ_v (c_v·gain_v)·signal_v        of a sample and a base, over the variants that share it, in order
///   dW[u, i] = Σ over samples of q·x      chains of fma(q, x, ·) over 256 samples, added as a binary counter
///                                         through the blocks of all bases
///
/// then, for inputs that variants change, one chain of fma((c_v·gain_v)·signal_v, value, ·) over samples and
/// their variants is added. dbias[u] = Σ double(c_v·signal_v), variants outermost.
class ConstantGradient final : public Gradient {
  public:
    /// What is kept from update to update.
    struct Memory {
        AlignedVector<float> weighed;  // [base][panel][sample x 16 units]
        AlignedVector<float> changed;  // [panel][changed input x 16 units]
        std::vector<double> bias;      // [16·n_panels]
        std::vector<float> slope;      // [variant][sample]
    };
    /// Weighs the signals, on all threads.
    ConstantGradient(std::size_t n_units, std::span<const Variant> variants, std::span<const Matrix> signal,
                     std::span<const std::vector<double>> slope, Memory& memory);

    void weights(const WeightTile& tile, float* out) const override;
    std::span<const double> bias() const noexcept override { return memory_.bias; }

  private:
    void weigh(std::size_t panel) const;
    const float* weighed(std::size_t base, std::size_t panel) const noexcept {
        return memory_.weighed.data() + (base * n_panels_ + panel) * n_samples_ * Panels::width;
    }

    std::span<const Variant> variants_;
    std::span<const Matrix> signal_;
    Memory& memory_;
    std::size_t n_panels_, n_samples_, n_bases_ = 0;
    std::uint32_t first_changed_ = 0, n_changed_ = 0;  // inputs that variants change are within
};

/// Adds chains of up to 256 rows to a tile: out[u, i] = Σ fma(signal[row, u], x[row, i], ·), from +0, where
/// `signal` is [panel][row x 16 units], panels `signal_stride` floats apart, and `out` [panel][input x 16 units].
void gradient_chains(ConstMatrixView x, const float* signal, std::size_t signal_stride, const WeightTile& tile,
                     float* out);

}  // namespace snnff

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/activity.hpp"
#include "snnff/matrix.hpp"
#include "snnff/panels.hpp"

namespace snnff {

/// Units [16·first_panel, +16·n_panels) and inputs of the weights of one edge of a population.
struct WeightTile {
    std::size_t first_panel, n_panels, first_input, n_inputs;
    std::size_t edge = 0;
};

/// The gradient of a population's weights and biases, tile by tile; tiles may be asked for on several
/// threads.
class Gradient {
  public:
    virtual ~Gradient() = default;
    /// Writes the gradient of a tile, [panel][input x 16 units].
    virtual void weights(const WeightTile& tile, float* out) const = 0;
    /// d loss/d bias of the units of all panels, [unit].
    virtual std::span<const double> bias() const noexcept = 0;
};

/// All of a gradient's weights of an edge, to [unit x input].
void write_weights(const Gradient& gradient, MatrixView weight, std::size_t edge = 0);

/// Units and inputs of the tiles that a gradient is computed in: 64 units and up to 114 inputs, so that
/// gradient, weights and two moments, 29 KB each, stay in the second-level cache; products take 6 inputs at a
/// time.
inline constexpr std::size_t panels_per_weight_tile = 4, most_inputs_per_weight_tile = 114;
std::size_t inputs_per_weight_tile(std::size_t n_inputs) noexcept;

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

    /// Bytes of a thread's memory for sums of `n_blocks` blocks.
    static std::size_t memory(std::size_t size, std::size_t n_blocks) noexcept;

  private:
    std::size_t size_, n_blocks_ = 0;
    AlignedVector<float>& levels_;  // [level x size], the lowest first; the block on its way is the last
};

/// Gradient under constant drive, from the signals of a forward pass and c = d loss/d score of each unit's
/// group, [variant][sample·n_groups + group]:
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
        AlignedVector<float> inputs;   // [base][tile of inputs][sample x input], where they are many
        std::vector<double> bias;      // [16·n_panels]
        std::vector<float> slope;      // [variant][group][sample]
    };
    /// Bytes of it.
    struct Size {
        std::size_t n_units, n_variants, n_bases, n_samples, n_inputs, n_changed, n_groups;
    };
    static std::size_t memory(const Size& size) noexcept;
    /// Bytes that a thread holds while it weighs signals.
    static std::size_t scratch_memory(const Size& size) noexcept;
    /// Weighs the signals, on all threads. `learns_bias`: whether bias() is wanted.
    ConstantGradient(const Population& population, std::span<const Variant> variants,
                     std::span<const Matrix> signal, std::span<const std::vector<double>> slope,
                     Memory& memory);

    void weights(const WeightTile& tile, float* out) const override;
    std::span<const double> bias() const noexcept override { return memory_.bias; }

  private:
    void weigh(std::size_t panel, bool learns_bias) const;
    /// d loss/d score of a panel's units: [sample] where they are of one group, else [sample x 16 units].
    struct Slopes {
        const float* data;
        bool of_units;
    };
    Slopes slopes(std::size_t variant, std::size_t panel, std::span<float> room) const;
    void gather_inputs();
    const float* weighed(std::size_t base, std::size_t panel) const noexcept {
        return memory_.weighed.data() + (base * n_panels_ + panel) * n_samples_ * Panels::width;
    }

    std::span<const Variant> variants_;
    std::span<const Matrix> signal_;
    Memory& memory_;
    std::size_t n_units_, n_panels_, n_groups_, n_samples_, n_inputs_, n_bases_ = 0;
    bool gathered_ = false;                            // inputs are in memory_.inputs
    std::uint32_t first_changed_ = 0, n_changed_ = 0;  // inputs that variants change are within
};

/// A gradient that is summed from rows as they come, in as many parts as one likes: with x the input of a row
/// and δ = d loss/d current,
///
///   dW[u, i] = Σ over rows of (gain·δ[u])·x[i]     chains of fma over 256 rows, added as a binary counter
///   dbias[u] = Σ double(δ[u])
class GradientSum final : public Gradient {
  public:
    struct Rows {
        ConstMatrixView x;              ///< [row x input]
        ConstMatrixView signal;         ///< [row x unit], in rows of whole lines
        std::span<const float> gain{};  ///< [row]; empty: 1
    };
    /// Starts from 0. Memory that has its size already is used again.
    void begin(std::size_t n_units, std::size_t n_inputs);
    /// Further rows, on all threads.
    void add(const Rows& rows);

    void weights(const WeightTile& tile, float* out) const override;
    std::span<const double> bias() const noexcept override { return bias_; }
    /// All of it, to [unit x input].
    void write(MatrixView weight) const;
    /// Bytes held for `n_rows`, of which add() is given so many at a time.
    static std::size_t memory(std::size_t n_units, std::size_t n_inputs, std::size_t n_rows,
                              std::size_t rows_at_once) noexcept;

  private:
    void weigh(const Rows& rows);
    void go_on(const Rows& rows, std::size_t first, std::size_t end);
    void end_block();
    std::size_t size() const noexcept { return n_panels_ * n_inputs_ * Panels::width; }

    std::size_t n_units_ = 0, n_panels_ = 0, n_inputs_ = 0, n_rows_ = 0;
    std::size_t n_levels_ = 0;                  // sums of blocks, and the chain on its way if there is one
    std::vector<AlignedVector<float>> levels_;  // [level], as Panels
    AlignedVector<float> weighed_;              // [panel][row x 16 units]
    std::vector<float> ones_;                   // [row]
    std::vector<double> bias_;                  // [16·n_panels]
};

/// Chains of up to 256 rows for a tile: out[u, i] = Σ fma(signal[row, u], x[row, i], ·), from +0, where `x`
/// holds the inputs of the tile, `signal` is [panel][row x 16 units], panels `signal_stride` floats apart,
/// and `out` [panel][input x 16 units]. Of what follows `x` in memory `n_next` floats are fetched meanwhile.
void gradient_chains(ConstMatrixView x, const float* signal, std::size_t signal_stride,
                     const WeightTile& tile, float* out, std::size_t n_next = 0);

}  // namespace snnff

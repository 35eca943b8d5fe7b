#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/activity.hpp"
#include "engine/gradient.hpp"
#include "engine/steps.hpp"

namespace snnff {

/// Forward and backward through the steps for a population whose input varies. What a backward pass needs of
/// the steps is kept for a wave: some samples, so that it stays in cache, and that memory does not grow with
/// the number of steps beyond what one sample takes.
///
/// With x the input of a base in a step of a sample, and s_v = d loss/d current of a variant, where the walk
/// back has begun with c_v·dG/d response (c_v = d loss/d score of the unit's group, rounded once),
///
///   q = Σ_v gain_v·s_v               of a row (sample, step) and a base, over the variants that share it, in
///   order dW[u, i] = Σ over rows of q·x    chains of fma(q, x, ·) from +0 over 256 samples; samples ascend,
///   and within a
///                                    sample steps. Such chains of each 256 samples, base by base, are added
///                                    as a binary counter (see BlockSums)
///
/// then, for inputs that variants change, one chain of fma(gain_v·s_v, value, ·) over rows and their variants
/// is added, and +0. dbias[u] = Σ double(s_v): for each variant a chain over rows, variants added in order.
/// Neither waves nor threads are in these sums, and adding spikes alone gives the same numbers as dense
/// products.
class TrainPass final : public Gradient {
  public:
    /// Samples per wave that keep the stored steps within `budget_bytes` (at least one).
    static std::size_t wave_size(const Population& population, const TimeGrid& time, const Drive& drive,
                                 std::size_t budget_bytes);
    static std::size_t wave_size(const Population& population, const TimeGrid& time, std::size_t n_variants,
                                 std::size_t n_bases, std::size_t budget_bytes);
    /// What a pass has to do with, but for the population.
    struct Size {
        std::size_t n_variants, n_bases, n_changed, n_samples;
    };
    /// Bytes of Memory; without a backward pass where it does not learn. Of spikes, for a quarter of the
    /// inputs.
    static std::size_t memory(const Population& population, const TimeGrid& time, const Size& size,
                              bool learns);
    /// Bytes that a thread holds meanwhile.
    static std::size_t scratch_memory(const Population& population, const TimeGrid& time, const Size& size);
    /// The end of a wave that begins with sample `first`: chains of 256 samples end with a wave.
    static std::size_t wave_end(std::size_t first, std::size_t wave_size, std::size_t n_samples) noexcept;

    /// What is kept of a wave, and of the gradient, to be handed from pass to pass: memory that has its size
    /// already is used again.
    class Memory {
        friend class TrainPass;
        /// Input of a few samples under one base, [sample·steps + step, input].
        struct Input {
            SparseRows rows;
            std::vector<std::vector<SpikeList>> forward;  // [chunk], empty where products are dense
            std::vector<SpikeList> backward;              // [part of the rows · input block + input block]
        };
        struct Variant {
            std::vector<StepChanges> changes;  // [chunk]
            std::vector<float> gain;           // [row]; empty: 1
        };
        struct Block {
            std::size_t first = 0, count = 0;  // samples of the wave
            std::vector<Input> inputs;         // [base]
            std::vector<Variant> variants;
        };
        std::vector<Block> blocks;
        std::vector<Block> spare;   // of larger waves, for the next
        std::size_t n_samples = 0;  // room in the following
        AlignedVector<float> psi, carry,
            drive;                     // [variant][group][sample·steps + step][32]; psi becomes the signal
        std::vector<Matrix> measured;  // [variant][sample x unit]; becomes d loss/d response
        std::vector<Matrix> spikes;    // [variant][sample x unit]
        std::vector<AlignedVector<float>> chains;  // [base]: [group][input x 32]
        std::vector<AlignedVector<float>> sums;    // of blocks, as a binary counter keeps them
        AlignedVector<float> changed;              // [panel][changing input x 16]
        std::vector<double> bias_of_variant, bias;
        std::vector<float> ones;  // [row]
    };

    TrainPass(const Population& population, const TimeGrid& time, const Drive& drive, Memory& memory);

    /// Samples [first, first + n). Goodness, rate and spikes received go to [first, first + n) of `activity`,
    /// which end there, the output (where asked for) to those rows. Where a signal is asked for, these
    /// samples are a wave; else they are taken in waves.
    void forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity);

    /// d loss/d score, [variant][sample of the wave · n_groups + group of units]: adds the wave to the
    /// gradient. Waves come in order.
    void backward(std::span<const std::vector<double>> slope);
    /// After the last wave: the gradient is complete.
    void finish();

    void weights(const WeightTile& tile, float* out) const override;
    std::span<const double> bias() const noexcept override { return memory_.bias; }

  private:
    using Block = Memory::Block;
    std::size_t n_units() const noexcept { return population_.n_units(); }
    void run_wave(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity);
    void make_room(std::size_t n, ForwardRequest request);
    void take_input(Block& block, Activity& activity) const;
    void list_input(Block& block, bool learns) const;
    void respond(std::size_t group, std::span<Block> blocks, ForwardRequest request, Activity& activity);
    void step_through(const Block& block, const GroupWeights& weights, std::size_t group,
                      ForwardRequest request, Activity& activity);
    void score(std::size_t first, std::size_t count, ForwardRequest request, Activity& activity);
    void walk(std::size_t group);
    void add_changes(std::size_t group);
    void add_products(std::size_t group, std::size_t input_block);
    void add_part(const Block& block, std::size_t base, std::size_t group, std::size_t part,
                  std::size_t input_block, bool go_on);
    void end_chains();
    void merge_last();

    std::size_t inputs_per_task() const noexcept;
    std::size_t place(std::size_t variant, std::size_t group, std::size_t sample) const noexcept {
        return ((variant * n_groups_ + group) * memory_.n_samples + sample) * n_steps_ * group_width;
    }

    const Population& population_;
    const TimeGrid& time_;
    const StepSource& source_;
    Memory& memory_;
    std::size_t n_steps_, n_groups_, n_variants_, n_bases_;
    std::size_t samples_per_block_, steps_per_chunk_;
    std::size_t first_of_wave_ = 0, n_in_wave_ = 0, n_added_ = 0;  // samples
    std::size_t columns_per_part_ = 64, rows_per_part_ = 64;
    std::size_t n_chains_ = 0, n_sums_ = 0;  // added to the counter, kept in it
};

}  // namespace snnff

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/activity.hpp"
#include "engine/gradient.hpp"
#include "engine/steps.hpp"
#include "engine/turned_weights.hpp"

namespace snnff {

/// What comes into a population over one projection.
struct Incoming {
    Drive drive;
    const Panels* weight = nullptr;
    const Normalisation* of_steps = nullptr;  ///< scales what comes in each step; null: left as it is
};

/// A population that is taken through its steps: forward, and backward through what it keeps of them for a
/// wave: some samples, so that it stays in cache, and that memory does not grow with the number of steps
/// beyond what one sample takes.
///
///   current[t] = (Σ over constant drives of gain·p) + bias + Σ over drives that vary of gain·p[t],
///
/// each in their order, where p is a chain of fma over the inputs. Of a drive that varies, with x the input
/// of a base in a step of a sample, and s_v = d loss/d current of a variant, where the walk back has begun
/// with c_v·dG/d response (c_v = d loss/d score of the unit's group, rounded once),
///
///   q = Σ_v gain_v·s_v                of a row (sample, step) and a base, over the variants that share it,
///   in
///                                     order
///   dW[u, i] = Σ over rows of q·x     chains of fma(q, x, ·) from +0 over 256 samples; samples ascend, and
///                                     within a sample steps. Such chains of each 256 samples, base by base,
///                                     are added as a binary counter (see BlockSums)
///
/// then, for inputs that variants change, one chain of fma(gain_v·s_v, value, ·) over rows and their variants
/// is added, and +0. Of a constant drive s_v is summed over the steps, the last first; see ConstantGradient.
/// dbias[u] = Σ double(s_v): for each variant a chain over rows, variants added in order. Neither waves nor
/// threads are in these sums, and adding spikes alone gives the same numbers as dense products.
///
/// Where `measure` is Reading::spikes, each step is scored: goodness and slopes are
/// [sample·(steps·n_groups) + step·n_groups + group].
class SteppedPass final : public Gradient {
  public:
    /// Samples per wave that keep the stored steps within `budget_bytes` (at least one).
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
    /// Steps worth taking at a time.
    static std::size_t steps_at_once(const TimeGrid& time) noexcept;

    /// What is kept of a wave, and of the gradient, to be handed from pass to pass: memory that has its size
    /// already is used again.
    class Memory {
        friend class SteppedPass;
        /// Input of a few samples under one base, [sample·steps + step, input]: of all steps, and where they
        /// are taken chunk by chunk, of those of the last chunk.
        struct Input {
            SparseRows rows, of_chunk;
            std::vector<SpikeList> forward;   // of the last chunk; empty where products are dense
            std::vector<SpikeList> backward;  // [part of the rows · input block + input block]
        };
        struct Variant {
            std::vector<StepChanges> changes;  // [chunk]
            std::vector<float> gain;           // [row of all steps]; empty: 1
            std::vector<float> gain_of_chunk;  // [row of the last chunk]
        };
        /// What came over one projection, to the samples of a block.
        struct Came {
            std::unique_ptr<StepSource::Steps> steps;
            std::vector<Input> inputs;      // [base]
            std::vector<Variant> variants;  // [variant]
        };
        struct Block {
            std::size_t first = 0, count = 0;  // samples of the wave
            std::vector<Came> came;            // [drive]
        };
        /// The gradient of one projection.
        struct Sum {
            std::vector<AlignedVector<float>> chains;  // [base]: [group][input x 32]
            std::vector<AlignedVector<float>> sums;    // of blocks, as a binary counter keeps them
            AlignedVector<float> changed;              // [panel][changing input x 16]
            std::size_t n_chains = 0, n_sums = 0;      // added to the counter, kept in it
            // Under a constant drive: [variant]: [sample of the batch x unit], summed over the steps.
            std::vector<Matrix> signal;
            std::vector<std::vector<double>> slope;  // all 1: it is in the signals
            ConstantGradient::Memory constant;
            std::optional<ConstantGradient> gradient;  // once the pass is finished
        };
        std::vector<Block> blocks;
        std::vector<Block> spare;   // of larger waves, for the next
        std::size_t n_samples = 0;  // room in the following
        AlignedVector<float> psi, carry,
            charge;                    // [variant][group][sample·steps + step][32]; psi becomes the signal
        std::vector<Matrix> measured;  // [variant][sample x unit]; becomes d loss/d response
        std::vector<ConstMatrixView> arriving;  // [variant] where the way back begins: d loss/d response
        std::vector<Matrix> spikes;             // [variant][sample x unit]
        std::vector<Matrix> constant;  // [variant][sample x 32·groups]: what constant drives bring, and bias
        AlignedVector<float> work;     // [group][block]: states and sums, where there is more than one chunk
        std::vector<Range> chunks;     // of steps, of the last wave
        std::vector<Sum> sums;         // [drive]
        std::vector<double> bias_of_variant, bias;
        std::vector<float> ones;  // [row]
    };

    SteppedPass(const Population& population, const TimeGrid& time, const Drive& drive, Memory& memory);
    /// `incoming` must outlive it.
    SteppedPass(const Population& population, const TimeGrid& time, std::span<const Incoming> incoming,
                Memory& memory);

    /// Samples [first, first + n): a wave. Goodness, rate and spikes received will go to [first, first + n)
    /// of `activity`, which end there, the output (where asked for) to those rows.
    void begin(std::size_t first, std::size_t n, const ForwardRequest& request, Activity& activity);
    /// The next steps, in order: takes in what comes, then lets the units answer, which know nothing of each
    /// other.
    void advance(Range steps);
    void take(Range steps);
    void step(Range steps, Range groups);
    /// After the last: readings, goodness and rates.
    void end();
    /// All of it, in waves where nothing is learned.
    void forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity);

    /// d loss/d score, [variant][sample of the wave · n_groups + group of units]: adds the wave to the
    /// gradient. Waves come in order.
    void backward(std::span<const std::vector<double>> slope);
    /// The same from d loss/d of what it sends, [variant]: [sample of the wave x unit] or, of a train,
    /// [sample·steps + step x unit].
    void backward(std::span<const ConstMatrixView> by_sent);
    /// Then, of one variant, d loss/d of what came over the first projection in each step, [sample·steps +
    /// step x input], as it is multiplied by the weights.
    void hand_down(const TurnedWeights& weight, MatrixView by_received) const;
    /// The parts of going back: of groups of 32 units, too.
    void begin_back(std::span<const std::vector<double>> slope);
    void back(Range groups);
    void end_back();
    std::size_t n_groups() const noexcept { return n_groups_; }
    /// After the last wave: the gradient is complete.
    void finish();

    void weights(const WeightTile& tile, float* out) const override;
    std::span<const double> bias() const noexcept override { return memory_.bias; }

  private:
    using Block = Memory::Block;
    std::size_t n_units() const noexcept { return population_.n_units(); }
    bool scores_steps() const noexcept { return population_.measure == Reading::spikes; }
    /// Scores of a sample.
    std::size_t n_scores() const noexcept { return population_.n_groups * (scores_steps() ? n_steps_ : 1); }
    void make_room(std::size_t n);
    void bring_constant(const Block& block);
    void take_input(Block& block, Range steps);
    void take_input(Block& block, std::size_t drive, Range steps);
    void take_gains(Memory::Variant& variant, std::size_t drive, std::size_t v, const Block& block,
                    Range steps, MatrixView input) const;
    void list_input(Block& block, Range steps) const;
    void list_backward(Block& block) const;
    void respond(std::size_t group, std::span<Block> blocks, Range steps);
    void step_through(const Block& block, std::span<const GroupWeights> weights, std::size_t group,
                      Range steps, float* work);
    void currents(const Block& block, std::span<const GroupWeights> weights, std::size_t group,
                  std::size_t variant, Range steps, std::span<std::size_t> done, MatrixView chains,
                  float* out) const;
    void read_out(const Block& block, std::size_t group, const float* work);
    void score(std::size_t first, std::size_t count);
    void begin_back();
    void weigh_responses(std::span<const std::vector<double>> slope);
    void walk(std::size_t group);
    void sum_steps(std::size_t group, std::size_t variant);
    void add_changes(std::size_t drive, std::size_t group);
    void add_products(std::size_t drive, std::size_t group, std::size_t input_block);
    void add_part(std::size_t drive, const Block& block, std::size_t base, std::size_t group,
                  std::size_t part, std::size_t input_block, bool go_on);
    void end_chains(Memory::Sum& sum);
    void merge_last(Memory::Sum& sum);

    bool whole(Range steps) const noexcept { return steps.count == n_steps_; }
    const StepSource& source(std::size_t drive) const noexcept { return *incoming_[drive].drive.source; }
    bool varies(std::size_t drive) const noexcept { return !incoming_[drive].drive.constant(); }
    std::size_t n_inputs(std::size_t drive) const noexcept { return incoming_[drive].weight->cols(); }
    std::size_t inputs_per_task(std::size_t drive) const noexcept;
    std::size_t place(std::size_t variant, std::size_t group, std::size_t sample) const noexcept {
        return ((variant * n_groups_ + group) * memory_.n_samples + sample) * n_steps_ * group_width;
    }
    /// Floats of a block's states and sums of a group.
    std::size_t work_size() const noexcept;

    const Population& population_;
    const TimeGrid& time_;
    std::vector<Incoming> alone_;  // where there is only one drive
    std::span<const Incoming> incoming_;
    Memory& memory_;
    std::size_t n_steps_, n_groups_, n_variants_;
    std::size_t samples_per_block_;
    ForwardRequest request_{};
    Reading way_back_ = Reading::activation;  // what `arriving` is the slope of
    Activity* activity_ = nullptr;
    std::size_t first_of_wave_ = 0, n_in_wave_ = 0, n_added_ = 0;  // samples
    std::size_t columns_per_part_ = 64, rows_per_part_ = 64;
};

}  // namespace snnff

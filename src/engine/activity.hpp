#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "interfaces/step_source.hpp"
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

/// Samples of a batch, or steps of a presentation.
struct Range {
    std::size_t first = 0, count = 0;
};

/// What a population sent in some steps of some samples of a batch, one value per unit and step.
struct StepValues {
    Range samples, steps;
    std::vector<Matrix> of_variant;  ///< [sample·steps.count + step x unit]

    std::span<float> row(std::size_t variant, std::size_t sample, std::size_t step) {
        return of_variant[variant].row((sample - samples.first) * steps.count + step - steps.first);
    }
    std::span<const float> row(std::size_t variant, std::size_t sample, std::size_t step) const {
        return of_variant[variant].row((sample - samples.first) * steps.count + step - steps.first);
    }
};

/// Current, membrane and what is emitted in some steps, for who watches.
struct Watched {
    StepValues current, membrane, emitted;

    /// Row `row` of a view is that sample's; its columns are units from view.first_unit on.
    void note(std::size_t variant, std::size_t sample, std::size_t step, std::size_t row,
              const StepView& view);
};
/// Sees what happened in each step of a population: `view` has one row, all units of the sample.
using Watcher = std::function<void(std::size_t variant, std::size_t sample, const StepView& view)>;

/// What came of one population on a batch (or a wave of it), variant by variant.
struct Activity {
    std::vector<Matrix>
        output;  ///< [sample x unit] for the next population, as it is sent; empty unless asked for
    /// [variant][sample] Σ output² of forward_constant(), made while the output is in cache; else empty.
    std::vector<std::vector<double>> squares;
    std::vector<std::vector<double>> goodness;  ///< [variant][sample·n_groups + group of units]
    std::vector<std::vector<double>> rate;  ///< [variant][sample] spikes per unit and step; 0 without spikes
    /// [variant][sample] inputs other than 0, summed over steps, where the drive is made of spikes; else
    /// empty.
    std::vector<std::vector<double>> spikes_received;
    /// Under a constant drive: d response/d current, [sample x unit], in rows of whole lines, of what is
    /// scored, times dG/d response; else of what is sent.
    std::vector<Matrix> signal;
    /// Where units answer at several positions: [variant][(sample·positions + position)·units + unit] the
    /// place that a current came from.
    std::vector<std::vector<std::uint32_t>> pooled_from;
    std::vector<Matrix> measured, spikes;  ///< of a population under constant drive, kept for their memory
    StepValues sent_steps;                 ///< the steps that were taken last, where it sends them on
    Watched watched;                       ///< likewise, where somebody watches
};

/// Samples and panels of units that are computed together.
struct Tile {
    std::size_t first_sample, n_samples, first_panel, n_panels;

    std::size_t first_unit() const noexcept { return first_panel * Panels::width; }
    /// Units of a population of `n_units` that are in it.
    std::size_t n_units(std::size_t n_units) const noexcept {
        return std::min(n_panels * Panels::width, n_units - first_unit());
    }
};

/// Chains of a tile over the inputs in the rows of `base`: for every row and unit, c_{k+1} = fma(x_k, w_k,
/// c_k) from +0 over inputs ascending. `out` is [row x 16·n_panels]; `next` is what will be read then, and is
/// fetched meanwhile.
void base_chains(ConstMatrixView base, const Panels& weight, const Tile& tile, MatrixView out,
                 std::span<const float> next = {});

/// Currents of a tile from such chains: they go on over the inputs that the variant changes, in order; then
/// current = gain·(chain + 0) + bias. `bias` is [unit], or empty: 0. `out` [row x 16·n_panels] may be the
/// memory of `chains`.
void variant_currents(const Panels& weight, std::span<const float> bias, const Variant& variant,
                      const Tile& tile, ConstMatrixView chains, MatrixView out);

/// What a forward pass is to leave behind.
struct ForwardRequest {
    const Goodness* goodness = nullptr;  ///< where wanted, of each sample
    /// Slopes too: the population learns, from its goodness, or, where none is wanted, from what becomes of
    /// what it sends.
    bool signal = false;
    bool output = false;             ///< what the next population receives (not for output = spikes)
    bool sent_steps = false;         ///< what it emits in each step
    const Watcher* watch = nullptr;  ///< who sees each step

    bool slopes_of_sent() const noexcept { return signal && goodness == nullptr; }
};

/// Responses of a population under constant drive, tile by tile. Resizes what it writes.
void forward_constant(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                      std::size_t n_samples, ForwardRequest request, Activity& activity);
/// The same for some samples of a batch that has its room (make_room()).
void forward_constant(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                      Range samples, const ForwardRequest& request, Activity& activity);

/// Bytes that it leaves in an Activity, and that a thread holds meanwhile.
std::size_t activity_memory(const Population& population, std::size_t n_variants, std::size_t n_samples,
                            const ForwardRequest& request);
std::size_t forward_scratch(const Population& population, std::size_t n_variants);

/// Gives each of `n_variants` matrices this shape, keeping memory that has it already.
void shape(std::vector<Matrix>& matrices, std::size_t n_variants, std::size_t rows, std::size_t cols);
/// The same of lists of numbers [sample], which are 0 then.
void shape(std::vector<std::vector<double>>& numbers, std::size_t n_variants, std::size_t n_samples);

/// Room for the values of some steps of some samples.
void shape(StepValues& values, std::size_t n_variants, Range samples, Range steps, std::size_t n_units);

/// Normalises what the units of a population sent, which form `n_groups` groups: replaces it where the kind
/// does so, and returns the gain that is left to apply.
float normalise(const Normalisation& normalisation, std::span<float> sent, std::size_t n_groups) noexcept;

/// The way back through a kind that scales, in place: from δ = d loss/d(gain·x) to d loss/dx = gain·δ −
/// (gain²/length·(δ·x))·x, where x is what was sent and `length` stands in the gain's denominator
/// (Normalisation::length()).
void normalise_back(const Normalisation& normalisation, std::span<const float> sent,
                    std::span<float> slope) noexcept;

/// Makes each matrix of responses, of units in `n_groups` groups, a variant, the input of a population with
/// this normalisation: as it is, with the gain that scales it, or replaced where it is.
std::vector<Variant> as_input(std::span<Matrix> outputs, const Normalisation& normalisation,
                              std::size_t n_groups);
/// The same of some samples, to variants without changes whose memory is used again, from sums of squares
/// where they are known [variant][sample].
void as_input(std::span<Matrix> outputs, std::span<const std::vector<double>> squares,
              const Normalisation& normalisation, std::size_t n_groups, Range samples,
              std::vector<Variant>& variants);

}  // namespace snnff

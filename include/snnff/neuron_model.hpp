#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/matrix.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// What is read from a population over one presentation. With u[t] the membrane (for units without
/// one, the current), y[t] what is emitted in step t (a spike, or the activation) and T steps:
enum class Reading {
    activation,     ///< mean over steps of y[t]: of units without spikes
    membrane,       ///< u[T-1]
    membrane_mean,  ///< mean over steps of u[t]
    rate,           ///< mean over steps of y[t]: spikes per step
    count,          ///< sum over steps of y[t]: spikes
    spikes,         ///< the train y[t] itself, one value per step (for the next population only)
};

inline constexpr std::string_view reading_names[] = {"activation", "membrane", "membrane_mean",
                                                     "rate",       "count",    "spikes"};
inline std::string_view name_of(Reading r) { return reading_names[static_cast<std::size_t>(r)]; }

/// What a reading is times the sum over steps that it is of: of y[t], of u[t], or the last u.
constexpr float factor_of(Reading reading, std::int64_t n_steps) noexcept {
    const bool whole = reading == Reading::membrane || reading == Reading::count;
    return whole ? 1.0f : 1.0f / static_cast<float>(n_steps);
}

/// One step of a block of samples and of units that follow one another. All matrices are [sample x unit].
struct StepView {
    ConstMatrixView current;      ///< weighted input of this step, in units of the membrane
    std::span<MatrixView> state;  ///< NeuronModel::n_state() matrices, all zero before the first step
    MatrixView membrane;          ///< written: u[t], the value compared with the threshold
    MatrixView emitted;           ///< written: y[t]
    MatrixView psi;               ///< written unless empty: surrogate derivative dy[t]/du[t]
    MatrixView carry;             ///< written unless empty: du[t]/du[t-1] with the reset detached
    MatrixView charge;            ///< written unless empty: du[t]/dI[t]; 0 where the input was ignored
    std::int64_t step = 0;        ///< t, from 0
    std::size_t first_unit = 0;   ///< of the population; a multiple of 16
};

/// After every so many steps a state, a slope carried forward and a signal walked back become +0 where they
/// are too small for a normal float (below 2^-126), and nowhere else.
inline constexpr std::int64_t steps_between_cuts = 64;

/// What respond() is to return. `value` and, unless empty, `slope` = d value/d current,
/// both [sample x unit].
struct Response {
    Reading reading;
    MatrixView value;
    MatrixView slope;
};

/// The units of one population: how a current becomes a response. Immutable; one object serves all
/// threads. A new kind is one file in src/neuron with a make function and one line in catalogue.def.
class NeuronModel {
  public:
    virtual ~NeuronModel() = default;

    virtual std::string_view kind() const noexcept = 0;
    /// Readouts on offer, the default first; `spikes` last where the units spike.
    virtual std::span<const Reading> readings() const noexcept = 0;
    bool offers(Reading reading) const noexcept;
    bool spiking() const noexcept { return offers(Reading::spikes); }
    /// Floats of state per sample and unit that step() needs.
    virtual std::size_t n_state() const noexcept = 0;
    /// Membrane units have: "1" (dimensionless). Threshold per unit, for plots; empty where none.
    virtual std::span<const float> thresholds() const noexcept { return {}; }
    /// "before" or "after": whether the recorded membrane is the one before or after the reset of its step.
    virtual std::string_view recorded_reset() const noexcept { return ""; }
    /// What a spike does to the membrane, in words that are the same where it is the same: "zero" where it is
    /// 0 afterwards; empty for units without spikes.
    virtual std::string reset_rule() const { return ""; }

    /// Spikes per step that a unit cannot exceed.
    virtual double largest_rate() const noexcept { return 1.0; }

    /// What a membrane keeps of itself from step to step, per unit; empty where there is none.
    virtual std::span<const float> decays() const noexcept { return {}; }

    /// du[t]/du[t-1] per unit where it is the same in every step and du[t]/dI[t] is 1, so that neither needs
    /// to be stored; else empty.
    virtual std::span<const float> fixed_carry() const noexcept { return {}; }

    /// Advances a block of samples by one step under any input. Does not throw.
    virtual void step(const StepView& view) const noexcept = 0;

    /// Whether psi, carry and charge are all that a slope is carried by. Where further states carry slopes of
    /// their own, those under an input that varies would not be exact: such a kind answers false, gives its
    /// slopes in respond(), and is refused where it would have to learn step by step.
    virtual bool exact_by_step() const noexcept { return true; }

    /// All steps of one presentation under a current that stays constant, [sample x unit].
    /// A slope is exact: with the reset detached, s[t] = du[t]/dI follows
    ///     s[t] = carry[t]·s[t-1] + charge[t],   s[-1] = 0
    /// and that of y is the sum of psi[t]·s[t]. Any readings but `spikes`, several at once.
    /// A response whose membrane is not a number is none either, whatever the reading.
    /// The default calls step() n times (see SteppedResponse); kinds with a fused form override it.
    /// `first_unit` says which units the columns are, as in StepView. Does not throw but for memory.
    virtual void respond(ConstMatrixView current, const TimeGrid& time, std::span<const Response> responses,
                         std::size_t first_unit) const;
    /// All units from the first on.
    void respond(ConstMatrixView current, const TimeGrid& time, std::span<const Response> responses) const {
        respond(current, time, responses, 0);
    }

    /// Operations per unit and step beyond the weighted input, for the cost model (0 for ReLU).
    virtual double operations_per_step() const noexcept { return 0.0; }
};

/// What NeuronModel::respond() does by default, a step at a time: where what is emitted has to be seen, too.
/// Its memory serves the next tile.
class SteppedResponse {
  public:
    /// Starts a tile of `rows` samples and `cols` units; `with_slope`: whether write() may be asked for
    /// slopes.
    void begin(const NeuronModel& neuron, std::size_t rows, std::size_t cols, bool with_slope);
    /// Where a step leaves its slopes for a walk back, where begin() was not asked for any.
    struct Kept {
        MatrixView psi{}, carry{}, charge{};
    };
    /// The next step, under `current` [sample x unit]. What it left is valid until the next.
    const StepView& step(const NeuronModel& neuron, ConstMatrixView current, std::size_t first_unit) {
        return step(neuron, current, first_unit, {psi_, carry_, drive_});
    }
    const StepView& step(const NeuronModel& neuron, ConstMatrixView current, std::size_t first_unit,
                         const Kept& kept);
    /// Readouts over the steps so far.
    void write(std::span<const Response> responses) const;

  private:
    std::vector<Matrix> state_;
    std::vector<MatrixView> state_views_;
    Matrix membrane_, emitted_, psi_, carry_, drive_, s_;
    Matrix sum_of_emitted_, sum_of_membrane_, slope_of_emitted_, slope_of_membrane_;  // over the steps
    StepView view_{};
};

}  // namespace snnff

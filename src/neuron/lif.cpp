#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "kernels/dispatch.hpp"
#include "neuron/built_in_surrogate.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

constexpr Reading lif_readings[] = {Reading::rate, Reading::count, Reading::membrane, Reading::membrane_mean,
                                    Reading::spikes};

kernels::Rows rows_of(MatrixView view) {
    return view.empty() ? kernels::Rows{} : kernels::Rows{view.data(), view.stride()};
}

/// Leaky integrate-and-fire units in discrete time, V_th the threshold, U[-1] = 0:
///
///   U[t] = β·U[t-1] + I[t] − R[t]·V_th     subtract     R[t] = 1 if the unit fired in step t−1
///   U[t] = β·(1 − R[t])·U[t-1] + I[t]      zero
///   U[t] = β·U[t-1] + I[t]                 none
///   S[t] = 1 if U[t] > V_th, else 0
///
/// That is a reset which lands on the next step (reset_delay = true). One that lands in the step of
/// the spike leaves V behind, and U stays the value that was compared with the threshold:
///
///   U[t] = β·V[t-1] + I[t] − R[t]·V_th,   V[t] = U[t] + (R[t] − S[t])·V_th,   R[t] = 1 if V[t-1] > V_th
///
/// V follows β·V + I − S·V_th; R is 0 unless a single reset was not enough to take the unit below
/// its threshold: such a unit has to pass 2·V_th to fire at once again. This is snnTorch's rule
/// ("avoid double reset"), and what its numbers are checked against. For zero the two are the same.
///
/// After a spike in step t the unit takes no input and cannot fire in steps t+1 .. t+refractory_steps
/// (dU/dI and dS/dU are 0 in them); its membrane goes on decaying, and a delayed reset still lands.
///
/// Source: snnTorch's Leaky (Eshraghian et al., Proc. IEEE 111:1016, 2023).
class Lif final : public NeuronModel {
  public:
    struct Parameters {
        std::vector<float> beta, threshold;  ///< one per unit
        kernels::LifReset reset = kernels::LifReset::subtract_delayed;
        std::int64_t refractory_steps = 0;
        std::unique_ptr<const Surrogate> surrogate;
    };
    explicit Lif(Parameters parameters) : parameters_(std::move(parameters)) {
        units_.n = parameters_.beta.size();
        units_.beta = parameters_.beta.data();
        units_.threshold = parameters_.threshold.data();
        units_.reset = parameters_.reset;
        units_.refractory = static_cast<float>(parameters_.refractory_steps);
        const auto* built_in = dynamic_cast<const BuiltInSurrogate*>(parameters_.surrogate.get());
        if (built_in == nullptr) return;
        kernels_know_surrogate_ = true;
        units_.surrogate = built_in->which();
        units_.sharpness = built_in->sharpness();
    }
    Lif(const Lif&) = delete;  // units_ points into parameters_
    Lif& operator=(const Lif&) = delete;

    std::string_view kind() const noexcept override { return "lif"; }
    std::span<const Reading> readings() const noexcept override { return lif_readings; }
    /// V (or U, where the reset is delayed), and the steps without input that are left.
    std::size_t n_state() const noexcept override { return refractory() ? 2 : 1; }
    std::span<const float> thresholds() const noexcept override { return parameters_.threshold; }
    std::span<const float> decays() const noexcept override { return parameters_.beta; }
    double largest_rate() const noexcept override {
        return 1.0 / static_cast<double>(1 + parameters_.refractory_steps);
    }
    std::string_view recorded_reset() const noexcept override {
        return parameters_.reset == kernels::LifReset::none ? "" : "before";
    }
    std::string reset_rule() const override {
        std::string rule;
        switch (parameters_.reset) {
            case kernels::LifReset::subtract_delayed:
                rule = "subtract, in the next step";
                break;
            case kernels::LifReset::subtract_immediate:
                rule = "subtract, in the same step";
                break;
            case kernels::LifReset::zero:
                rule = "zero";
                break;
            case kernels::LifReset::none:
                rule = "none";
                break;
        }
        return refractory()
                   ? rule + ", then " + std::to_string(parameters_.refractory_steps) + " refractory steps"
                   : rule;
    }
    std::span<const float> fixed_carry() const noexcept override {
        const bool fixed = parameters_.reset != kernels::LifReset::zero && !refractory();
        return fixed ? std::span<const float>(parameters_.beta) : std::span<const float>{};
    }
    /// Decay with the input added, comparison, reset.
    double operations_per_step() const noexcept override { return 3.0; }

    void step(const StepView& view) const noexcept override;
    void respond(ConstMatrixView current, const TimeGrid& time, std::span<const Response> responses,
                 std::size_t first_unit) const override;

  private:
    bool refractory() const noexcept { return parameters_.refractory_steps > 0; }
    /// `n` of the units, from `first` on.
    kernels::LifUnits units(std::size_t first, std::size_t n) const noexcept {
        assert(first + n <= parameters_.beta.size());
        kernels::LifUnits some = units_;
        some.n = n;
        some.beta += first;
        some.threshold += first;
        return some;
    }

    void write_psi(const StepView& view) const noexcept;

    Parameters parameters_;
    kernels::LifUnits units_;
    bool kernels_know_surrogate_ = false;
};

void Lif::step(const StepView& view) const noexcept {
    assert(view.state.size() == n_state());
    kernels::LifStep job;
    job.units = units(view.first_unit, view.current.cols());
    job.cuts = (view.step + 1) % steps_between_cuts == 0;
    job.rows = view.current.rows();
    job.current = {view.current.data(), view.current.stride()};
    job.potential = rows_of(view.state[0]);
    if (refractory()) job.refractory = rows_of(view.state[1]);
    job.membrane = rows_of(view.membrane);
    job.emitted = rows_of(view.emitted);
    if (kernels_know_surrogate_) job.psi = rows_of(view.psi);
    job.carry = rows_of(view.carry);
    job.charge = rows_of(view.charge);
    kernels::active().lif_step(job);
    if (!kernels_know_surrogate_ && !view.psi.empty()) write_psi(view);
}

/// By a surrogate that kernels do not know. 0 where the input was ignored.
void Lif::write_psi(const StepView& view) const noexcept {
    assert(!refractory() || !view.charge.empty());
    const std::span threshold = std::span(parameters_.threshold).subspan(view.first_unit);
    for (std::size_t row = 0; row < view.psi.rows(); ++row) {
        const auto psi = view.psi.row(row);
        for (std::size_t u = 0; u < psi.size(); ++u) psi[u] = view.membrane(row, u) - threshold[u];
        parameters_.surrogate->slopes(psi, psi);
        for (std::size_t u = 0; u < psi.size() && refractory(); ++u) {
            if (view.charge(row, u) == 0.0f) psi[u] = 0.0f;
        }
    }
}

void Lif::respond(ConstMatrixView current, const TimeGrid& time, std::span<const Response> responses,
                  std::size_t first_unit) const {
    const bool slope_of_spikes = std::ranges::any_of(responses, [](const Response& response) {
        const bool membrane =
            response.reading == Reading::membrane || response.reading == Reading::membrane_mean;
        return !membrane && !response.slope.empty();
    });
    if (refractory() || (slope_of_spikes && !kernels_know_surrogate_))
        return NeuronModel::respond(current, time, responses, first_unit);

    assert(responses.size() <= 4);
    std::array<kernels::LifOutput, 4> outputs;
    std::size_t n_outputs = 0;
    for (const Response& response : responses) {
        kernels::LifOutput output{kernels::LifMeasure::spikes, factor_of(response.reading, time.steps),
                                  rows_of(response.value), rows_of(response.slope)};
        if (response.reading == Reading::membrane) output.measure = kernels::LifMeasure::last_membrane;
        if (response.reading == Reading::membrane_mean) output.measure = kernels::LifMeasure::membrane_sum;
        outputs.at(n_outputs++) = output;
    }
    kernels::LifRespond job;
    job.units = units(first_unit, current.cols());
    job.rows = current.rows();
    job.steps = time.steps;
    job.current = {current.data(), current.stride()};
    job.outputs = outputs.data();
    job.n_outputs = n_outputs;
    kernels::active().lif_respond(job);
}

std::vector<float> read_beta(Options& options, const TimeGrid& time, std::size_t n_units) {
    const Key beta_key{"beta", "", "decay of the membrane per step; one number, or one per unit"};
    const Key tau_key{"tau_mem_ms", "ms",
                      "membrane time constant, in place of beta, which is then exp(-dt_ms/tau_mem_ms); "
                      "one number, or one per unit"};
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const bool by_tau = options.given("tau_mem_ms");
    if (by_tau && options.given("beta")) {
        options.conflict("beta", options, "tau_mem_ms", "both give the membrane's decay; keep one of them");
    }
    std::vector<float> beta =
        options.numbers(beta_key, by_tau ? none : 0.9, n_units, Bounds::between(0.0, 1.0));
    const std::vector<float> tau = options.numbers(tau_key, none, n_units, Bounds::positive());
    if (by_tau) {
        std::ranges::transform(tau, beta.begin(), [&](float tau_mem_ms) {
            return static_cast<float>(time.decay(static_cast<double>(tau_mem_ms)));
        });
    }
    return beta;
}

kernels::LifReset read_reset(Options& options) {
    const Key reset_key{"reset", "",
                        "what a spike does to the membrane: subtract the threshold, set it to zero, or none"};
    const Key delay_key{"reset_delay", "",
                        "whether the reset lands one step after the spike; false: in the same step"};
    constexpr std::string_view names[] = {"subtract", "zero", "none"};
    const std::size_t reset = options.choice(reset_key, "subtract", names);
    const bool delayed = options.flag(delay_key, true);
    if (names[reset] == "zero") return kernels::LifReset::zero;
    if (names[reset] == "none") return kernels::LifReset::none;
    return delayed ? kernels::LifReset::subtract_delayed : kernels::LifReset::subtract_immediate;
}

}  // namespace

std::unique_ptr<NeuronModel> make_neuron_lif(Options& options, const Context& context) {
    const Key threshold_key{"threshold", "membrane", "a unit fires above it; one number, or one per unit"};
    const Key refractory_key{
        "refractory_steps", "steps",
        "steps after a spike in which a unit takes no input and cannot fire; its membrane "
        "goes on decaying and a delayed reset still lands"};
    const Key surrogate_key{"surrogate", "", "what stands in for the derivative of a spike by the membrane"};
    Lif::Parameters p;
    p.beta = read_beta(options, context.time, context.n_units);
    p.threshold = options.numbers(threshold_key, 1.0, context.n_units, Bounds::positive());
    p.reset = read_reset(options);
    // A float counts whole steps up to 2^24.
    p.refractory_steps = options.integer(refractory_key, 0, Bounds::between(0.0, 1e6));
    p.surrogate = options.make<Surrogate>(surrogate_key, "atan", context);
    return std::make_unique<Lif>(std::move(p));
}

}  // namespace snnff

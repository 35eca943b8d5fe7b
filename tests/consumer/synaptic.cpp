// LIF units whose input is filtered by a synapse, snnTorch's Synaptic and NIR's CubaLIF:
//
//   i[t] = alpha·i[t−1] + I[t]
//   U[t] = beta·U[t−1] + i[t] − threshold·S[t−1],   S[t] = 1 where U[t] > threshold
//
// and the slopes by a current I that stays constant, the reset detached:
//
//   i'[t] = alpha·i'[t−1] + 1,   U'[t] = beta·U'[t−1] + i'[t],   dS[t]/dI = psi(U[t] − threshold)·U'[t]
//
// with psi the derivative of arctan, 1 / (1 + (pi·z)²).
#include <array>
#include <memory>
#include <snnff/neuron_model.hpp>
#include <snnff/options.hpp>
#include <vector>

using namespace snnff;

namespace {

class Synaptic final : public NeuronModel {
  public:
    Synaptic(std::vector<float> alpha, std::vector<float> beta, std::vector<float> threshold)
        : alpha_(std::move(alpha)), beta_(std::move(beta)), threshold_(std::move(threshold)) {}

    std::string_view kind() const noexcept override { return "synaptic"; }
    std::span<const Reading> readings() const noexcept override {
        static constexpr std::array all{Reading::rate, Reading::count, Reading::membrane,
                                        Reading::membrane_mean, Reading::spikes};
        return all;
    }
    std::size_t n_state() const noexcept override { return 2; }  // i, U
    std::span<const float> thresholds() const noexcept override { return threshold_; }
    std::string_view recorded_reset() const noexcept override { return "before"; }
    bool exact_by_step() const noexcept override { return false; }  // i carries a slope of its own
    double operations_per_step() const noexcept override { return 5.0; }

    void step(const StepView& view) const noexcept override {
        for (std::size_t row = 0; row < view.current.rows(); ++row) {
            for (std::size_t j = 0; j < view.current.cols(); ++j) {
                const Unit unit = at(view.first_unit + j);
                State now{view.state[0](row, j), view.state[1](row, j)};
                now.advance(unit, view.current(row, j));
                view.state[0](row, j) = now.i;
                view.state[1](row, j) = view.membrane(row, j) = now.u;
                view.emitted(row, j) = now.u > unit.threshold ? 1.0f : 0.0f;
            }
        }
    }

    void respond(ConstMatrixView current, const TimeGrid& time, std::span<const Response> responses,
                 std::size_t first_unit) const override {
        for (std::size_t row = 0; row < current.rows(); ++row) {
            for (std::size_t j = 0; j < current.cols(); ++j) {
                const Unit unit = at(first_unit + j);
                State now, slope;
                float count = 0.0f, of_count = 0.0f, sum = 0.0f, of_sum = 0.0f;
                for (std::int64_t t = 0; t < time.steps; ++t) {
                    now.advance(unit, current(row, j));
                    slope.i = unit.alpha * slope.i + 1.0f;
                    slope.u = unit.beta * slope.u + slope.i;
                    const float z = 3.14159265f * (now.u - unit.threshold);
                    count += now.u > unit.threshold ? 1.0f : 0.0f;
                    of_count += slope.u / (1.0f + z * z);
                    sum += now.u;
                    of_sum += slope.u;
                }
                const float mean = 1.0f / static_cast<float>(time.steps);
                for (const Response& response : responses) {
                    const bool last = response.reading == Reading::membrane;
                    const bool membrane = last || response.reading == Reading::membrane_mean;
                    const float factor = last || response.reading == Reading::count ? 1.0f : mean;
                    response.value(row, j) = factor * (last ? now.u : membrane ? sum : count);
                    if (response.slope.empty()) continue;
                    response.slope(row, j) = factor * (last ? slope.u : membrane ? of_sum : of_count);
                }
            }
        }
    }

  private:
    struct Unit {
        float alpha, beta, threshold;
    };
    struct State {
        float i = 0.0f, u = 0.0f;
        void advance(const Unit& unit, float current) {
            const float reset = u > unit.threshold ? unit.threshold : 0.0f;
            i = unit.alpha * i + current;
            u = unit.beta * u + i - reset;
        }
    };
    Unit at(std::size_t unit) const { return {alpha_[unit], beta_[unit], threshold_[unit]}; }

    std::vector<float> alpha_, beta_, threshold_;
};

}  // namespace

std::unique_ptr<NeuronModel> make_synaptic(Options& options, const Context& context) {
    const Bounds decay = Bounds::between(0.0, 1.0);
    return std::make_unique<Synaptic>(
        options.numbers({"alpha", "", "decay of the synaptic current per step"}, 0.7, context.n_units, decay),
        options.numbers({"beta", "", "decay of the membrane per step"}, 0.9, context.n_units, decay),
        options.numbers({"threshold", "membrane", "above which a unit fires"}, 1.0, context.n_units,
                        Bounds::positive()));
}

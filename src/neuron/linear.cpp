#include <algorithm>

#include "neuron/fill.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

constexpr Reading linear_readings[] = {Reading::activation};

void copy(ConstMatrixView from, MatrixView to) {
    for (std::size_t i = 0; i < from.rows(); ++i) std::ranges::copy(from.row(i), to.row(i).begin());
}

/// y = I: for logits, which a softmax turns into probabilities.
class Linear final : public NeuronModel {
  public:
    std::string_view kind() const noexcept override { return "linear"; }
    std::span<const Reading> readings() const noexcept override { return linear_readings; }
    std::size_t n_state() const noexcept override { return 0; }

    void step(const StepView& view) const noexcept override {
        copy(view.current, view.membrane);
        copy(view.current, view.emitted);
        fill(view.psi, 1.0f);
        fill(view.carry, 0.0f);
        fill(view.charge, 1.0f);
    }

    void respond(ConstMatrixView current, const TimeGrid&, std::span<const Response> responses,
                 std::size_t) const override {
        for (const Response& response : responses) {
            copy(current, response.value);
            fill(response.slope, 1.0f);
        }
    }
};

}  // namespace

std::unique_ptr<NeuronModel> make_neuron_linear(Options&, const Context&) {
    return std::make_unique<Linear>();
}

}  // namespace snnff

#include <algorithm>
#include <string_view>

#include "kernels/dispatch.hpp"
#include "neuron/fill.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

constexpr Reading activation_readings[] = {Reading::activation};

/// y = f(I) for a function f of one number, with its exact slope f'(I). Has no memory: under a constant
/// current every step is the same, so that the mean over steps is any one of them.
class Pointwise final : public NeuronModel {
  public:
    Pointwise(std::string_view kind, kernels::Activation kernels::Kernels::*function, double parameter = 0.0)
        : kind_(kind), function_(function), parameter_(static_cast<float>(parameter)) {}

    std::string_view kind() const noexcept override { return kind_; }
    std::span<const Reading> readings() const noexcept override { return activation_readings; }
    std::size_t n_state() const noexcept override { return 0; }

    void step(const StepView& view) const noexcept override {
        for (std::size_t i = 0; i < view.current.rows(); ++i) {
            std::ranges::copy(view.current.row(i), view.membrane.row(i).begin());
        }
        apply(view.current, view.emitted, view.psi);
        fill(view.carry, 0.0f);
        fill(view.charge, 1.0f);
    }

    void respond(ConstMatrixView current, const TimeGrid&, std::span<const Response> responses,
                 std::size_t) const override {
        for (const Response& response : responses) apply(current, response.value, response.slope);
    }

  private:
    void apply(ConstMatrixView current, MatrixView value, MatrixView slope) const noexcept {
        const kernels::Activation function = kernels::active().*function_;
        for (std::size_t i = 0; i < current.rows(); ++i) {
            function(current.row(i).data(), current.cols(), parameter_, value.row(i).data(),
                     slope.empty() ? nullptr : slope.row(i).data());
        }
    }

    std::string_view kind_;
    kernels::Activation kernels::Kernels::*function_;
    float parameter_;
};

}  // namespace

/// max(I, 0); the slope at 0 is 0, as PyTorch has it.
std::unique_ptr<NeuronModel> make_neuron_relu(Options&, const Context&) {
    return std::make_unique<Pointwise>("relu", &kernels::Kernels::relu);
}

/// I above 0, slope·I from there down.
std::unique_ptr<NeuronModel> make_neuron_leaky_relu(Options& options, const Context&) {
    const Key slope{"slope", "", "of the activation below a current of 0; above, it is 1"};
    return std::make_unique<Pointwise>("leaky_relu", &kernels::Kernels::leaky_relu,
                                       options.number(slope, 0.01, Bounds::between(0.0, 1.0)));
}

std::unique_ptr<NeuronModel> make_neuron_tanh(Options&, const Context&) {
    return std::make_unique<Pointwise>("tanh", &kernels::Kernels::tanh);
}

/// σ(I) = 1/(1 + e^−I)
std::unique_ptr<NeuronModel> make_neuron_sigmoid(Options&, const Context&) {
    return std::make_unique<Pointwise>("sigmoid", &kernels::Kernels::sigmoid);
}

/// I·σ(I). Source: Elfwing, Uchibe & Doya, Neural Networks 107:3 (2018); swish of Ramachandran et al. (2017).
std::unique_ptr<NeuronModel> make_neuron_silu(Options&, const Context&) {
    return std::make_unique<Pointwise>("silu", &kernels::Kernels::silu);
}

}  // namespace snnff

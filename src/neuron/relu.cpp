#include "kernels/dispatch.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

constexpr Readout relu_readouts[] = {Readout::activation};

void fill(MatrixView view, float value) {
    for (std::size_t i = 0; i < view.rows() && !view.empty(); ++i) std::ranges::fill(view.row(i), value);
}

/// y = max(I, 0), dy/dI = 1 for I > 0 and else 0. Has no memory: under a constant current every
/// step is the same, so that the mean over steps is any one of them.
class Relu final : public NeuronModel {
  public:
    std::string_view kind() const noexcept override { return "relu"; }
    std::span<const Readout> readouts() const noexcept override { return relu_readouts; }
    std::size_t n_state() const noexcept override { return 0; }

    void step(const StepView& view) const noexcept override {
        for (std::size_t i = 0; i < view.current.rows(); ++i) {
            std::ranges::copy(view.current.row(i), view.membrane.row(i).begin());
        }
        apply(view.current, view.emitted, view.psi);
        fill(view.carry, 0.0f);
        fill(view.drive, 1.0f);
    }

    void respond(ConstMatrixView current, const TimeGrid&,
                 std::span<const Response> responses) const override {
        for (const Response& response : responses) apply(current, response.value, response.slope);
    }

  private:
    static void apply(ConstMatrixView current, MatrixView value, MatrixView slope) noexcept {
        const auto relu = kernels::active().relu;
        for (std::size_t i = 0; i < current.rows(); ++i) {
            relu(current.row(i).data(), current.cols(), value.row(i).data(),
                 slope.empty() ? nullptr : slope.row(i).data());
        }
    }
};

}  // namespace

std::unique_ptr<NeuronModel> make_neuron_relu(Options&, const Context&) { return std::make_unique<Relu>(); }

}  // namespace snnff

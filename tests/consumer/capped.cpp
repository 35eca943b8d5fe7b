#include <algorithm>
#include <memory>
#include <snnff/catalogue.hpp>
#include <snnff/command_line.hpp>
#include <snnff/neuron_model.hpp>
#include <snnff/options.hpp>

using namespace snnff;

struct Capped final : NeuronModel {
    explicit Capped(double ceiling) : ceiling(static_cast<float>(ceiling)) {}
    std::string_view kind() const noexcept override { return "capped"; }
    std::size_t n_state() const noexcept override { return 0; }
    std::span<const Reading> readings() const noexcept override {
        static constexpr Reading all[] = {Reading::activation};
        return all;
    }
    void step(const StepView& view) const noexcept override {  // matrices are [sample x unit]
        for (std::size_t s = 0; s < view.current.rows(); ++s) {
            for (std::size_t u = 0; u < view.current.cols(); ++u) {
                const float current = view.membrane(s, u) = view.current(s, u);
                view.emitted(s, u) = std::clamp(current, 0.0f, ceiling);
                if (view.psi.empty()) continue;                                      // not learning
                view.psi(s, u) = current > 0.0f && current < ceiling ? 1.0f : 0.0f;  // dy/dI
                view.carry(s, u) = 0.0f;                                             // no memory
                view.charge(s, u) = 1.0f;
            }
        }
    }
    float ceiling;
};

std::unique_ptr<NeuronModel> make_capped(Options& options, const Context&) {
    const Key ceiling{"ceiling", "", "the largest activation"};
    return std::make_unique<Capped>(options.number(ceiling, 6.0, Bounds::positive()));
}

int main(int argc, char** argv) {
    catalogue().add<NeuronModel>("capped", "ReLU up to a ceiling", make_capped);
    return command_line(argc, argv);
}

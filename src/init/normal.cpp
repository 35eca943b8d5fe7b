#include <cmath>

#include "init/draw.hpp"
#include "snnff/model_spec.hpp"

namespace snnff {
namespace {

/// Weights N(0, gain²/inputs), biases 0. Source: He et al., ICCV 2015 (gain √2), LeCun et al. 1998 (1).
class NormalFanIn final : public Initialiser {
  public:
    NormalFanIn(double gain, BiasStart bias) : gain_(gain), bias_(bias) {}

    void fill(Population& population, std::uint32_t index, Seed seed) const override {
        const double sd = gain_ / std::sqrt(static_cast<double>(population.n_inputs()));
        fill_parameters(
            population, index, seed, bias_,
            [&](Stream stream, std::uint64_t i) { return drawn_normal(sd, seed, stream, i, index); },
            [](Stream, std::uint64_t) { return 0.0; });
    }

  private:
    double gain_;
    BiasStart bias_;
};

/// Weights and biases N(0, sd²), whatever the population's size.
class Normal final : public Initialiser {
  public:
    Normal(double sd, BiasStart bias) : sd_(sd), bias_(bias) {}

    void fill(Population& population, std::uint32_t index, Seed seed) const override {
        const auto draw = [&](Stream stream, std::uint64_t i) {
            return drawn_normal(sd_, seed, stream, i, index);
        };
        fill_parameters(population, index, seed, bias_, draw, draw);
    }

  private:
    double sd_;
    BiasStart bias_;
};

}  // namespace

std::unique_ptr<Initialiser> make_initialiser_normal_fan_in(Options& options, const Context&) {
    const Key gain{"gain", "", "the standard deviation is gain/sqrt(inputs)"};
    const double value = options.number(gain, 1.0, Bounds::at_least(0.0));
    return std::make_unique<NormalFanIn>(
        value, read_bias_start(options, "biases: default is zero; normal: with sd 1; uniform: in 0 to 1"));
}

std::unique_ptr<Initialiser> make_initialiser_normal(Options& options, const Context&) {
    const Key sd{"sd", "", "standard deviation"};
    const double value = options.number(sd, 1.0, Bounds::at_least(0.0));
    return std::make_unique<Normal>(
        value,
        read_bias_start(options,
                        "biases: default is as the weights, zero, normal with sd 1, or uniform in 0 to 1"));
}

}  // namespace snnff

#include <cmath>

#include "init/draw.hpp"
#include "snnff/model_spec.hpp"

namespace snnff {
namespace {

/// Weights and biases uniform in ±1/√inputs. Source: torch.nn.Linear's default.
class UniformFanIn final : public Initialiser {
  public:
    explicit UniformFanIn(BiasStart bias) : bias_(bias) {}

    void fill(Population& population, std::uint32_t index, Seed seed) const override {
        const double bound = 1.0 / std::sqrt(static_cast<double>(population.n_inputs()));
        const auto draw = [&](Stream stream, std::uint64_t i) {
            return drawn_uniform(bound, seed, stream, i, index);
        };
        fill_parameters(population, index, seed, bias_, draw, draw);
    }

  private:
    BiasStart bias_;
};

/// Weights uniform in ±√(6/(inputs + units)), biases 0. Source: Glorot & Bengio, AISTATS 2010.
class GlorotUniform final : public Initialiser {
  public:
    explicit GlorotUniform(BiasStart bias) : bias_(bias) {}

    void fill(Population& population, std::uint32_t index, Seed seed) const override {
        const double n = static_cast<double>(population.n_inputs() + population.n_units());
        const double bound = std::sqrt(6.0 / n);
        fill_parameters(
            population, index, seed, bias_,
            [&](Stream stream, std::uint64_t i) { return drawn_uniform(bound, seed, stream, i, index); },
            [](Stream, std::uint64_t) { return 0.0; });
    }

  private:
    BiasStart bias_;
};

}  // namespace

std::unique_ptr<Initialiser> make_initialiser_uniform_fan_in(Options& options, const Context&) {
    return std::make_unique<UniformFanIn>(read_bias_start(
        options, "biases: default is as the weights, zero, normal with sd 1, or uniform in 0 to 1"));
}

std::unique_ptr<Initialiser> make_initialiser_glorot_uniform(Options& options, const Context&) {
    return std::make_unique<GlorotUniform>(
        read_bias_start(options, "biases: default is zero; normal: with sd 1; uniform: in 0 to 1"));
}

}  // namespace snnff

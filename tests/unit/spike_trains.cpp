// Currents and gradients of spike trains against loops over std::fma written from their definition, as bits.
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "catch.hpp"
#include "engine/stepped_pass.hpp"
#include "kernels/dispatch.hpp"
#include "kinds.hpp"
#include "snnff/random.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_samples = 270, n_inputs = 70, n_units = 37, n_steps = 5, variant_count = 3;

float number(std::uint64_t seed, std::size_t i, std::size_t j) {
    return uniform(Seed{seed}, Stream::mask, i, static_cast<std::uint32_t>(j));
}

enum class Kind { few_spikes, many_spikes, values };

/// Two bases; variants 0 and 2 share the first, and variants change inputs 3, 4 and 66 of some rows.
class Source final : public StepSource {
  public:
    explicit Source(Kind kind) : x_(2) {
        const double density = kind == Kind::many_spikes ? 0.95 : 0.15;
        for (std::size_t b = 0; b < 2; ++b) {
            x_[b].resize(n_samples * n_steps, n_inputs);
            for (std::size_t r = 0; r < x_[b].rows(); ++r) {
                for (std::size_t i = 0; i < n_inputs; ++i) {
                    const bool spike = static_cast<double>(number(1 + b, r, i)) < density;
                    const bool changing = i == 3 || i == 4 || i == 66;
                    x_[b](r, i) = !spike || changing ? 0.0f : kind == Kind::values ? number(3, r, i) : 1.0f;
                }
            }
        }
        for (std::size_t v = 0; v < variant_count; ++v) {
            for (std::size_t s = 0; s < n_samples; ++s) gain_[v].push_back(0.5f + number(4 + v, s, 0));
        }
    }
    std::size_t n_variants() const noexcept override { return variant_count; }
    std::size_t n_bases() const noexcept override { return 2; }
    std::size_t base_of(std::size_t variant) const noexcept override { return variant == 1 ? 1 : 0; }
    std::span<const std::uint32_t> changing_inputs() const noexcept override { return changing_; }
    /// The second variant has none.
    std::span<const float> gain(std::size_t variant) const noexcept override {
        return variant == 1 ? std::span<const float>{} : std::span<const float>(gain_[variant]);
    }
    bool spiking() const noexcept override { return true; }

    float base(std::size_t b, std::size_t s, std::size_t t, std::size_t i) const {
        return x_[b](s * n_steps + t, i);
    }
    float gain_of(std::size_t v, std::size_t s) const { return v == 1 ? 1.0f : gain_[v][s]; }
    /// What a variant makes of a changing input in a row, 0 where it leaves it alone.
    float change(std::size_t v, std::size_t s, std::size_t t, std::size_t column) const {
        const float x = number(10 + v, s * n_steps + t, column);
        return x < 0.5f ? 0.0f : x;
    }

    class Block final : public Steps {
      public:
        Block(const Source& source, std::size_t first, std::size_t count)
            : source_(source), first_(first), count_(count) {}
        void next(std::span<const MatrixView> bases) override {
            const std::size_t rows = bases[0].rows();
            for (std::size_t v = 0; v < variant_count; ++v) changes_[v].clear();
            for (std::size_t r = 0; r < rows; ++r) {
                const std::size_t s = first_ + r % count_, t = step_ + r / count_;
                for (std::size_t b = 0; b < 2; ++b) {
                    for (std::size_t i = 0; i < n_inputs; ++i) bases[b](r, i) = source_.base(b, s, t, i);
                }
                for (std::size_t v = 0; v < variant_count; ++v) {
                    for (std::uint32_t c = 0; c < 3; ++c) {
                        const float x = source_.change(v, s, t, c);
                        if (x != 0.0f) changes_[v].push_back({static_cast<std::uint32_t>(r), c, x});
                    }
                }
            }
            step_ += rows / count_;
        }
        std::span<const Change> changes(std::size_t variant) const override { return changes_[variant]; }

      private:
        const Source& source_;
        std::size_t first_, count_, step_ = 0;
        std::vector<Change> changes_[variant_count];
    };
    std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override {
        return std::make_unique<Block>(*this, first, count);
    }

  private:
    std::vector<Matrix> x_;  // [base]: [sample·steps + step, input]
    std::vector<float> gain_[variant_count];
    std::vector<std::uint32_t> changing_{3, 4, 66};
};

/// A unit without memory whose response is the mean of its currents: what is read from it is linear in them.
Population population_of() {
    Population population;
    population.neuron = made<NeuronModel>("linear", {});
    population.measure = population.output = Reading::activation;
    population.below().weight.resize(n_units, n_inputs);
    population.bias.resize(n_units);
    population.learns_bias = true;
    for (std::size_t u = 0; u < n_units; ++u) {
        for (std::size_t i = 0; i < n_inputs; ++i) population.below().weight(u, i) = number(20, u, i) - 0.5f;
        population.bias[u] = number(21, u, 0) - 0.5f;
    }
    return population;
}

struct Expected {
    std::vector<Matrix> response;  // [variant]: [sample x unit]
    Matrix weight;
    std::vector<double> bias;
};

float current(const Source& source, const Population& population, std::size_t v, std::size_t s, std::size_t t,
              std::size_t u) {
    float c = 0.0f;
    for (std::size_t i = 0; i < n_inputs; ++i)
        c = std::fma(source.base(source.base_of(v), s, t, i), population.below().weight(u, i), c);
    for (std::size_t k = 0; k < 3; ++k)
        c = std::fma(source.change(v, s, t, k), population.below().weight(u, source.changing_inputs()[k]), c);
    const float weighted = source.gain_of(v, s) * (c + 0.0f);
    return weighted + population.bias[u];
}

/// Of a goodness whose derivative is the response times 2/units, which mean_square has.
Expected expected_of(const Source& source, const Population& population, const Goodness& goodness,
                     const std::vector<std::vector<double>>& slope) {
    Expected expected{std::vector<Matrix>(variant_count, Matrix(n_samples, n_units)),
                      Matrix(n_units, n_inputs), std::vector<double>(n_units)};
    std::vector<Matrix> signal(variant_count, Matrix(n_samples, n_units));  // the same in each step
    const float per_step = 1.0f / static_cast<float>(n_steps);
    for (std::size_t v = 0; v < variant_count; ++v) {
        for (std::size_t s = 0; s < n_samples; ++s) {
            for (std::size_t u = 0; u < n_units; ++u) {
                float sum = 0.0f;
                for (std::size_t t = 0; t < n_steps; ++t) sum += current(source, population, v, s, t, u);
                expected.response[v](s, u) = per_step * sum;
            }
        }
        std::vector<double> value(n_samples);
        goodness.evaluate(expected.response[v], value, signal[v]);
        for (std::size_t s = 0; s < n_samples; ++s) {
            for (float& x : signal[v].row(s)) x = per_step * (static_cast<float>(slope[v][s]) * x);
        }
    }
    for (std::size_t u = 0; u < n_units; ++u) {
        for (std::size_t v = 0; v < variant_count; ++v) {
            double of_variant = 0.0;
            for (std::size_t r = 0; r < n_samples * n_steps; ++r)
                of_variant += static_cast<double>(signal[v](r / n_steps, u));
            expected.bias[u] += of_variant;
        }
        const auto q = [&](std::size_t base, std::size_t s) {
            if (base == 1) return signal[1](s, u);
            const float first = source.gain_of(0, s) * signal[0](s, u),
                        last = source.gain_of(2, s) * signal[2](s, u);
            return first + last;
        };
        for (std::size_t i = 0; i < n_inputs; ++i) {
            float chain[2][2] = {};  // [block of 256 samples][base]
            for (std::size_t base = 0; base < 2; ++base) {
                for (std::size_t r = 0; r < n_samples * n_steps; ++r) {
                    const std::size_t s = r / n_steps;
                    float& c = chain[s / 256][base];
                    c = std::fma(q(base, s), source.base(base, s, r % n_steps, i), c);
                }
            }
            // Four sums: neighbours, then theirs.
            const float first = chain[0][0] + chain[0][1], last = chain[1][0] + chain[1][1];
            expected.weight(u, i) = first + last;
        }
        for (std::size_t k = 0; k < 3; ++k) {
            float chain = 0.0f;
            for (std::size_t r = 0; r < n_samples * n_steps; ++r) {
                for (std::size_t v = 0; v < variant_count; ++v) {
                    const float weighed = source.gain_of(v, r / n_steps) * signal[v](r / n_steps, u);
                    chain = std::fma(weighed, source.change(v, r / n_steps, r % n_steps, k), chain);
                }
            }
            expected.weight(u, source.changing_inputs()[k]) += chain;
        }
    }
    return expected;
}

template <class T>
std::size_t n_other_bits(std::span<const T> a, std::span<const T> b) {
    REQUIRE(a.size() == b.size());
    std::size_t n = 0;
    for (std::size_t i = 0; i < a.size(); ++i) n += std::memcmp(&a[i], &b[i], sizeof(T)) != 0;
    return n;
}

}  // namespace

TEST_CASE(
    "currents and gradients of a train are the chains that define them, whatever the wave and the machine") {
    const Population population = population_of();
    const auto goodness = made<Goodness>("mean_square", {});
    const TimeGrid time{1.0, n_steps};
    std::vector<std::vector<double>> slope(variant_count, std::vector<double>(n_samples));
    for (std::size_t v = 0; v < variant_count; ++v) {
        for (std::size_t s = 0; s < n_samples; ++s)
            slope[v][s] = static_cast<double>(number(30 + v, s, 0)) - 0.5;
    }
    for (const Kind kind : {Kind::few_spikes, Kind::many_spikes, Kind::values}) {
        const Source source(kind);
        std::optional<Expected> expected;
        for (const kernels::Kernels* kernels : kernels::available()) {
            const kernels::Use use(*kernels);
            if (!expected) expected = expected_of(source, population, *goodness, slope);
            // In units of the memory that one sample takes.
            for (const std::size_t wave : {64u, 7u}) {
                CAPTURE(static_cast<int>(kind), kernels->name, wave);
                SteppedPass::Memory memory;
                SteppedPass pass(population, time, {{}, &source}, memory);
                Activity activity;
                shape(activity.output, variant_count, n_samples, n_units);
                for (std::size_t first = 0, end; first < n_samples; first = end) {
                    end = SteppedPass::wave_end(first, wave, n_samples);
                    pass.forward(first, end - first,
                                 {.goodness = goodness.get(), .signal = true, .output = true}, activity);
                    std::vector<std::vector<double>> of_wave;
                    for (const auto& all : slope)
                        of_wave.emplace_back(all.begin() + std::ptrdiff_t(first),
                                             all.begin() + std::ptrdiff_t(end));
                    pass.backward(of_wave);
                }
                pass.finish();
                for (std::size_t v = 0; v < variant_count; ++v) {
                    CHECK(n_other_bits<float>(activity.output[v].values(), expected->response[v].values()) ==
                          0);
                }
                Matrix weight(n_units, n_inputs);
                std::vector<float> panel(n_inputs * Panels::width);
                for (std::size_t u = 0; u < n_units; ++u) {
                    if (u % 16 == 0) pass.weights({u / 16, 1, 0, n_inputs}, panel.data());
                    for (std::size_t i = 0; i < n_inputs; ++i) weight(u, i) = panel[i * 16 + u % 16];
                }
                CHECK(n_other_bits<float>(weight.values(), expected->weight.values()) == 0);
                CHECK(n_other_bits<double>(pass.bias().first(n_units), expected->bias) == 0);
            }
        }
    }
}

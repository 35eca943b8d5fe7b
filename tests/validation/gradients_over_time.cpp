// Gradients of weights whose inputs vary from step to step, against central differences, in double, of a
// smooth twin (smooth_twin.hpp) that sees the same spikes.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/encoded_input.hpp"
#include "data/presentations.hpp"
#include "engine/stepped_pass.hpp"
#include "kinds.hpp"
#include "smooth_twin.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_steps = 14, n_units = 3, n_samples = 21;  // more than a block, no multiple of it
constexpr double h = 1e-6;

Experiment experiment(const std::string& encoding, const std::string& measure) {
    return build(read_model_text("seed = 5\n[data]\nfolder = \"" SNNFF_ROOT
                                 "/data/mnist-sample\"\nn_train = 30\nn_test = 1\n[time]\nsteps = 14\n"
                                 "[encoding]\n" +
                                     encoding + "\n[population.only]\nsize = 3\nnormalisation = \"rms\"\n" +
                                     "init = { kind = \"normal_fan_in\", gain = 2.0 }\nmeasure = \"" +
                                     measure + "\"\n",
                                 "test", SNNFF_ROOT, {}));
}

/// Input of one sample under one variant, [step][input], gain included: from the encoding's own formula.
std::vector<std::vector<double>> input_of(const Experiment& e, const Variant& variant, std::size_t s,
                                          std::uint32_t sample) {
    const Seed draws = derived(e.model.seed, Stream::input_spikes, sample, 0);
    std::vector<float> value(variant.base.row(s).begin(), variant.base.row(s).end());
    value[variant.index[s]] = variant.value[s];
    std::vector<std::vector<double>> input(n_steps, std::vector<double>(value.size()));
    for (std::size_t t = 0; t < n_steps; ++t) {
        for (std::uint32_t i = 0; i < value.size(); ++i) {
            input[t][i] = static_cast<double>(variant.gain[s]) *
                          static_cast<double>(e.model.data.encoding->at(
                              value[i], value[i], draws, e.network.time, static_cast<std::int64_t>(t), i));
        }
    }
    return input;
}

}  // namespace

TEST_CASE("the gradient of a population under encoded input is that of its smooth twin") {
    for (const std::string encoding : {"kind = \"poisson\"\nmax_rate_hz = 600", "kind = \"latency\""}) {
        for (const std::string measure : {"rate", "count", "membrane", "membrane_mean"}) {
            CAPTURE(encoding, measure);
            const Experiment e = experiment(encoding, measure);
            const Population& population = e.network.populations[0];
            Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                        made<Normalisation>("rms"));
            presentations.begin_epoch(0, {});
            std::vector<std::uint32_t> samples;
            for (std::uint32_t s = 0; s < n_samples; ++s) samples.push_back((7 * s + 2) % 30);
            Matrix images;
            const auto variants = presentations.variants(samples, images);
            const EncodedInput source({e.model.data, e.model.seed, e.network.time, e.train, samples, 0},
                                      variants, nullptr);
            const Drive drive{{}, &source};

            SteppedPass::Memory memory;
            SteppedPass pass(population, e.network.time, drive, memory);
            Activity activity;
            pass.forward(0, n_samples,
                         {.goodness = e.model.learning.goodness.get(), .signal = true, .output = false},
                         activity);
            std::vector<std::vector<double>> slope(2, std::vector<double>(n_samples));
            for (std::uint32_t s = 0; s < n_samples; ++s) {
                slope[0][s] = normal(Seed{9}, Stream::mask, s, 0);
                slope[1][s] = normal(Seed{9}, Stream::mask, s, 1);
            }
            pass.backward(slope);
            pass.finish();
            std::vector<float> gradients(784 * Panels::width);  // [input x unit of a panel]
            pass.weights({0, 1, 0, 784}, gradients.data());
            const auto gradient = [&](std::size_t u, std::size_t i) {
                return static_cast<double>(gradients[i * Panels::width + u]);
            };
            const auto bias = pass.bias();

            // The label's inputs, and some of the image's that are not black.
            const std::vector<std::size_t> inputs{0, 3, 4, 9, 350, 378, 407, 435};
            const twin::Lif unit;
            std::vector<std::vector<double>> expected(n_units, std::vector<double>(inputs.size() + 1));
            for (std::size_t v = 0; v < 2; ++v) {
                for (std::size_t s = 0; s < n_samples; ++s) {
                    const auto input = input_of(e, variants[v], s, samples[s]);
                    double goodness = 0.0;
                    for (std::size_t u = 0; u < n_units; ++u) {
                        std::vector<double> current(n_steps);
                        for (std::size_t t = 0; t < n_steps; ++t) {
                            for (std::size_t i = 0; i < 784; ++i)
                                current[t] +=
                                    static_cast<double>(population.below().weight(u, i)) * input[t][i];
                        }
                        const twin::Events events = twin::events(unit, current);
                        const double response = twin::real(unit, current).of(measure);
                        goodness += response * response / n_units;
                        const auto derivative = [&](auto&& direction) {
                            std::vector<double> up = current, down = current;
                            for (std::size_t t = 0; t < n_steps; ++t) {
                                up[t] += h * direction(t);
                                down[t] -= h * direction(t);
                            }
                            return (twin::smooth(unit, up, events).of(measure) -
                                    twin::smooth(unit, down, events).of(measure)) /
                                   (2.0 * h);
                        };
                        const double factor = slope[v][s] * 2.0 * response / n_units;
                        for (std::size_t k = 0; k < inputs.size(); ++k) {
                            expected[u][k] +=
                                factor * derivative([&](std::size_t t) { return input[t][inputs[k]]; });
                        }
                        expected[u].back() += factor * derivative([](std::size_t) { return 1.0; });
                    }
                    // Membranes of a few units carry roundings of 784 products.
                    CHECK(std::abs(activity.goodness[v][s] - goodness) <= 1e-5 * std::max(goodness, 1.0));
                }
            }
            for (std::size_t u = 0; u < n_units; ++u) {
                double largest = 0.0;
                for (const double g : expected[u]) largest = std::max(largest, std::abs(g));
                REQUIRE(largest > 1e-3);
                for (std::size_t k = 0; k < inputs.size(); ++k) {
                    CAPTURE(u, inputs[k]);
                    CHECK(std::abs(gradient(u, inputs[k]) - expected[u][k]) <= 1e-5 * largest);
                }
                CHECK(std::abs(bias[u] - expected[u].back()) <= 1e-5 * largest);
            }
        }
    }
}

// Connections that model files cannot name leave the same bits for every variant of the kernels, any number
// of threads and any machine: hashes of what a few updates leave.
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "catch.hpp"
#include "engine/section.hpp"
#include "engine/update.hpp"
#include "kernels/dispatch.hpp"
#include "kinds.hpp"
#include "snnff/network.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

/// FNV-1a of the bits of floats and doubles, low bytes first.
class Hash {
  public:
    void add(std::uint64_t bits, int n_bytes) {
        for (int k = 0; k < n_bytes; ++k) value_ = (value_ ^ (bits >> 8 * k & 0xff)) * 0x100000001b3u;
    }
    void add(std::span<const float> values) {
        for (const float value : values) add(std::bit_cast<std::uint32_t>(value), 4);
    }
    void add(std::span<const double> values) {
        for (const double value : values) add(std::bit_cast<std::uint64_t>(value), 8);
    }
    std::uint64_t value() const noexcept { return value_; }

  private:
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

/// Multiples of 2⁻²⁴ within ±`bound`, which is a power of two, from Knuth's generator of 64 bits.
class Numbers {
  public:
    explicit Numbers(std::uint64_t seed) : state_(seed) {}
    float next(float bound) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return bound * (static_cast<float>(state_ >> 40) * 0x1p-23f - 1.0f);
    }
    void fill(Panels& weight, float bound) {
        for (std::size_t u = 0; u < weight.rows(); ++u) {
            for (std::size_t i = 0; i < weight.cols(); ++i) weight(u, i) = next(bound);
        }
    }

  private:
    std::uint64_t state_;
};

void add_population(Network& network, std::size_t n_units, std::size_t n_inputs, Reading output) {
    Population& population = network.populations.emplace_back();
    population.neuron =
        made<NeuronModel>("lif", {key("beta", 0.75), key("threshold", 0.25)}, {network.time, n_units});
    population.measure = Reading::rate;
    population.output = output;
    population.below().weight.resize(n_units, n_inputs);
    population.bias.assign(n_units, 0.0f);
    if (network.populations.size() > 1) population.below().from = network.populations.size() - 2;
}

/// What four updates of all populations leave, with goodness pushed up for positives and down for negatives.
std::uint64_t bits_after_updates(Network network, std::size_t n_threads) {
    constexpr std::size_t n_samples = 37;
    const ThreadLimit limit(n_threads);
    Numbers numbers(11);
    for (Population& population : network.populations) {
        for (Edge& edge : population.edges) numbers.fill(edge.weight, 0.125f);
    }
    std::vector<Matrix> images(2, Matrix(n_samples, network.populations[0].below().weight.cols()));
    std::vector<Variant> variants(2);
    for (std::size_t v = 0; v < 2; ++v) {
        for (float& value : images[v].values()) value = std::max(numbers.next(1.0f), 0.0f);
        variants[v].base = images[v];
        variants[v].gain.assign(n_samples, 1.0f);
    }
    const std::vector<Drive> outside{{variants}};
    const auto adam = made<Optimizer>("adam");
    const auto goodness = made<Goodness>("mean_square");
    const std::size_t n_populations = network.populations.size();
    std::vector<Moments> moments;
    for (const Population& population : network.populations) moments.emplace_back(population, *adam);
    std::vector<Activity> activities(n_populations);
    SectionPass::Memory memory;
    Hash hash;
    for (std::int64_t t = 1; t <= 4; ++t) {
        SectionPass pass(network, section_of(network, 0), outside, n_samples, activities, memory);
        pass.request(
            std::vector<ForwardRequest>(n_populations, {.goodness = goodness.get(), .signal = true}));
        pass.forward({0, n_samples});
        double spikes = 0.0;
        for (std::size_t k = 0; k < n_populations; ++k) {
            std::vector<std::vector<double>> slope;
            for (std::size_t v = 0; v < 2; ++v) {
                hash.add(std::span<const double>(activities[k].goodness[v]));
                for (const double rate : activities[k].rate[v]) spikes += rate;
                slope.emplace_back(activities[k].goodness[v].size(), v == 0 ? -0x1p-5 : 0x1p-5);
            }
            pass.backward(k, slope);
        }
        CHECK(spikes > 0.0);
        for (std::size_t k = 0; k < n_populations; ++k) {
            apply_update(*adam, {.t = t, .rate = 0x1p-8, .weight_decay = 0.0}, pass.finish(k),
                         network.populations[k], moments[k]);
        }
    }
    for (const Population& population : network.populations) {
        for (const Edge& edge : population.edges)
            hash.add(std::span<const float>(edge.weight.matrix().values()));
        hash.add(std::span<const float>(population.bias));
    }
    return hash.value();
}

Network lateral() {
    Network network{.time = {1.0, 9}, .populations = {}};
    add_population(network, 150, 93, Reading::rate);
    connect(network, 0, {.from = 0, .delay_steps = 1, .weight = Panels(150, 150)});
    return network;
}

Network loop_of_three() {
    Network network{.time = {1.0, 7}, .populations = {}};
    add_population(network, 130, 61, Reading::spikes);
    add_population(network, 70, 130, Reading::spikes);
    add_population(network, 37, 70, Reading::spikes);
    connect(network, 0, {.from = 2, .delay_steps = 1, .weight = Panels(130, 37)});
    connect(network, 2, {.from = 0, .delay_steps = 0, .weight = Panels(37, 130)});
    return network;
}

}  // namespace

TEST_CASE("edges sideways, from above and past a population leave the same bits everywhere") {
    for (const kernels::Kernels* variant : kernels::available()) {
        CAPTURE(variant->name);
        const kernels::Use use(*variant);
        for (const std::size_t n_threads : {1u, 2u, 3u, 7u}) {
            CAPTURE(n_threads);
            CHECK(bits_after_updates(lateral(), n_threads) == 0x58a478da8c8326deu);
            CHECK(bits_after_updates(loop_of_three(), n_threads) == 0x5f822e8c86239f92u);
        }
    }
}

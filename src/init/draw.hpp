#pragma once

#include <string_view>

#include "snnff/network.hpp"
#include "snnff/options.hpp"
#include "snnff/random.hpp"

namespace snnff {

/// What the key `bias` of an initialiser may say; `usual` is what the kind itself does.
enum class BiasStart { usual, zero, normal, uniform };

inline BiasStart read_bias_start(Options& options, std::string_view usual_meaning) {
    const Key key{"bias", "", usual_meaning};
    constexpr std::string_view names[] = {"default", "zero", "normal", "uniform"};
    return static_cast<BiasStart>(options.choice(key, "default", names));
}

/// One number of a population's parameters: `kind(seed, stream, i, index)`.
inline double drawn_uniform(double bound, Seed seed, Stream stream, std::uint64_t i, std::uint32_t index) {
    return bound * (2.0 * static_cast<double>(uniform(seed, stream, i, index)) - 1.0);
}
inline double drawn_normal(double sd, Seed seed, Stream stream, std::uint64_t i, std::uint32_t index) {
    return sd * static_cast<double>(normal(seed, stream, i, index));
}

/// Fills weights from below from draw(Stream, i) and biases from usual_bias(Stream, i), unless `start` says
/// otherwise. Weight [unit, input] is number unit·n_inputs + input. A bias that does not learn is 0.
template <class Draw, class DrawBias>
void fill_parameters(Population& population, std::uint32_t index, Seed seed, BiasStart start, Draw draw,
                     DrawBias usual_bias) {
    const std::size_t n_inputs = population.n_inputs();
    Panels& weight = population.below().weight;
    for (std::size_t i = 0; i < weight.size(); ++i)
        weight(i / n_inputs, i % n_inputs) = static_cast<float>(draw(Stream::initial_weight, i));
    population.bias.assign(population.n_units(), 0.0f);
    if (!population.learns_bias || start == BiasStart::zero) return;
    for (std::size_t i = 0; i < population.bias.size(); ++i) {
        const double bias =
            start == BiasStart::normal    ? drawn_normal(1.0, seed, Stream::initial_bias, i, index)
            : start == BiasStart::uniform ? static_cast<double>(uniform(seed, Stream::initial_bias, i, index))
                                          : usual_bias(Stream::initial_bias, i);
        population.bias[i] = static_cast<float>(bias);
    }
}

}  // namespace snnff

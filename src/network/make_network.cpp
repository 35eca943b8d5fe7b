#include <fmt/format.h>

#include <utility>

#include "core/float_environment.hpp"
#include "core/memory.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

/// Before anybody makes room for parameters and their moments.
void check_parameters_fit(const ModelSpec& model, std::size_t n_inputs) {
    double bytes = 0.0;
    for (const PopulationSpec& spec : model.network.populations) {
        const double n_weights = static_cast<double>(spec.n_units) * static_cast<double>(n_inputs);
        bytes += n_weights * static_cast<double>((1 + model.learning.optimizer->n_moments()) * sizeof(float));
        if (bytes > static_cast<double>(memory_limit())) {
            throw ModelError(fmt::format(
                "{}: population \"{}\": {} units of {} inputs bring the parameters to {}, and this machine "
                "has {}; a smaller population.{}.size would do",
                model.path.string(), spec.name, spec.n_units, n_inputs, gibibytes(bytes),
                gibibytes(static_cast<double>(memory_limit())), spec.name));
        }
        n_inputs = spec.n_units;
    }
}

}  // namespace

Network make_network(const ModelSpec& model, std::size_t n_inputs) {
    const FloatEnvironment environment;
    check_parameters_fit(model, n_inputs);
    Network network{model.network.time, {}};
    for (const PopulationSpec& spec : model.network.populations) {
        Population population;
        population.name = spec.name;
        population.neuron = spec.neuron;
        population.normalisation = spec.normalisation;
        population.measure = spec.measure;
        population.output = spec.output;
        population.learns_bias = spec.bias;
        population.n_groups = model.n_scores();
        population.weight.resize(spec.n_units, n_inputs);
        population.bias.assign(spec.n_units, 0.0f);
        spec.init->fill(population, static_cast<std::uint32_t>(network.populations.size()), model.seed);
        n_inputs = spec.n_units;
        network.populations.push_back(std::move(population));
    }
    return network;
}

SoftmaxHead make_head(const ModelSpec& model) {
    SoftmaxHead head;
    head.first_population = model.readout.first_population;
    head.normalisation = model.readout.normalisation;
    std::size_t n_features = 0;
    for (std::size_t k = head.first_population; k < model.network.populations.size(); ++k) {
        n_features += model.network.populations[k].n_units;
    }
    head.weight.resize(model.data.overlay.n_labels, n_features);
    head.bias.assign(model.data.overlay.n_labels, 0.0f);
    return head;
}

}  // namespace snnff

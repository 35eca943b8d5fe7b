#include <fmt/format.h>

#include <utility>

#include "core/float_environment.hpp"
#include "core/memory.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

[[noreturn]] void refuse(const ModelSpec& model, const PopulationSpec& spec, std::string_view why) {
    throw ModelError(fmt::format("{}: population.{}.projection = \"{}\": {}", model.path.string(), spec.name,
                                 spec.projection->kind(), why));
}

Projection::Shape shape_of(const ModelSpec& model, const PopulationSpec& spec, std::size_t n_inputs) {
    try {
        return spec.projection->shape(n_inputs);
    } catch (const ModelError& error) {
        refuse(model, spec, error.what());
    }
}

/// What goes with every unit seeing everything alone.
void check_projection(const ModelSpec& model, const PopulationSpec& spec) {
    if (spec.projection->dense()) return;
    if (!model.learning.local())
        refuse(model, spec, "does not learn by back-propagation; \"dense\" would do");
    if (spec.output == Reading::spikes)
        refuse(model, spec, "cannot send its train on; another population output would do");
    if (!model.data.encoding->constant())
        refuse(model, spec, "takes currents that stay constant; encoding.kind = \"constant\" would do");
    if (model.readout.softmax)
        refuse(model, spec, "cannot be seen by a read-out; readout.kind = \"none\" would do");
    if (!model.recording.variables.empty())
        refuse(model, spec, "cannot be recorded step by step; recording.variables = [] would do");
    if (spec.n_units % model.n_scores() != 0)
        refuse(model, spec,
               fmt::format("needs as many units for each class; {} are not a multiple of {}", spec.n_units,
                           model.n_scores()));
}

/// Before anybody makes room for parameters and their moments.
void check_parameters_fit(const ModelSpec& model, std::size_t n_inputs) {
    double bytes = 0.0;
    for (const PopulationSpec& spec : model.network.populations) {
        const Projection::Shape shape = shape_of(model, spec, n_inputs);
        const double n_weights = static_cast<double>(spec.n_units) * static_cast<double>(shape.n_weights);
        bytes += n_weights * static_cast<double>((1 + model.learning.optimizer->n_moments()) * sizeof(float));
        if (bytes > static_cast<double>(memory_limit())) {
            throw ModelError(fmt::format(
                "{}: population \"{}\": {} units of {} inputs bring the parameters to {}, and this machine "
                "has {}; a smaller population.{}.size would do",
                model.path.string(), spec.name, spec.n_units, shape.n_weights, gibibytes(bytes),
                gibibytes(static_cast<double>(memory_limit())), spec.name));
        }
        n_inputs = spec.n_units * shape.n_positions;
    }
}

}  // namespace

Population make_population(const ModelSpec& model, std::size_t k, std::size_t n_inputs) {
    const PopulationSpec& spec = model.network.populations[k];
    check_projection(model, spec);
    const Projection::Shape shape = shape_of(model, spec, n_inputs);
    Population population;
    population.name = spec.name;
    population.neuron = spec.neuron;
    population.measure = spec.measure;
    population.output = spec.output;
    population.learns_bias = spec.bias;
    population.n_groups = model.n_scores();
    Edge& below = population.below();
    if (k > 0) below.from = k - 1;
    below.projection = spec.projection;
    below.n_received = n_inputs;
    below.n_positions = shape.n_positions;
    below.normalisation = spec.normalisation;
    below.weight.resize(spec.n_units, shape.n_weights);
    population.bias.assign(spec.n_units, 0.0f);
    return population;
}

Network make_network(const ModelSpec& model, std::size_t n_inputs) {
    const FloatEnvironment environment;
    check_parameters_fit(model, n_inputs);
    Network network{model.network.time, {}};
    for (std::size_t k = 0; k < model.network.populations.size(); ++k) {
        Population population = make_population(model, k, n_inputs);
        model.network.populations[k].init->fill(population, static_cast<std::uint32_t>(k), model.seed);
        n_inputs = population.n_sent();
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

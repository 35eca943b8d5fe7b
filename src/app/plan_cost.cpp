#include "app/plan_cost.hpp"

#include <algorithm>

namespace snnff::app {
namespace {

/// A data set that grows with the run takes whole chunks of 64 KiB, so that it can be flushed in place.
std::uint64_t growing(std::uint64_t n_rows, std::uint64_t row_bytes) {
    constexpr std::uint64_t chunk = std::uint64_t{64} << 10;
    return (n_rows * row_bytes / chunk + 1) * chunk;
}

std::uint64_t training_bytes(const ModelSpec& model) {
    const std::uint64_t n_epochs = static_cast<std::uint64_t>(model.n_epochs());
    // Five curves and a byte of flags per population, its loss twice; the errors on three sets and the loss
    // on one; the epochs twice, and seconds.
    return (6 * model.network.populations.size() + 4) * growing(n_epochs, 4) +
           model.network.populations.size() * growing(n_epochs, 1) + 3 * growing(n_epochs, 8);
}

std::uint64_t evaluation_bytes(const Experiment& experiment) {
    const std::uint64_t n_labels = experiment.model.data.overlay.n_labels;
    std::uint64_t total = 0;
    for (const Dataset* dataset : {&experiment.train, &experiment.validation, &experiment.test}) {
        if (dataset->size() == 0) continue;
        const std::uint64_t n_scores = experiment.model.prediction.by == PredictBy::both ? 2 : 1;
        total += dataset->size() * (n_scores * n_labels * 4 + 2 * 4) + n_labels * n_labels * 8;
    }
    return total;
}

bool has(const NeuronModel& neuron, std::string_view variable) {
    if (variable == "membrane") return neuron.offers(Reading::membrane);
    if (variable == "spikes") return neuron.spiking();
    if (variable == "activation") return neuron.offers(Reading::activation);
    return true;  // everything is driven by a current
}

std::uint64_t recording_bytes(const ModelSpec& model) {
    const RecordingSpec& recording = model.recording;
    const auto every = [](std::int64_t k) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(k, 1));
    };
    std::uint64_t n_recordings = 1;  // after the last epoch
    if (recording.every_n_epochs > 0)
        n_recordings += static_cast<std::uint64_t>(model.n_epochs()) / every(recording.every_n_epochs);
    const auto steps = static_cast<std::uint64_t>(model.network.time.steps);
    const std::uint64_t frames =
        n_recordings * recording.samples.size() *
        std::max<std::size_t>(recording.phases.size() + recording.labels.size(), 1) *
        ((steps + every(recording.every_n_steps) - 1) / every(recording.every_n_steps));
    std::uint64_t total = 0;
    for (const PopulationSpec& population : model.network.populations) {
        const auto& chosen = recording.populations;
        if (!chosen.empty() && std::ranges::find(chosen, population.name) == chosen.end()) continue;
        const std::uint64_t wanted =
            recording.neurons.empty() ? every(recording.n_neurons) : recording.neurons.size();
        const std::uint64_t n_neurons = std::min<std::uint64_t>(wanted, population.n_units);
        for (const std::string& variable : recording.variables) {
            if (!has(*population.neuron, variable)) continue;
            // Values; epoch, sample, step, label, time and phase of every frame; groups and attributes.
            total += growing(frames, n_neurons * 4) + 5 * growing(frames, 8) + growing(frames, 1) + 50'000;
            // At most every neuron fires in every frame.
            if (variable == "spikes") total += 2 * growing(frames * n_neurons, 8);
        }
    }
    return total;
}

}  // namespace

PlanCost cost_of(const Experiment& experiment) {
    PlanCost cost;
    std::uint64_t stored = 0;
    for (const Population& population : experiment.network.populations) {
        cost.n_parameters += population.n_parameters();
        stored += (population.n_weights() + population.bias.size()) * sizeof(float);
    }
    const ReadoutSpec& readout = experiment.model.readout;
    if (readout.softmax) {
        std::size_t n_features = 0;
        for (std::size_t k = readout.first_population; k < experiment.network.populations.size(); ++k) {
            n_features += experiment.network.populations[k].n_units();
        }
        const std::size_t n_parameters = experiment.model.data.overlay.n_labels * (n_features + 1);
        cost.n_parameters += n_parameters;
        stored += n_parameters * sizeof(float) + static_cast<std::uint64_t>(readout.epochs) * 16 + 20'000;
    }
    cost.memory_bytes = estimated_memory(experiment);
    // Groups, attributes, dimension scales and chunk indices, as measured with HDF5 1.10.8.
    const std::uint64_t bookkeeping = 80'000 + 30'000 * experiment.network.populations.size();
    cost.run_file_bytes = bookkeeping + stored + training_bytes(experiment.model) +
                          evaluation_bytes(experiment) + recording_bytes(experiment.model);
    return cost;
}

}  // namespace snnff::app

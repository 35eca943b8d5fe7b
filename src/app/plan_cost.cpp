#include "app/plan_cost.hpp"

#include <algorithm>

namespace snnff::app {
namespace {

std::uint64_t n_epochs_of(const ModelSpec& model) {
    const bool one_by_one = model.plan.order == PlanOrder::layer_by_layer;
    const std::uint64_t turns = one_by_one ? model.populations.size() : 1;
    return static_cast<std::uint64_t>(model.plan.epochs) * static_cast<std::uint64_t>(model.plan.episodes) *
           turns;
}

std::uint64_t training_bytes(const ModelSpec& model) {
    // Five float32 curves per population; epoch, two errors and seconds.
    const std::uint64_t per_epoch = model.populations.size() * 5 * 4 + 8 + 2 * 4 + 8;
    return n_epochs_of(model) * per_epoch;
}

std::uint64_t evaluation_bytes(const Experiment& experiment) {
    const std::uint64_t n_labels = experiment.model.overlay.n_labels;
    std::uint64_t total = 0;
    for (const Dataset* dataset : {&experiment.train, &experiment.validation, &experiment.test}) {
        if (dataset->size() == 0) continue;
        total += dataset->size() * (n_labels * 4 + 2 * 4) + n_labels * n_labels * 8;
    }
    return total;
}

std::uint64_t recording_bytes(const ModelSpec& model) {
    const RecordingSpec& recording = model.recording;
    const auto every = [](std::int64_t k) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(k, 1));
    };
    std::uint64_t n_recordings = 1;  // after the last epoch
    if (recording.every_n_epochs > 0) n_recordings += n_epochs_of(model) / every(recording.every_n_epochs);
    const auto steps = static_cast<std::uint64_t>(model.time.steps);
    const std::uint64_t frames =
        n_recordings * recording.samples.size() * std::max<std::size_t>(recording.phases.size(), 1) *
        ((steps + every(recording.every_n_steps) - 1) / every(recording.every_n_steps));
    std::uint64_t total = 0;
    for (const PopulationSpec& population : model.populations) {
        const auto& chosen = recording.populations;
        if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), population.name) == chosen.end())
            continue;
        const std::uint64_t wanted =
            recording.neurons.empty() ? every(recording.n_neurons) : recording.neurons.size();
        const std::uint64_t n_neurons = std::min<std::uint64_t>(wanted, population.n_units);
        // Values, and sample, step and phase of every frame.
        total += recording.variables.size() * frames * (n_neurons * 4 + 8 + 8 + 1);
    }
    return total;
}

}  // namespace

PlanCost cost_of(const Experiment& experiment) {
    PlanCost cost;
    std::uint64_t stored = 0;
    for (const Population& population : experiment.network.populations) {
        cost.n_parameters += population.n_parameters();
        stored += (population.weight.size() + population.bias.size()) * sizeof(float);
    }
    cost.memory_bytes = estimated_memory(experiment);
    // Groups, attributes, dimension scales and chunk indices, as measured with HDF5 1.10.8.
    const std::uint64_t n_populations = experiment.network.populations.size();
    const std::uint64_t n_reports = experiment.model.recording.variables.size() * n_populations;
    const std::uint64_t bookkeeping = 60'000 + 30'000 * n_populations + 45'000 * n_reports;
    cost.run_file_bytes = bookkeeping + stored + training_bytes(experiment.model) +
                          evaluation_bytes(experiment) + recording_bytes(experiment.model);
    return cost;
}

}  // namespace snnff::app

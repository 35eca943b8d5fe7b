#include "sim/batch.hpp"

#include <algorithm>
#include <utility>

#include "sim/train_pass.hpp"

namespace snnff {

Batch::Batch(const Network& network)
    : network_(network),
      inputs_(network.populations.size()),
      drives_(network.populations.size()),
      activities_(network.populations.size()) {}

void Batch::enter(std::size_t entry, std::vector<Variant> variants, std::size_t n_samples,
                  std::size_t n_positive) {
    n_samples_ = n_samples;
    n_positive_ = n_positive;
    n_variants_ = variants.size();
    inputs_[entry] = std::move(variants);
    drives_[entry] = {inputs_[entry], nullptr, nullptr};
}

void Batch::forward(std::size_t k, const Goodness& goodness, ForwardRequest request) {
    const Population& population = network_.populations[k];
    Activity& activity = activities_[k];
    if (population.output == Readout::spikes) request.output = false;  // made when the next one asks for it
    if (drives_[k].constant()) {
        forward_constant(population, network_.time, inputs_[k], n_samples_, goodness, request, activity);
        return;
    }
    if (request.output) shape(activity.output, n_variants_, n_samples_, population.n_units());
    TrainPass pass(population, network_.time, drives_[k]);
    const std::size_t wave =
        TrainPass::wave_size(population, network_.time, n_variants_, stored_steps_budget);
    Activity part;
    part.output.swap(activity.output);
    activity.goodness.assign(n_variants_, {});
    activity.rate.assign(n_variants_, {});
    for (std::size_t first = 0; first < n_samples_; first += wave) {
        pass.forward(first, std::min(wave, n_samples_ - first), goodness, request, part);
        for (std::size_t v = 0; v < n_variants_; ++v) {
            activity.goodness[v].insert(activity.goodness[v].end(), part.goodness[v].begin(),
                                        part.goodness[v].end());
            activity.rate[v].insert(activity.rate[v].end(), part.rate[v].begin(), part.rate[v].end());
        }
    }
    activity.output.swap(part.output);
}

void Batch::ascend(std::size_t k, const Dropout* dropout) {
    const Population& population = network_.populations[k];
    if (population.output == Readout::spikes) {
        drives_[k + 1] = {{}, &population, &drives_[k]};
        return;
    }
    inputs_[k + 1] = as_input(activities_[k].output, network_.populations[k + 1].normalisation);
    if (dropout != nullptr) {
        for (Matrix& output : activities_[k].output) leave_out(*dropout, k + 1, output);
    }
    drives_[k + 1] = {inputs_[k + 1], nullptr, nullptr};
}

}  // namespace snnff

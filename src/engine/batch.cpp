#include "engine/batch.hpp"

#include <algorithm>
#include <utility>

#include "engine/train_pass.hpp"
#include "parallel/parallel.hpp"

namespace snnff {

Batch::Batch(const Network& network)
    : network_(network),
      inputs_(network.populations.size()),
      sources_(network.populations.size()),
      drives_(network.populations.size()),
      activities_(network.populations.size()) {}

void Batch::enter(std::size_t entry, std::vector<Variant> variants, std::size_t n_samples,
                  std::size_t n_positive) {
    n_samples_ = n_samples;
    n_positive_ = n_positive;
    n_variants_ = variants.size();
    inputs_[entry] = std::move(variants);
    drives_[entry] = {inputs_[entry], nullptr};
}

void Batch::enter(std::unique_ptr<const StepSource> source, std::size_t n_samples, std::size_t n_positive) {
    n_samples_ = n_samples;
    n_positive_ = n_positive;
    n_variants_ = source->n_variants();
    sources_[0] = std::move(source);
    drives_[0] = {{}, sources_[0].get()};
}

bool Batch::by_steps(const Network& network, std::size_t k, const Size& size) noexcept {
    return k == 0 ? size.input_varies : network.populations[k - 1].output == Readout::spikes;
}

namespace {

TrainPass::Size pass_size(std::size_t k, const Batch::Size& size) {
    return {size.n_variants, k == 0 ? 1 : size.n_variants, k == 0 ? size.n_changed : 0, size.n_samples};
}

}  // namespace

Batch::Held Batch::memory(const Network& network, std::size_t k, const Size& size, ForwardRequest request) {
    const Population& population = network.populations[k];
    if (population.output == Readout::spikes) request.output = false;
    if (!by_steps(network, k, size)) {
        return {activity_memory(population, size.n_variants, size.n_samples, request), 0};
    }
    const std::size_t per_sample = (request.output ? population.n_units() : 0) * sizeof(float) +
                                   (2 + population.n_groups) * sizeof(double);
    return {size.n_variants * size.n_samples * per_sample,
            TrainPass::memory(population, network.time, pass_size(k, size), request.signal)};
}

std::size_t Batch::scratch_memory(const Network& network, std::size_t k, const Size& size) {
    const Population& population = network.populations[k];
    return by_steps(network, k, size)
               ? TrainPass::scratch_memory(population, network.time, pass_size(k, size))
               : forward_scratch(population, size.n_variants);
}

void Batch::forward(std::size_t k, ForwardRequest request) {
    const Population& population = network_.populations[k];
    Activity& activity = activities_[k];
    if (population.output == Readout::spikes) request.output = false;  // made when the next one asks for it
    if (drives_[k].constant()) {
        forward_constant(population, network_.time, inputs_[k], n_samples_, request, activity);
        return;
    }
    if (request.output) shape(activity.output, n_variants_, n_samples_, population.n_units());
    activity.squares.clear();
    request.signal = false;  // of no use without the steps, which only a TrainPass keeps
    TrainPass::Memory memory;
    TrainPass(population, network_.time, drives_[k], memory).forward(0, n_samples_, request, activity);
}

void Batch::ascend(std::size_t k, const Dropout* dropout) {
    const Population& population = network_.populations[k];
    if (population.output == Readout::spikes) {
        sources_[k + 1] = std::make_unique<PopulationTrain>(population, network_.time, drives_[k]);
        drives_[k + 1] = {{}, sources_[k + 1].get()};
        return;
    }
    as_input(activities_[k].output, activities_[k].squares, *network_.populations[k + 1].normalisation,
             population.n_groups, inputs_[k + 1]);
    if (dropout != nullptr) {
        for (Matrix& output : activities_[k].output) {
            for_blocks(output.rows(), 16, [&](std::size_t first, std::size_t count) {
                leave_out(*dropout, k + 1, output.view().rows(first, count), first);
            });
        }
    }
    drives_[k + 1] = {inputs_[k + 1], nullptr};
}

}  // namespace snnff

#include "rules/backprop_pass.hpp"

#include <algorithm>
#include <numeric>

#include "parallel/parallel.hpp"

namespace snnff {
namespace {

/// Samples per task: few where each holds all its steps.
constexpr std::size_t samples_per_task = 32, samples_with_steps_per_task = 16;

/// Presents a variant to the first layer.
void load(const Variant& variant, const SampleBlock& block, std::size_t first, BackpropLayer& layer) {
    const MatrixView input = layer.input(block);
    RowChanges& changes = layer.changes(block);
    changes.clear();
    for (std::size_t s = 0; s < block.count; ++s) {
        const std::size_t sample = first + s, n_changes = variant.n_changes;
        std::ranges::copy(variant.base.row(sample), input.row(s).begin());
        for (std::size_t c = sample * n_changes; c < (sample + 1) * n_changes; ++c)
            changes.add(variant.index[c], variant.value[c]);
        changes.end_row();
        layer.gain(block)[s] = variant.gain[sample];
    }
}

/// The same for every step, in rows [step·count + sample].
void load(const StepSource& source, const SampleBlock& block, std::size_t first, BackpropLayer& layer) {
    const MatrixView input = layer.input(block);
    const auto steps = source.open(first, block.count);
    steps->next({&input, 1});
    const auto inputs = source.changing_inputs();
    RowChanges& changes = layer.changes(block);
    changes.clear();
    const auto given = steps->changes(0);  // row by row, inputs ascending
    std::size_t c = 0;
    for (std::size_t row = 0; row < input.rows(); ++row) {
        for (; c < given.size() && given[c].row == row; ++c)
            changes.add(inputs[given[c].column], given[c].value);
        changes.end_row();
    }
    const auto gain = source.gain(0);
    if (!gain.empty()) std::ranges::copy(gain.subspan(first, block.count), layer.gain(block).begin());
}

}  // namespace

BackpropPass::BackpropPass(const Network& network, std::size_t budget_bytes, bool input_varies)
    : network_(network), budget_bytes_(budget_bytes), rates_(network.populations.size()) {
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        layers_.emplace_back(network.populations[k], k, network.time,
                             k > 0 ? network.populations[k - 1].output == Readout::spikes : input_varies);
    }
}

std::size_t BackpropPass::stored_per_sample() const {
    std::size_t floats = network_.populations.back().n_units();
    for (const BackpropLayer& layer : layers_) floats += layer.stored_per_sample();
    return floats * sizeof(float);
}

std::size_t BackpropPass::wave_size(std::size_t batch_size) const {
    return std::clamp<std::size_t>(budget_bytes_ / stored_per_sample(), 1, batch_size);
}

std::size_t BackpropPass::block_size(std::size_t wave) const {
    const bool steps =
        std::ranges::any_of(layers_, [](const BackpropLayer& layer) { return layer.stores_steps(); });
    return even_block(wave, steps ? samples_with_steps_per_task : samples_per_task);
}

std::size_t BackpropPass::memory(const Network& network, std::size_t batch_size, bool input_varies,
                                 bool thins_out) {
    const BackpropPass pass(network, stored_steps_budget, input_varies);
    const std::size_t wave = pass.wave_size(batch_size), block = pass.block_size(wave);
    std::size_t bytes = wave * network.populations.back().n_units() * sizeof(float);
    for (const BackpropLayer& layer : pass.layers_) bytes += layer.memory(batch_size, wave, block, thins_out);
    return bytes;
}

std::size_t BackpropPass::scratch_memory(const Network& network, std::size_t batch_size, bool input_varies) {
    const BackpropPass pass(network, stored_steps_budget, input_varies);
    const std::size_t block = pass.block_size(pass.wave_size(batch_size));
    std::size_t most = 0;
    for (const BackpropLayer& layer : pass.layers_) most = std::max(most, layer.scratch_memory(block));
    return most;
}

double BackpropPass::run(const Drive& input, std::span<const std::int32_t> label, const Dropout* dropout) {
    const std::size_t n = label.size(), wave = wave_size(n);
    loss_.assign(n, 0.0);
    for (auto& rate : rates_) rate.assign(n, 0.0);
    for (BackpropLayer& layer : layers_) layer.begin_batch();
    for (std::size_t done = 0; done < n; done += wave) {
        const std::size_t count = std::min(wave, n - done);
        logits_.resize(count, network_.populations.back().n_units());
        const std::size_t block = block_size(count);
        for (BackpropLayer& layer : layers_) layer.begin_wave(count, block, dropout);
        for_blocks(count, block, [&](std::size_t first, std::size_t n_samples) {
            forward({first, n_samples, done}, input);
            backward({first, n_samples, done}, label);
        });
        for (BackpropLayer& layer : layers_) layer.add_gradient();
    }
    return std::accumulate(loss_.begin(), loss_.end(), 0.0) / static_cast<double>(n);
}

BackpropPass::Gradient BackpropPass::gradient(std::size_t k) const {
    const Population& population = network_.populations[k];
    Gradient gradient{Matrix(population.n_units(), population.n_inputs()), {}};
    layers_[k].gradient().write(gradient.weight);
    const auto bias = layers_[k].gradient().bias().first(population.n_units());
    gradient.bias.assign(bias.begin(), bias.end());
    return gradient;
}

void BackpropPass::forward(const SampleBlock& block, const Drive& input) {
    const std::size_t first = block.first_of_wave + block.first;
    if (input.constant()) {
        load(input.variants.front(), block, first, layers_.front());
    } else {
        load(*input.source, block, first, layers_.front());
    }
    for (std::size_t k = 0; k < layers_.size(); ++k) {
        const bool last = k + 1 == layers_.size();
        layers_[k].forward(block,
                           last ? logits_.view().rows(block.first, block.count) : layers_[k + 1].input(block),
                           rates_[k]);
    }
}

void BackpropPass::backward(const SampleBlock& block, std::span<const std::int32_t> label) {
    const MatrixView logits = logits_.view().rows(block.first, block.count);
    const std::size_t first = block.first_of_wave + block.first;
    softmax_cross_entropy(logits, label.subspan(first, block.count),
                          std::span(loss_).subspan(first, block.count), logits);
    const float share = 1.0f / static_cast<float>(label.size());  // of each sample in the mean
    Matrix arriving(logits.rows(), logits.cols());
    for (std::size_t s = 0; s < logits.rows(); ++s) {
        for (std::size_t c = 0; c < logits.cols(); ++c) arriving(s, c) = share * logits(s, c);
    }
    for (std::size_t k = layers_.size(); k-- > 0;) {
        Matrix below;
        if (k > 0) below.resize(layers_[k].input(block).rows(), layers_[k].input(block).cols());
        layers_[k].backward(block, arriving, below);
        arriving = std::move(below);
    }
}

}  // namespace snnff

#include "sim/backprop_pass.hpp"

#include <algorithm>
#include <numeric>

#include "sim/parallel.hpp"

namespace snnff {
namespace {

/// Samples per task: few where each holds all its steps.
constexpr std::size_t samples_per_task = 32, samples_with_steps_per_task = 16;

/// Writes what a variant presents, changes and gain included.
void write_input(const Variant& variant, std::size_t first, MatrixView out) {
    for (std::size_t s = 0; s < out.rows(); ++s) {
        const std::size_t sample = first + s, n_changes = variant.n_changes;
        const auto to = out.row(s);
        std::ranges::copy(variant.base.row(sample), to.begin());
        for (std::size_t c = sample * n_changes; c < (sample + 1) * n_changes; ++c) {
            to[variant.index[c]] = variant.value[c];
        }
        for (float& x : to) x *= variant.gain[sample];
    }
}

/// The same for every step, [step·count + sample, input].
void write_steps(const StepSource& source, std::size_t first, std::size_t count, MatrixView out) {
    const auto steps = source.open(first, count);
    steps->next({&out, 1});
    const auto inputs = source.changing_inputs();
    for (const StepSource::Change& change : steps->changes(0))
        out(change.row, inputs[change.column]) = change.value;
    const auto gain = source.gain(0);
    for (std::size_t r = 0; r < out.rows() && !gain.empty(); ++r) {
        for (float& x : out.row(r)) x *= gain[first + r % count];
    }
}

}  // namespace

BackpropPass::BackpropPass(const Network& network, std::size_t budget_bytes, bool input_varies)
    : network_(network),
      budget_bytes_(budget_bytes),
      gradients_(network.populations.size()),
      rates_(network.populations.size()) {
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

std::size_t BackpropPass::memory(const Network& network, std::size_t batch_size, bool input_varies) {
    const BackpropPass pass(network, stored_steps_budget, input_varies);
    std::size_t bytes = pass.wave_size(batch_size) * pass.stored_per_sample();
    for (const Population& population : network.populations)
        bytes += population.weight.size() * sizeof(float);
    return bytes;
}

double BackpropPass::run(const Drive& input, std::span<const std::int32_t> label, const Dropout* dropout) {
    const std::size_t n = label.size(), wave = wave_size(n);
    loss_.assign(n, 0.0);
    for (auto& rate : rates_) rate.assign(n, 0.0);
    const bool steps =
        std::ranges::any_of(layers_, [](const BackpropLayer& layer) { return layer.stores_steps(); });
    for (std::size_t done = 0; done < n; done += wave) {
        const std::size_t count = std::min(wave, n - done);
        logits_.resize(count, network_.populations.back().n_units());
        for (BackpropLayer& layer : layers_) layer.begin_wave(count, dropout);
        const std::size_t block = even_block(count, steps ? samples_with_steps_per_task : samples_per_task);
        for_blocks(count, block, [&](std::size_t first, std::size_t n_samples) {
            forward({first, n_samples, done}, input);
            backward({first, n_samples, done}, label);
        });
        for (std::size_t k = 0; k < layers_.size(); ++k) layers_[k].gradient(gradients_[k], done > 0);
    }
    return std::accumulate(loss_.begin(), loss_.end(), 0.0) / static_cast<double>(n);
}

void BackpropPass::forward(const SampleBlock& block, const Drive& input) {
    const std::size_t first = block.first_of_wave + block.first;
    if (input.constant()) {
        write_input(input.variants.front(), first, layers_.front().input(block));
    } else {
        write_steps(*input.source, first, block.count, layers_.front().input(block));
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

#include "rules/backprop_pass.hpp"

#include <algorithm>
#include <numeric>

#include "parallel/parallel.hpp"
#include "snnff/learning.hpp"

namespace snnff {
namespace {

constexpr std::size_t samples_per_task = 16;

/// Memory of the shape that a wave needs is used again.
MatrixView room(Matrix& matrix, std::size_t rows, std::size_t cols) {
    if (matrix.rows() < rows || matrix.cols() != cols) matrix.resize(rows, cols);
    return matrix.view().rows(0, rows);
}

/// Whether a population keeps its steps: a train comes in or goes out.
bool keeps_steps(const Network& network, std::size_t k, bool input_varies) {
    return driven_by_step(network, k, input_varies) || network.populations[k].output == Reading::spikes;
}

/// Samples that go through all sections at a time.
std::size_t samples_per_wave(const Network& network, std::size_t n_samples, bool input_varies,
                             std::size_t budget_bytes) {
    std::size_t wave = n_samples;
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        if (!keeps_steps(network, k, input_varies)) continue;
        wave =
            std::min(wave, SteppedPass::wave_size(network.populations[k], network.time, 1, 1, budget_bytes));
    }
    return wave;
}

}  // namespace

BackpropPass::BackpropPass(const Network& network, std::size_t budget_bytes)
    : network_(network), budget_bytes_(budget_bytes), members_(network.populations.size()) {
    for (std::size_t k = 0; k < members_.size();) {
        const Section section = section_of(network, k);
        section_of_.resize(section.last + 1, sections_.size());
        sections_.push_back(section);
        k = section.last + 1;
    }
    memory_.resize(sections_.size());
    passes_.reserve(sections_.size());
    for (std::size_t k = 0; k < members_.size(); ++k)
        requests_.push_back({.signal = true, .output = k == sections_[section_of_[k]].last});
}

std::size_t BackpropPass::rows_per_sample(std::size_t k) const {
    return network_.populations[k].output == Reading::spikes ? static_cast<std::size_t>(network_.time.steps)
                                                             : 1;
}

double BackpropPass::run(Batch& batch, std::span<const std::int32_t> label, const Dropout* dropout) {
    const std::size_t n = label.size();
    const std::size_t wave = samples_per_wave(network_, n, !batch.drive(0).constant(), budget_bytes_);
    loss_.assign(n, 0.0);
    passes_.clear();
    for (std::size_t k = 1; k < members_.size(); ++k)
        members_[k].turned.turn(network_.populations[k].below().weight);
    for (std::size_t first = 0, end; first < n; first = end) {
        end = wave == n ? n : SteppedPass::wave_end(first, wave, n);
        forward(batch, {first, end - first}, dropout);
        backward(batch, {first, end - first}, label, dropout);
    }
    ones_.resize(1);
    for (std::size_t k = 0; k < members_.size(); ++k) {
        Member& member = members_[k];
        SectionPass& pass = passes_[section_of_[k]];
        if (pass.walks_back(k)) {
            member.gradient = &pass.finish(k);
            continue;
        }
        const Population& population = network_.populations[k];
        ones_.front().assign(n * population.n_groups, 1.0);
        member.gradient = &member.constant.emplace(population, batch.drive(k).variants,
                                                   batch.activity(k).signal, ones_, member.of_gradient);
    }
    return std::accumulate(loss_.begin(), loss_.end(), 0.0) / static_cast<double>(n);
}

void BackpropPass::forward(Batch& batch, Range samples, const Dropout* dropout) {
    for (std::size_t s = 0; s < sections_.size(); ++s) {
        const Section section = sections_[s];
        if (s > 0) batch.ascend(sections_[s - 1], dropout, samples);
        if (passes_.size() == s) {
            passes_.push_back(batch.pass(section, memory_[s]));
            passes_[s].request(std::span(requests_).subspan(section.first, section.size()));
        }
        passes_[s].forward(samples);
    }
}

void BackpropPass::backward(Batch& batch, Range samples, std::span<const std::int32_t> label,
                            const Dropout* dropout) {
    const auto by_sent = [&](std::size_t k) {
        return room(members_[k].by_sent, samples.count * rows_per_sample(k),
                    network_.populations[k].n_units());
    };
    const std::size_t last = members_.size() - 1;
    const MatrixView by_logits = by_sent(last);
    const ConstMatrixView logits = batch.activity(last).output.front();
    const float share = 1.0f / static_cast<float>(label.size());  // of each sample in the mean
    for_blocks(samples.count, samples_per_task, [&](std::size_t first, std::size_t count) {
        const std::size_t of_batch = samples.first + first;
        const MatrixView to = by_logits.rows(first, count);
        softmax_cross_entropy(logits.rows(of_batch, count), label.subspan(of_batch, count),
                              std::span(loss_).subspan(of_batch, count), to);
        for (std::size_t i = 0; i < count * to.cols(); ++i) to.data()[i] *= share;
    });
    for (std::size_t k = last;; --k) {
        SectionPass& pass = passes_[section_of_[k]];
        pass.backward(k, samples, by_sent(k));
        if (k == 0) return;
        pass.hand_down(k, samples, members_[k].turned, by_sent(k - 1));
        if (k == sections_[section_of_[k]].first) to_what_was_sent(batch, k, samples, dropout);
    }
}

/// From d loss/d of what is multiplied by a population's weights to d loss/d of what was sent.
void BackpropPass::to_what_was_sent(Batch& batch, std::size_t k, Range samples, const Dropout* dropout) {
    const Normalisation& normalisation = *network_.populations[k].below().normalisation;
    if (dropout == nullptr && !normalisation.scales()) return;
    const MatrixView slope = members_[k - 1].by_sent.view().rows(0, samples.count);
    const ConstMatrixView sent =
        ConstMatrixView(batch.activity(k - 1).output.front()).rows(samples.first, samples.count);
    for_blocks(samples.count, samples_per_task, [&](std::size_t first, std::size_t count) {
        if (dropout != nullptr) leave_out(*dropout, k, slope.rows(first, count), samples.first + first);
        for (std::size_t s = first; s < first + count; ++s)
            normalise_back(normalisation, sent.row(s), slope.row(s));
    });
}

std::size_t BackpropPass::memory(const Network& network, const Batch::Size& size) {
    const std::size_t wave =
        samples_per_wave(network, size.n_samples, size.input_varies, stored_steps_budget);
    const auto n_steps = static_cast<std::size_t>(network.time.steps);
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const Population& population = network.populations[k];
        const bool train = population.output == Reading::spikes;
        bytes += Batch::memory(network, k, size, {.signal = true, .output = true}).meanwhile;
        bytes += wave * (train ? n_steps : 1) * population.n_units() * sizeof(float);
        if (k > 0) bytes += TurnedWeights::memory(population.n_units(), population.n_inputs());
        if (driven_by_step(network, k, size.input_varies)) continue;
        bytes += ConstantGradient::memory({.n_units = population.n_units(),
                                           .n_variants = 1,
                                           .n_bases = 1,
                                           .n_samples = size.n_samples,
                                           .n_inputs = population.n_inputs(),
                                           .n_changed = k == 0 ? size.n_changed : 0,
                                           .n_groups = population.n_groups});
    }
    return bytes;
}

std::size_t BackpropPass::scratch_memory(const Network& network, const Batch::Size& size) {
    std::size_t most = 0;
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const Population& population = network.populations[k];
        most = std::max(most, Batch::scratch_memory(network, k, size) +
                                  TurnedWeights::scratch_memory(population.n_inputs()) +
                                  rows_handed_down * whole_lines(population.n_units()) * sizeof(float));
    }
    return most;
}

std::size_t BackpropPass::batch_memory(const Network& network, const Batch::Size& size, bool thins_out) {
    std::size_t bytes = size.n_samples * sizeof(double);  // losses
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const bool sends_once = network.populations[k].output != Reading::spikes;
        bytes += Batch::memory(network, k, size, {.signal = true, .output = true}).kept;
        if (thins_out && sends_once && k + 1 < network.populations.size())  // a copy, some of it left out
            bytes += size.n_samples * network.populations[k].n_sent() * sizeof(float);
    }
    return bytes;
}

}  // namespace snnff

#include "engine/backprop_layer.hpp"

#include <algorithm>

#include "core/sums.hpp"
#include "engine/activity.hpp"
#include "engine/steps.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

double mean(std::span<const float> values) {
    return kernels::active().sum(values.data(), values.size()) / static_cast<double>(values.size());
}

/// A matrix that has the shape already keeps its memory as it is.
void reshape(Matrix& matrix, std::size_t rows, std::size_t cols) {
    if (matrix.rows() != rows || matrix.cols() != cols) matrix.resize(rows, cols);
}

}  // namespace

BackpropLayer::BackpropLayer(const Population& population, std::size_t index, const TimeGrid& time,
                             bool by_steps)
    : population_(population),
      index_(index),
      time_(time),
      n_steps_(static_cast<std::size_t>(time.steps)),
      by_train_(by_steps) {}

std::size_t BackpropLayer::stored_per_sample() const noexcept {
    const std::size_t line = whole_lines(population_.n_units());
    const std::size_t slopes = stores_steps() ? 3 * n_steps_ * line : line;
    // A signal, and the same in panels: of trains, psi takes the one, and the other is a block's.
    return rows_per_sample() * population_.n_inputs() + slopes + (by_train_ ? 0 : 2 * line);
}

std::size_t BackpropLayer::memory(std::size_t n_samples, std::size_t wave, std::size_t block,
                                  bool thins_out) const noexcept {
    const std::size_t n_inputs = population_.n_inputs(), n_units = population_.n_units();
    const std::size_t line = whole_lines(n_units);
    std::size_t floats_per_sample = rows_per_sample() * n_inputs;
    if (normalises() && thins_out && !by_train_) floats_per_sample += n_inputs;
    floats_per_sample += stores_steps() ? 3 * n_steps_ * line : line;
    if (!by_train_) floats_per_sample += line;
    const std::size_t backward = index_ > 0 ? whole_lines(n_inputs) * n_units : 0;
    return (wave * floats_per_sample + backward) * sizeof(float) +
           GradientSum::memory(n_units, n_inputs, n_samples, by_train_ ? block * n_steps_ : wave, false);
}

std::size_t BackpropLayer::scratch_memory(std::size_t block) const noexcept {
    const std::size_t n_rows = block * rows_per_sample(), n_units = population_.n_units();
    // On the way forward currents and sums; on the way back what arrives, what is passed on and two sums.
    const std::size_t out = population_.output == Readout::spikes ? block * n_steps_ : block;
    const std::size_t forward = n_rows * whole_lines(n_units) + 6 * block * n_units;
    const std::size_t backward =
        out * n_units +
        (index_ > 0 ? n_rows * (population_.n_inputs() + 2 * whole_lines(population_.n_inputs())) : 0);
    return std::max(forward, backward) * sizeof(float);
}

void BackpropLayer::begin_batch() {
    gradient_.begin(population_.n_units(), population_.n_inputs());
    if (index_ == 0) return;
    const std::size_t n_inputs = population_.n_inputs(), n_units = population_.n_units();
    if (by_input_.rows() != n_inputs || by_input_.cols() != n_units) by_input_.resize(n_inputs, n_units);
    for_blocks(by_input_.n_panels(), 1, [&](std::size_t panel, std::size_t) {
        const std::size_t first = panel * Panels::width, end = std::min(first + Panels::width, n_inputs);
        for (std::size_t u = 0; u < n_units; ++u) {
            for (std::size_t i = first; i < end; ++i) by_input_(i, u) = population_.weight(u, i);
        }
    });
}

void BackpropLayer::begin_wave(std::size_t n, std::size_t block, const Dropout* dropout) {
    dropout_ = dropout;
    n_samples_ = n;
    block_ = block;
    changes_.resize((n + block - 1) / block);
    gain_.assign(n, 1.0f);
    reshape(input_, n * rows_per_sample(), population_.n_inputs());
    if (normalises()) length_.resize(n);
    if (normalises() && thins_out()) reshape(sent_, n, population_.n_inputs());
    const std::size_t line = whole_lines(population_.n_units());
    if (stores_steps()) {
        for (Matrix* slopes : {&psi_, &carry_, &drive_}) reshape(*slopes, n * n_steps_, line);
    } else {
        reshape(slope_, n, line);
    }
    if (!by_train_) reshape(signal_, n, line);
}

MatrixView BackpropLayer::rows(Matrix& matrix, const SampleBlock& block, std::size_t rows_per_sample) const {
    return matrix.view().rows(block.first * rows_per_sample, block.count * rows_per_sample);
}

MatrixView BackpropLayer::input(const SampleBlock& block) { return rows(input_, block, rows_per_sample()); }

void BackpropLayer::forward(const SampleBlock& block, MatrixView output, std::vector<double>& rate) {
    prepare(block);
    Matrix current(input(block).rows(), population_.weight.n_panels() * Panels::width);
    currents(block, current);
    const MatrixView of_units = current.view().columns(0, population_.n_units());
    if (stores_steps()) {
        run_steps(block, of_units, output, rate);
    } else {
        respond(block, of_units, output, rate);
    }
}

/// Finds the gains that normalise the input, then leaves some of it out.
void BackpropLayer::prepare(const SampleBlock& block) {
    const MatrixView input = this->input(block);
    if (normalises()) {
        const Normalisation& normalisation = *population_.normalisation;
        for (std::size_t s = 0; s < block.count; ++s) {
            const auto x = input.row(s);
            const double squares = kernels::active().sum_squares(x.data(), x.size());
            gain_[block.first + s] = normalisation.gain(squares, x.size());
            length_[block.first + s] = normalisation.length(squares, x.size());
        }
    }
    if (!thins_out()) return;
    if (normalises()) {
        const MatrixView sent = rows(sent_, block, 1);
        for (std::size_t s = 0; s < block.count; ++s) std::ranges::copy(input.row(s), sent.row(s).begin());
    }
    leave_out(*dropout_, index_, input, block.first_of_wave + block.first);
}

void BackpropLayer::currents(const SampleBlock& block, MatrixView out) {
    const ConstMatrixView input = this->input(block);
    const Panels& weight = population_.weight;
    const Tile all{0, input.rows(), 0, weight.n_panels()};
    base_chains(input, weight, all, out);
    AlignedVector<float> bias(out.cols()), gain(input.rows());
    std::ranges::copy(population_.bias, bias.begin());
    for (std::size_t r = 0; r < gain.size(); ++r) gain[r] = gain_[block.first + r % block.count];
    RowChanges& changed = changes(block);
    changed.end.resize(input.rows(), changed.index.size());
    kernels::active().end_currents({.n_rows = input.rows(),
                                    .n_panels = weight.n_panels(),
                                    .chain = {out.data(), out.stride()},
                                    .panels = weight.panel(0),
                                    .panel_stride = weight.panel_size(),
                                    .changes_end = changed.end.data(),
                                    .index = changed.index.data(),
                                    .value = changed.value.data(),
                                    .gain = gain.data(),
                                    .bias = bias.data(),
                                    .current = {out.data(), out.stride()}});
}

/// δ_I·W.
void BackpropLayer::hand_on(ConstMatrixView signal, MatrixView out) const {
    constexpr std::size_t units_per_chain = 64;
    const std::size_t width = by_input_.n_panels() * Panels::width;
    Matrix sum(signal.rows(), width), part(signal.rows(), width);
    for (std::size_t first = 0; first < signal.cols(); first += units_per_chain) {
        Matrix& to = first == 0 ? sum : part;
        kernels::active().chains({.n_rows = signal.rows(),
                                  .depth = std::min(units_per_chain, signal.cols() - first),
                                  .n_panels = by_input_.n_panels(),
                                  .a = signal.data() + first,
                                  .row_stride = signal.stride(),
                                  .panels = by_input_.panel(0) + first * Panels::width,
                                  .panel_stride = by_input_.panel_size(),
                                  .out = to.data(),
                                  .out_row_stride = width});
        if (first > 0) kernels::active().add(part.data(), part.size(), sum.data());
    }
    for (std::size_t r = 0; r < out.rows(); ++r) {
        std::ranges::copy(sum.row(r).first(out.cols()), out.row(r).begin());
    }
}

/// From δ_I·W to d loss/d x, in place.
void BackpropLayer::unprepare(const SampleBlock& block, MatrixView slope) {
    if (thins_out()) leave_out(*dropout_, index_, slope, block.first_of_wave + block.first);
    if (!normalises()) return;
    const MatrixView sent = rows(thins_out() ? sent_ : input_, block, 1);
    for (std::size_t s = 0; s < block.count; ++s) {
        const auto x = sent.row(s), delta = slope.row(s);
        const double along = sum_in_blocks(x.size(), [&](std::size_t i) {
            return static_cast<double>(delta[i]) * static_cast<double>(x[i]);
        });
        const double gain = static_cast<double>(gain_[block.first + s]), length = length_[block.first + s];
        const double factor = length > 0.0 ? gain * gain / length * along : 0.0;
        // The difference cancels where all of δ points along x; it is rounded once.
        for (std::size_t i = 0; i < x.size(); ++i) {
            delta[i] =
                static_cast<float>(gain * static_cast<double>(delta[i]) - factor * static_cast<double>(x[i]));
        }
    }
}

void BackpropLayer::respond(const SampleBlock& block, ConstMatrixView current, MatrixView output,
                            std::vector<double>& rate) {
    const Readout readout = population_.output;
    const bool spiking = population_.neuron->spiking();
    const bool tells_rate = readout == Readout::rate || readout == Readout::count;
    Matrix spikes;
    if (spiking && !tells_rate) spikes.resize(block.count, population_.n_units());
    const Response responses[] = {{readout, output, units(slope_, block, 1)}, {Readout::rate, spikes, {}}};
    population_.neuron->respond(current, time_, {responses, spikes.empty() ? 1u : 2u});
    if (!spiking) return;
    const double per_step = readout == Readout::count ? 1.0 / static_cast<double>(n_steps_) : 1.0;
    for (std::size_t s = 0; s < block.count; ++s) {
        rate[block.first_of_wave + block.first + s] =
            tells_rate ? per_step * mean(output.row(s)) : mean(spikes.row(s));
    }
}

void BackpropLayer::run_steps(const SampleBlock& block, ConstMatrixView current, MatrixView output,
                              std::vector<double>& rate) {
    const std::size_t count = block.count, n_units = population_.n_units();
    const bool train = population_.output == Readout::spikes;
    const MatrixView psi = units(psi_, block, n_steps_), carry = units(carry_, block, n_steps_),
                     drive = units(drive_, block, n_steps_);
    thread_local SteppedResponse response;
    response.begin(*population_.neuron, count, n_units, false);
    for (std::size_t t = 0; t < n_steps_; ++t) {
        const auto step = [&](auto view) { return view.rows(t * count, count); };
        const StepView& view = response.step(*population_.neuron, by_train_ ? step(current) : current, 0,
                                             {step(psi), step(carry), step(drive)});
        for (std::size_t s = 0; train && s < count; ++s)
            std::ranges::copy(view.emitted.row(s), output.row(t * count + s).begin());
    }
    const auto write = [&](Readout readout, MatrixView to) {
        const Response wanted{readout, to, {}};
        response.write({&wanted, 1});
    };
    if (!train) write(population_.output, output);
    if (!population_.neuron->spiking()) return;
    Matrix spikes(count, n_units);
    write(Readout::count, spikes);
    for (std::size_t s = 0; s < count; ++s)
        rate[block.first_of_wave + block.first + s] = mean(spikes.row(s)) / static_cast<double>(n_steps_);
}

void BackpropLayer::backward(const SampleBlock& block, ConstMatrixView arriving, MatrixView passed_on) {
    const MatrixView signal = by_train_ ? units(psi_, block, n_steps_) : units(signal_, block, 1);
    if (stores_steps()) {
        const StepSlopes slopes{units(psi_, block, n_steps_), units(carry_, block, n_steps_),
                                units(drive_, block, n_steps_)};
        walk_back(population_.output, time_, arriving, slopes, signal);
    } else {
        const MatrixView slope = units(slope_, block, 1);
        for (std::size_t s = 0; s < block.count; ++s) {
            const auto delta = arriving.row(s);
            const auto by_current = slope.row(s);
            const auto to = signal.row(s);
            for (std::size_t u = 0; u < to.size(); ++u) to[u] = delta[u] * by_current[u];
        }
    }
    if (passed_on.empty()) return;
    hand_on(signal, passed_on);
    unprepare(block, passed_on);
}

void BackpropLayer::add_gradient() {
    if (!by_train_) {
        RowChanges all;  // a row is a sample: the blocks' after each other
        for (const RowChanges& changes : changes_) {
            for (std::size_t r = 0, c = 0; r < changes.end.size(); ++r) {
                for (; c < changes.end[r]; ++c) all.add(changes.index[c], changes.value[c]);
                all.end_row();
            }
        }
        return gradient_.add({.x = input_, .signal = signal_, .gain = gain_, .changes = &all});
    }
    for (std::size_t first = 0; first < n_samples_; first += block_) {
        const SampleBlock block{first, std::min(block_, n_samples_ - first)};
        gradient_.add({.x = input(block),
                       .signal = rows(psi_, block, n_steps_),
                       .gain = gain(block),
                       .n_steps = n_steps_,
                       .changes = &changes(block)});
    }
}

}  // namespace snnff

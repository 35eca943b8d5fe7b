#include "sim/backprop_layer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/product.hpp"
#include "sim/activity.hpp"
#include "sim/parallel.hpp"
#include "sim/steps.hpp"

namespace snnff {
namespace {

double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

double mean(std::span<const float> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
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
    const std::size_t n_units = population_.n_units();
    const std::size_t slopes = stores_steps() ? 3 * n_steps_ * n_units : n_units;
    return rows_per_sample() * population_.n_inputs() + slopes + (by_train_ ? 0 : n_units);
}

void BackpropLayer::begin_wave(std::size_t n, const Dropout* dropout) {
    dropout_ = dropout;
    const std::size_t n_units = population_.n_units();
    reshape(input_, n * rows_per_sample(), population_.n_inputs());
    if (normalises()) scaling_.resize(n);
    if (normalises() && thins_out()) reshape(normalised_, n, population_.n_inputs());
    if (stores_steps()) {
        for (Matrix* slopes : {&psi_, &carry_, &drive_}) reshape(*slopes, n * n_steps_, n_units);
    } else {
        reshape(slope_, n, n_units);
    }
    if (!by_train_) reshape(signal_, n, n_units);
}

MatrixView BackpropLayer::rows(Matrix& matrix, const SampleBlock& block, std::size_t rows_per_sample) const {
    return matrix.view().rows(block.first * rows_per_sample, block.count * rows_per_sample);
}

MatrixView BackpropLayer::input(const SampleBlock& block) { return rows(input_, block, rows_per_sample()); }

void BackpropLayer::forward(const SampleBlock& block, MatrixView output, std::vector<double>& rate) {
    prepare(block);
    const MatrixView input = this->input(block);
    Matrix current(input.rows(), population_.n_units());
    product_abt(input, population_.weight, current);
    for (std::size_t s = 0; s < current.rows(); ++s) {
        const auto row = current.row(s);
        for (std::size_t u = 0; u < row.size(); ++u) row[u] += population_.bias[u];
    }
    if (stores_steps()) {
        run_steps(block, current, output, rate);
    } else {
        respond(block, current, output, rate);
    }
}

/// Normalises the input, then leaves some of it out.
void BackpropLayer::prepare(const SampleBlock& block) {
    const MatrixView input = this->input(block);
    if (normalises()) {
        const bool l2 = population_.normalisation == Normalisation::l2;
        for (std::size_t s = 0; s < block.count; ++s) {
            const auto x = input.row(s);
            const double squares = dot(x, x);
            const float gain = normalising_gain(population_.normalisation, squares, x.size());
            for (float& value : x) value *= gain;
            // d‖x‖/dx = x/‖x‖ and d rms/dx = x/(n·rms); of an input of zeros, no direction is steeper
            const auto n = static_cast<double>(x.size());
            const double length = l2 ? std::sqrt(squares) : n * std::sqrt(squares / n);
            const auto g = static_cast<double>(gain);
            scaling_[block.first + s] = {g, length > 0.0 ? 1.0 / (g * length) : 0.0};
        }
    }
    if (!thins_out()) return;
    if (normalises()) {
        const MatrixView kept = rows(normalised_, block, 1);
        for (std::size_t s = 0; s < block.count; ++s) std::ranges::copy(input.row(s), kept.row(s).begin());
    }
    leave_out(*dropout_, index_, input, block.first_of_wave + block.first);
}

/// From d loss/d x̂ to d loss/d x, in place: δ_x = gain·(δ − pull·(δ·x̂)·x̂).
void BackpropLayer::unprepare(const SampleBlock& block, MatrixView slope) {
    if (thins_out()) leave_out(*dropout_, index_, slope, block.first_of_wave + block.first);
    if (!normalises()) return;
    const MatrixView normalised = rows(thins_out() ? normalised_ : input_, block, 1);
    for (std::size_t s = 0; s < block.count; ++s) {
        const auto [gain, pull] = scaling_[block.first + s];
        const auto x = normalised.row(s), delta = slope.row(s);
        const auto factor = static_cast<float>(pull * dot(delta, x)), g = static_cast<float>(gain);
        for (std::size_t i = 0; i < x.size(); ++i) delta[i] = g * (delta[i] - factor * x[i]);
    }
}

void BackpropLayer::respond(const SampleBlock& block, ConstMatrixView current, MatrixView output,
                            std::vector<double>& rate) {
    const Readout readout = population_.output;
    const bool spiking = population_.neuron->spiking();
    const bool tells_rate = readout == Readout::rate || readout == Readout::count;
    Matrix spikes;
    if (spiking && !tells_rate) spikes.resize(block.count, population_.n_units());
    const Response responses[] = {{readout, output, rows(slope_, block, 1)}, {Readout::rate, spikes, {}}};
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
    Matrix membrane(count, n_units), emitted(train ? 0 : count, n_units);
    std::vector<Matrix> state(population_.neuron->n_state(), Matrix(count, n_units));
    std::vector<MatrixView> state_views(state.begin(), state.end());
    const MatrixView psi = rows(psi_, block, n_steps_), carry = rows(carry_, block, n_steps_),
                     drive = rows(drive_, block, n_steps_);
    ReadoutSums sums(count, n_units);
    for (std::size_t t = 0; t < n_steps_; ++t) {
        const auto step = [&](auto view) { return view.rows(t * count, count); };
        const StepView view{.current = by_train_ ? step(current) : current,
                            .state = state_views,
                            .membrane = membrane,
                            .emitted = train ? step(output) : emitted.view(),
                            .psi = step(psi),
                            .carry = step(carry),
                            .drive = step(drive)};
        population_.neuron->step(view);
        sums.add(view);
    }
    if (!train) sums.value(population_.output, time_, output);
    if (!population_.neuron->spiking()) return;
    for (std::size_t s = 0; s < count; ++s) rate[block.first_of_wave + block.first + s] = sums.rate(s, time_);
}

void BackpropLayer::backward(const SampleBlock& block, ConstMatrixView arriving, MatrixView passed_on) {
    MatrixView signal = by_train_ ? rows(psi_, block, n_steps_) : rows(signal_, block, 1);
    if (stores_steps()) {
        const StepSlopes slopes{rows(psi_, block, n_steps_), rows(carry_, block, n_steps_),
                                rows(drive_, block, n_steps_)};
        walk_back(population_.output, time_, arriving, slopes, signal);
    } else {
        const MatrixView slope = rows(slope_, block, 1);
        for (std::size_t s = 0; s < block.count; ++s) {
            const auto delta = arriving.row(s);
            const auto by_current = slope.row(s);
            const auto to = signal.row(s);
            for (std::size_t u = 0; u < to.size(); ++u) to[u] = delta[u] * by_current[u];
        }
    }
    if (passed_on.empty()) return;
    product_ab(signal, population_.weight, passed_on);
    unprepare(block, passed_on);
}

void BackpropLayer::gradient(Gradient& gradient, bool add) const {
    constexpr std::size_t unit_block = 64;
    reshape(gradient.weight, population_.n_units(), population_.n_inputs());
    gradient.bias.resize(population_.n_units());
    for_blocks(population_.n_units(), unit_block, [&](std::size_t first, std::size_t count) {
        const ConstMatrixView signal = this->signal().view().columns(first, count);
        product_atb(signal, input_, gradient.weight.view().rows(first, count), add);
        const auto bias = std::span(gradient.bias).subspan(first, count);
        if (!add) std::ranges::fill(bias, 0.0);
        for (std::size_t i = 0; i < signal.rows(); ++i) {
            const auto row = signal.row(i);
            for (std::size_t u = 0; u < count; ++u) bias[u] += static_cast<double>(row[u]);
        }
    });
}

}  // namespace snnff

#include "sim/update.hpp"

#include <algorithm>

#include "kernels/product.hpp"
#include "sim/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t row_block = 64;
/// Samples whose signals are gathered at a time: 2048 x 64 floats stay in the second-level cache.
constexpr std::size_t sample_chunk = 2048;

enum Slot : std::size_t { gradient_slot = 6, signal_slot = 7 };

}  // namespace

Moments::Moments(const Population& population, const Optimizer& optimizer) {
    for (std::size_t m = 0; m < optimizer.n_moments(); ++m) {
        weight[m].resize(population.n_units(), population.n_inputs());
        bias[m].resize(population.n_units());
    }
}

void show(State& state, const Network& network, std::span<Moments> moments) {
    for (std::size_t k = 0; k < moments.size(); ++k) {
        const State::Section section(state, "moments_" + network.populations[k].name);
        state.show("n_updates", moments[k].n_updates);
        for (std::size_t m = 0; m < 2; ++m) {
            state.show(m == 0 ? "weight_first" : "weight_second", moments[k].weight[m].values());
            state.show(m == 0 ? "bias_first" : "bias_second", std::span<float>(moments[k].bias[m]));
        }
    }
}

void apply_update(const Optimizer& optimizer, const Optimizer::Step& step, const GradientRows& gradient,
                  Population& population, Moments& moments) {
    const std::size_t n_inputs = population.n_inputs();
    const auto part = [](std::span<float> all, std::size_t first, std::size_t count) {
        return all.empty() ? all : all.subspan(first, count);
    };
    moments.n_updates = step.t;
    Optimizer::Step bias_step = step;
    bias_step.weight_decay = 0.0;
    for_blocks(population.n_units(), row_block, [&](std::size_t first, std::size_t count) {
        const MatrixView weight_gradient = scratch(gradient_slot, count, n_inputs);
        std::vector<double> bias_sum(count, 0.0);
        gradient(first, weight_gradient, bias_sum);
        const std::size_t begin = first * n_inputs, length = count * n_inputs;
        optimizer.apply(
            step, {weight_gradient.data(), length}, population.weight.values().subspan(begin, length),
            part(moments.weight[0].values(), begin, length), part(moments.weight[1].values(), begin, length));
        if (!population.learns_bias) return;
        std::vector<float> bias_gradient(bias_sum.begin(), bias_sum.end());
        optimizer.apply(bias_step, bias_gradient, std::span(population.bias).subspan(first, count),
                        part(moments.bias[0], first, count), part(moments.bias[1], first, count));
    });
}

ConstantGradient::ConstantGradient(std::span<const Variant> variants, std::span<const Matrix> signal,
                                   std::span<const std::vector<double>> slope)
    : variants_(variants), signal_(signal), slope_(slope) {
    for (const Variant& variant : variants) {
        for (const std::uint32_t input : variant.index) {
            n_changed_inputs_ = std::max<std::size_t>(n_changed_inputs_, input + 1);
        }
    }
}

void ConstantGradient::rows(std::size_t first_row, MatrixView weight, std::span<double> bias) const {
    for (std::size_t r = 0; r < weight.rows(); ++r) std::ranges::fill(weight.row(r), 0.0f);
    // [input that changes x row]: label columns gathered in rows, so that the inner loop is contiguous
    Matrix changed(n_changed_inputs_, weight.rows());
    for (std::size_t v = 0; v < variants_.size();) {
        std::size_t n_sharing = 1;
        while (v + n_sharing < variants_.size() &&
               variants_[v + n_sharing].base.data() == variants_[v].base.data()) {
            ++n_sharing;
        }
        add_base(v, n_sharing, first_row, weight, bias, changed);
        v += n_sharing;
    }
    for (std::size_t input = 0; input < n_changed_inputs_; ++input) {
        for (std::size_t r = 0; r < weight.rows(); ++r) weight(r, input) += changed(input, r);
    }
}

void ConstantGradient::add_base(std::size_t first_variant, std::size_t n_variants, std::size_t first_row,
                                MatrixView weight, std::span<double> bias, MatrixView changed) const {
    const ConstMatrixView base = variants_[first_variant].base;
    const std::size_t n_rows = weight.rows();
    for (std::size_t first = 0; first < base.rows(); first += sample_chunk) {
        const std::size_t count = std::min(sample_chunk, base.rows() - first);
        const MatrixView sum = scratch(signal_slot, count, n_rows);
        std::fill(sum.data(), sum.data() + sum.size(), 0.0f);
        for (std::size_t v = first_variant; v < first_variant + n_variants; ++v) {
            const Variant& variant = variants_[v];
            for (std::size_t s = 0; s < count; ++s) {
                const std::size_t sample = first + s;
                const float* signal = signal_[v].row(sample).data() + first_row;
                const auto c = static_cast<float>(slope_[v][sample]);
                const float coefficient = c * variant.gain[sample];
                float* to = sum.row(s).data();
                for (std::size_t r = 0; r < n_rows; ++r) to[r] += coefficient * signal[r];
                for (std::size_t r = 0; r < n_rows; ++r) bias[r] += static_cast<double>(c * signal[r]);
                for (std::size_t k = sample * variant.n_changes; k < (sample + 1) * variant.n_changes; ++k) {
                    const float part = coefficient * variant.value[k];
                    float* column = changed.row(variant.index[k]).data();
                    for (std::size_t r = 0; r < n_rows; ++r) column[r] += part * signal[r];
                }
            }
        }
        product_atb(sum, base.rows(first, count), weight, true);
    }
}

}  // namespace snnff

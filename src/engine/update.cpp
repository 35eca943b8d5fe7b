#include "engine/update.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum UpdateSlot : std::size_t { update_slot = 6 };

std::span<float> part(std::span<float> all, std::size_t first, std::size_t count) {
    return all.empty() ? all : all.subspan(first, count);
}

void update_bias(const Optimizer& optimizer, Optimizer::Step step, std::span<const double> gradient,
                 Population& population, Moments& moments) {
    if (!population.learns_bias) return;
    step.weight_decay = 0.0;
    constexpr std::size_t at_once = 256;
    std::array<float, at_once> rounded{};
    for (std::size_t first = 0; first < population.n_units(); first += at_once) {
        const std::size_t count = std::min(at_once, population.n_units() - first);
        for (std::size_t u = 0; u < count; ++u) rounded[u] = static_cast<float>(gradient[first + u]);
        optimizer.apply(step, std::span(rounded).first(count), part(population.bias, first, count),
                        part(moments.bias[0], first, count), part(moments.bias[1], first, count));
    }
}

/// One edge's part of apply_update().
void update_weights(const Optimizer& optimizer, const Optimizer::Step& step, const Gradient& gradient,
                    std::size_t edge, Panels& weight, std::span<Panels, 2> moments) {
    const std::size_t n_inputs = weight.cols(), n_panels = weight.n_panels();
    const std::size_t n_groups = (n_panels + panels_per_weight_tile - 1) / panels_per_weight_tile;
    const std::size_t inputs = inputs_per_weight_tile(n_inputs);
    const std::size_t n_blocks = (n_inputs + inputs - 1) / inputs;
    for_blocks(n_groups * n_blocks, 1, [&](std::size_t task, std::size_t) {
        const std::size_t panel = task / n_blocks * panels_per_weight_tile, input = task % n_blocks * inputs;
        const WeightTile tile{panel, std::min(panels_per_weight_tile, n_panels - panel), input,
                              std::min(inputs, n_inputs - input), edge};
        const std::size_t length = tile.n_inputs * Panels::width;
        float* of_tile = scratch(update_slot, tile.n_panels, length).data();
        gradient.weights(tile, of_tile);
        for (std::size_t p = 0; p < tile.n_panels; ++p) {
            const std::size_t begin = (panel + p) * weight.panel_size() + input * Panels::width;
            optimizer.apply(step, {of_tile + p * length, length}, part(weight.memory(), begin, length),
                            part(moments[0].memory(), begin, length),
                            part(moments[1].memory(), begin, length));
        }
    });
}

double sum_squares(const Panels& weight) {
    // Kernels::sum_squares() over the matrix [unit x input] adds sums of blocks, each of which knows nothing
    // of the others: tasks make them, and they are added in order.
    constexpr std::size_t block = 256, blocks_per_task = 64;
    const std::size_t n = weight.size(), n_inputs = weight.cols();
    std::vector<double> sums(ceil_div(n, block));
    for_blocks(sums.size(), blocks_per_task, [&](std::size_t first, std::size_t count) {
        const std::size_t begin = first * block, end = std::min(n, begin + count * block);
        float* values = scratch(update_slot, count, block).data();
        for (std::size_t i = begin; i < end;) {
            const std::size_t unit = i / n_inputs, input = i % n_inputs;
            const std::size_t n_here = std::min(n_inputs - input, end - i);
            const float* from =
                weight.panel(unit / Panels::width) + input * Panels::width + unit % Panels::width;
            for (std::size_t k = 0; k < n_here; ++k) values[i - begin + k] = from[k * Panels::width];
            i += n_here;
        }
        for (std::size_t b = 0; b < count; ++b) {
            const std::size_t length = std::min(block, end - begin - b * block);
            sums[first + b] = kernels::active().sum_squares(values + b * block, length);
        }
    });
    double sum = 0.0;
    for (const double of_block : sums) sum += of_block;
    return sum;
}

}  // namespace

Moments::Moments(const Population& population, const Optimizer& optimizer) : weight(population.edges.size()) {
    for (std::size_t m = 0; m < optimizer.n_moments(); ++m) {
        for (std::size_t e = 0; e < weight.size(); ++e) {
            const Panels& of = population.edges[e].weight;
            weight[e][m].resize(of.rows(), of.cols());
        }
        bias[m].resize(population.n_units());
    }
}

std::size_t Moments::memory(const Population& population, const Optimizer& optimizer) noexcept {
    return optimizer.n_moments() * population.n_floats() * sizeof(float);
}

std::size_t Moments::memory(const Network& network, const Optimizer& optimizer) noexcept {
    std::size_t bytes = 0;
    for (const Population& population : network.populations) bytes += memory(population, optimizer);
    return bytes;
}

double weight_norm(const Population& population) {
    double sum = 0.0;
    for (const Edge& edge : population.edges) sum += sum_squares(edge.weight);
    return std::sqrt(sum);
}

std::size_t update_scratch(std::size_t n_blocks) noexcept {
    constexpr std::size_t tile = panels_per_weight_tile * Panels::width * most_inputs_per_weight_tile;
    return tile * sizeof(float) + BlockSums::memory(tile, n_blocks);
}

void show(State& state, const Network& network, std::span<Moments> moments) {
    for (std::size_t k = 0; k < moments.size(); ++k) {
        const State::Section section(state, "moments_" + network.populations[k].name);
        state.show("n_updates", moments[k].n_updates, 0, std::numeric_limits<std::int64_t>::max() - 1);
        for (std::size_t m = 0; m < 2; ++m) {
            for (std::size_t e = 0; e < moments[k].weight.size(); ++e) {
                state.show(name_of_edge(m == 0 ? "weight_first" : "weight_second", e),
                           moments[k].weight[e][m]);
            }
            state.show(m == 0 ? "bias_first" : "bias_second", std::span<float>(moments[k].bias[m]));
        }
    }
}

void apply_update(const Optimizer& optimizer, const Optimizer::Step& step, const Gradient& gradient,
                  Population& population, Moments& moments) {
    moments.n_updates = step.t;
    for (std::size_t e = 0; e < population.edges.size(); ++e)
        update_weights(optimizer, step, gradient, e, population.edges[e].weight, moments.weight[e]);
    update_bias(optimizer, step, gradient.bias(), population, moments);
}

}  // namespace snnff

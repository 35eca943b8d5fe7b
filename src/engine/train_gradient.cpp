#include <algorithm>
#include <cassert>

#include "engine/train_pass.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum Slot : std::size_t { signal_slot = 4 };

}  // namespace

void TrainPass::backward(std::span<const std::vector<double>> slope) {
    assert(n_added_ == first_of_wave_ &&
           n_added_ / samples_per_chain == (n_added_ + n_in_wave_ - 1) / samples_per_chain);
    const std::size_t size = n_groups_ * population_.n_inputs() * group_width;
    Memory& memory = memory_;
    memory.chains.resize(n_bases_);
    for (AlignedVector<float>& chain : memory.chains) {
        if (chain.size() != size) chain.resize(size);
    }
    const std::size_t n_changed = source_.changing_inputs().size();
    if (n_added_ == 0) {
        memory.changed.assign(population_.weight.n_panels() * n_changed * Panels::width, 0.0f);
        memory.bias_of_variant.assign(n_variants_ * n_groups_ * group_width, 0.0);
    }
    memory.ones.assign(samples_per_block_ * n_steps_, 1.0f);
    const std::size_t n_scores = population_.n_groups;
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t s = 0; s < n_in_wave_; ++s) {
            for (std::size_t g = 0; g < n_scores; ++g) {
                const std::size_t begin = first_of_group(g, n_scores, n_units());
                float* of_group = memory.measured[v].row(s).data() + begin;
                kernels::active().scale(of_group, static_cast<float>(slope[v][s * n_scores + g]),
                                        first_of_group(g + 1, n_scores, n_units()) - begin, of_group);
            }
        }
    }
    const std::size_t n_input_blocks = ceil_div(population_.n_inputs(), inputs_per_task());
    if (n_input_blocks == 1) {
        for_blocks(n_groups_, 1, [&](std::size_t group, std::size_t) {
            walk(group);
            add_products(group, 0);
        });
    } else {
        for_blocks(n_groups_, 1, [&](std::size_t group, std::size_t) { walk(group); });
        for_blocks(n_groups_ * n_input_blocks, 1, [&](std::size_t task, std::size_t) {
            add_products(task / n_input_blocks, task % n_input_blocks);
        });
    }
    n_added_ += n_in_wave_;
    if (n_added_ % samples_per_chain == 0) end_chains();
}

/// Signals of a group, and what comes of them but for the products.
void TrainPass::walk(std::size_t group) {
    const std::size_t first_unit = group * group_width;
    kernels::WalkBack job = way_back(population_.measure, n_steps_);
    const auto fixed = population_.neuron->fixed_carry();
    job.n_samples = n_in_wave_;
    job.n = std::min(group_width, n_units() - first_unit);
    for (std::size_t v = 0; v < n_variants_; ++v) {
        const std::size_t at = place(v, group, 0), stride = n_steps_ * group_width;
        const auto kept = [&](const AlignedVector<float>& of) {
            return kernels::ConstSteps{of.data() + at, stride, group_width};
        };
        job.arriving = {memory_.measured[v].data() + first_unit, n_units(), 0};
        job.psi = kept(memory_.psi);
        job.carry =
            fixed.empty() ? kept(memory_.carry) : kernels::ConstSteps{fixed.data() + first_unit, 0, 0};
        job.drive = fixed.empty() ? kept(memory_.drive) : kernels::ConstSteps{};
        job.signal = {memory_.psi.data() + at, stride, group_width};
        kernels::active().walk_back(job);
        if (population_.learns_bias) {
            kernels::active().sum_rows(
                memory_.psi.data() + at, n_in_wave_ * n_steps_,
                memory_.bias_of_variant.data() + (v * n_groups_ + group) * group_width);
        }
    }
    if (!source_.changing_inputs().empty()) add_changes(group);
}

void TrainPass::add_changes(std::size_t group) {
    const std::size_t n_changed = source_.changing_inputs().size();
    thread_local std::vector<kernels::ChangedInputs::Variant> variants;
    for (std::size_t panel = 2 * group; panel < std::min(2 * group + 2, population_.weight.n_panels());
         ++panel) {
        for (const Block& block : memory_.blocks) {
            for (std::size_t step = 0, chunk = 0; step < n_steps_; step += steps_per_chunk_, ++chunk) {
                variants.clear();
                for (std::size_t v = 0; v < n_variants_; ++v) {
                    const Memory::Variant& variant = block.variants[v];
                    const StepChanges& changes = variant.changes[chunk];
                    const float* signal = memory_.psi.data() + place(v, group, block.first) +
                                          step * block.count * group_width + panel % 2 * Panels::width;
                    variants.push_back(
                        {.signal = {signal, group_width},
                         .slope = memory_.ones.data(),
                         .gain = variant.gain.empty() ? nullptr : variant.gain.data() + step * block.count,
                         .n_changes = 0,
                         .changes_end = changes.end.data(),
                         .index = changes.column.data(),
                         .value = changes.value.data()});
                }
                kernels::active().changed_inputs(
                    {.n_samples = std::min(steps_per_chunk_, n_steps_ - step) * block.count,
                     .n_variants = n_variants_,
                     .variants = variants.data(),
                     .first_input = 0,
                     .chain = memory_.changed.data() + panel * n_changed * Panels::width});
            }
        }
    }
}

/// Adds the rows of the wave to the chains of a group and of a block of inputs.
void TrainPass::add_products(std::size_t group, std::size_t input_block) {
    for (std::size_t base = 0; base < n_bases_; ++base) {
        bool go_on = n_added_ % samples_per_chain != 0;
        for (const Block& block : memory_.blocks) {
            const std::size_t n_parts = ceil_div(block.count * n_steps_, rows_per_part_);
            for (std::size_t part = 0; part < n_parts; ++part, go_on = true) {
                add_part(block, base, group, part, input_block, go_on);
            }
        }
    }
}

void TrainPass::add_part(const Block& block, std::size_t base, std::size_t group, std::size_t part,
                         std::size_t input_block, bool go_on) {
    const auto& kernels = kernels::active();
    const Memory::Input& input = block.inputs[base];
    const std::size_t n_inputs = population_.n_inputs(), per_task = inputs_per_task();
    const std::size_t n_blocks = ceil_div(n_inputs, per_task), first_input = input_block * per_task;
    const std::size_t n_rows = block.count * n_steps_, n_parts = ceil_div(n_rows, rows_per_part_);
    const std::size_t begin = part * n_rows / n_parts, length = (part + 1) * n_rows / n_parts - begin;
    const std::size_t n_panels = std::min<std::size_t>(2, population_.weight.n_panels() - 2 * group);
    float* weighed = scratch(signal_slot, length + 1, group_width).data();
    const auto weigh = [&](std::size_t row_stride, std::size_t panel_stride) {
        bool finite = true, first = true;
        for (std::size_t v = 0; v < n_variants_; ++v) {
            if (source_.base_of(v) != base) continue;
            const std::vector<float>& gain = block.variants[v].gain;
            finite = kernels.weigh_rows(
                {.n_rows = length,
                 .n_panels = n_panels,
                 .signal = memory_.psi.data() + place(v, group, block.first) + begin * group_width,
                 .gain = gain.empty() ? nullptr : gain.data() + begin,
                 .weighed = weighed,
                 .row_stride = row_stride,
                 .panel_stride = panel_stride,
                 .first = first});
            first = false;
        }
        return finite;
    };
    float* chains = memory_.chains[base].data() + (group * n_inputs + first_input) * group_width;
    if (!input.backward.empty() && weigh(group_width, Panels::width)) {
        std::fill_n(weighed + length * group_width, group_width, 0.0f);
        return input.backward[part * n_blocks + input_block].multiply(weighed, n_panels, go_on, chains);
    }
    weigh(Panels::width, length * Panels::width);
    thread_local Matrix buffer;
    const ConstMatrixView x = input.rows.dense(begin, length, buffer);
    kernels.chains({.n_rows = std::min(per_task, n_inputs - first_input),
                    .depth = length,
                    .n_panels = n_panels,
                    .a = x.data() + first_input,
                    .row_stride = 1,
                    .depth_stride = x.stride(),
                    .panels = weighed,
                    .panel_stride = length * Panels::width,
                    .out = chains,
                    .out_row_stride = group_width,
                    .out_panel_stride = Panels::width,
                    .go_on = go_on});
}

/// The chains of 256 samples are complete: they go to the counter, base by base.
void TrainPass::end_chains() {
    for (AlignedVector<float>& chain : memory_.chains) {
        if (n_chains_ == 2) merge_last();
        if (memory_.sums.size() < ++n_sums_) memory_.sums.emplace_back(chain.size());
        AlignedVector<float>& place = memory_.sums[n_sums_ - 1];
        if (place.size() != chain.size()) place.resize(chain.size());
        place.swap(chain);
        // Two alone are added where the sum is asked for.
        if (++n_chains_ == 2) continue;
        for (std::size_t n = n_chains_ - 1; (n & 1) != 0; n >>= 1) merge_last();
    }
}

void TrainPass::merge_last() {
    constexpr std::size_t floats_per_task = 16384;
    const AlignedVector<float>& last = memory_.sums[n_sums_ - 1];
    AlignedVector<float>& before = memory_.sums[n_sums_ - 2];
    for_blocks(last.size(), floats_per_task, [&](std::size_t first, std::size_t count) {
        kernels::active().add(last.data() + first, count, before.data() + first);
    });
    --n_sums_;
}

void TrainPass::finish() {
    if (n_added_ % samples_per_chain != 0) end_chains();
    memory_.bias.assign(n_groups_ * group_width, 0.0);
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t u = 0; u < memory_.bias.size(); ++u)
            memory_.bias[u] += memory_.bias_of_variant[v * memory_.bias.size() + u];
    }
}

void TrainPass::weights(const WeightTile& tile, float* out) const {
    const std::size_t n_inputs = population_.n_inputs();
    const auto changing = source_.changing_inputs();
    for (std::size_t p = 0; p < tile.n_panels; ++p) {
        const std::size_t panel = tile.first_panel + p;
        const std::size_t begin =
            ((panel / 2) * n_inputs + tile.first_input) * group_width + panel % 2 * Panels::width;
        float* to = out + p * tile.n_inputs * Panels::width;
        for (std::size_t i = 0; i < tile.n_inputs; ++i) {
            float sum[Panels::width] = {};
            for (std::size_t k = n_sums_; k-- > 0;) {
                const float* from = memory_.sums[k].data() + begin + i * group_width;
                for (std::size_t u = 0; u < Panels::width; ++u)
                    sum[u] = k + 1 == n_sums_ ? from[u] : from[u] + sum[u];
            }
            for (std::size_t u = 0; u < Panels::width; ++u) to[i * Panels::width + u] = sum[u] + 0.0f;
        }
        const auto first = std::ranges::lower_bound(changing, tile.first_input);
        for (auto c = first; c != changing.end() && *c < tile.first_input + tile.n_inputs; ++c) {
            const auto column = static_cast<std::size_t>(c - changing.begin());
            const float* from = memory_.changed.data() + (panel * changing.size() + column) * Panels::width;
            kernels::active().add(from, Panels::width, to + (*c - tile.first_input) * Panels::width);
        }
    }
}

}  // namespace snnff

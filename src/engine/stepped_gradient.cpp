#include <algorithm>
#include <cassert>

#include "engine/stepped_pass.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum SteppedGradientSlot : std::size_t { signal_slot = 4, row_slot = 8 };

}  // namespace

void SteppedPass::backward(std::span<const std::vector<double>> slope) {
    begin_back(slope);
    back({0, n_groups_});
    end_back();
}

void SteppedPass::backward(std::span<const ConstMatrixView> by_sent) {
    begin_back();
    memory_.arriving.assign(by_sent.begin(), by_sent.end());
    way_back_ = population_.output;
    back({0, n_groups_});
    end_back();
}

void SteppedPass::begin_back(std::span<const std::vector<double>> slope) {
    begin_back();
    weigh_responses(slope);
    memory_.arriving.assign(memory_.measured.begin(), memory_.measured.end());
    way_back_ = population_.measure;
}

void SteppedPass::begin_back() {
    assert(n_added_ == first_of_wave_ &&
           n_added_ / samples_per_chain == (n_added_ + n_in_wave_ - 1) / samples_per_chain);
    Memory& memory = memory_;
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        Memory::Sum& sum = memory.sums[d];
        if (!varies(d)) {
            const std::size_t n_samples = incoming_[d].drive.variants.front().base.rows();
            shape(sum.signal, n_variants_, n_samples, whole_lines(n_units()));
            continue;
        }
        const std::size_t size = n_groups_ * n_inputs(d) * group_width;
        sum.chains.resize(source(d).n_bases());
        for (AlignedVector<float>& chain : sum.chains) {
            if (chain.size() != size) chain.resize(size);
        }
        if (n_added_ > 0) continue;
        const std::size_t n_changed = source(d).changing_inputs().size();
        sum.changed.assign(incoming_[d].weight->n_panels() * n_changed * Panels::width, 0.0f);
        sum.n_chains = sum.n_sums = 0;
    }
    if (n_added_ == 0) memory.bias_of_variant.assign(n_variants_ * n_groups_ * group_width, 0.0);
    memory.ones.assign(samples_per_block_ * n_steps_, 1.0f);
}

void SteppedPass::back(Range groups) {
    const auto n_input_blocks = [&](std::size_t d) {
        return varies(d) ? ceil_div(n_inputs(d), inputs_per_task(d)) : 0;
    };
    if (incoming_.size() == 1 && n_input_blocks(0) == 1) {
        for_blocks(groups.count, 1, [&](std::size_t group, std::size_t) {
            walk(groups.first + group);
            add_products(0, groups.first + group, 0);
        });
    } else {
        for_blocks(groups.count, 1, [&](std::size_t group, std::size_t) { walk(groups.first + group); });
        for (std::size_t d = 0; d < incoming_.size(); ++d) {
            for_blocks(groups.count * n_input_blocks(d), 1, [&](std::size_t task, std::size_t) {
                add_products(d, groups.first + task / n_input_blocks(d), task % n_input_blocks(d));
            });
        }
    }
}

void SteppedPass::end_back() {
    n_added_ += n_in_wave_;
    for (std::size_t d = 0; d < incoming_.size() && n_added_ % samples_per_chain == 0; ++d)
        end_chains(memory_.sums[d]);
}

/// From dG/d response and d loss/d score to d loss/d response.
void SteppedPass::weigh_responses(std::span<const std::vector<double>> slope) {
    const std::size_t n_scores = population_.n_groups, n_rows = n_in_wave_ * (scores_steps() ? n_steps_ : 1);
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t r = 0; r < n_rows; ++r) {
            for (std::size_t g = 0; g < n_scores; ++g) {
                const std::size_t begin = first_of_group(g, n_scores, n_units());
                float* of_group = memory_.measured[v].row(r).data() + begin;
                kernels::active().scale(of_group, static_cast<float>(slope[v][r * n_scores + g]),
                                        first_of_group(g + 1, n_scores, n_units()) - begin, of_group);
            }
        }
    }
}

/// Signals of a group, and what comes of them but for the products.
void SteppedPass::walk(std::size_t group) {
    const std::size_t first_unit = group * group_width;
    kernels::WalkBack job = way_back(way_back_, n_steps_);
    const auto fixed = population_.neuron->fixed_carry();
    job.n_samples = n_in_wave_;
    job.n = std::min(group_width, n_units() - first_unit);
    for (std::size_t v = 0; v < n_variants_; ++v) {
        const std::size_t at = place(v, group, 0), stride = n_steps_ * group_width;
        const auto kept = [&](const AlignedVector<float>& of) {
            return kernels::ConstSteps{of.data() + at, stride, group_width};
        };
        const ConstMatrixView arriving = memory_.arriving[v];
        job.arriving = {arriving.data() + first_unit, arriving.stride(), 0};
        if (way_back_ == Reading::spikes)
            job.arriving = {job.arriving.data, n_steps_ * arriving.stride(), arriving.stride()};
        job.psi = kept(memory_.psi);
        job.carry =
            fixed.empty() ? kept(memory_.carry) : kernels::ConstSteps{fixed.data() + first_unit, 0, 0};
        job.charge = fixed.empty() ? kept(memory_.charge) : kernels::ConstSteps{};
        job.signal = {memory_.psi.data() + at, stride, group_width};
        kernels::active().walk_back(job);
        if (population_.learns_bias) {
            kernels::active().sum_rows(
                memory_.psi.data() + at, n_in_wave_ * n_steps_,
                memory_.bias_of_variant.data() + (v * n_groups_ + group) * group_width);
        }
        sum_steps(group, v);
    }
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        if (varies(d) && !source(d).changing_inputs().empty()) add_changes(d, group);
    }
}

void SteppedPass::hand_down(const TurnedWeights& weight, MatrixView by_received) const {
    for_blocks(n_in_wave_ * n_steps_, rows_handed_down, [&](std::size_t first, std::size_t count) {
        const MatrixView signal = scratch(row_slot, count, n_groups_ * group_width);
        for (std::size_t group = 0; group < n_groups_; ++group) {
            const float* from = memory_.psi.data() + place(0, group, 0) + first * group_width;
            for (std::size_t r = 0; r < count; ++r)
                std::copy_n(from + r * group_width, group_width, signal.row(r).data() + group * group_width);
        }
        weight.hand_down(signal, by_received.rows(first, count));
    });
}

/// Signals of a current that stays constant: summed over the steps, the last first.
void SteppedPass::sum_steps(std::size_t group, std::size_t v) {
    const std::size_t first_unit = group * group_width, n = std::min(group_width, n_units() - first_unit);
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        if (varies(d)) continue;
        for (std::size_t s = 0; s < n_in_wave_; ++s) {
            float* sum = memory_.sums[d].signal[v].row(first_of_wave_ + s).data() + first_unit;
            const float* signal = memory_.psi.data() + place(v, group, s);
            std::fill_n(sum, n, 0.0f);
            for (std::size_t step = n_steps_; step-- > 0;)
                kernels::active().add(signal + step * group_width, n, sum);
        }
    }
}

void SteppedPass::add_changes(std::size_t d, std::size_t group) {
    const std::size_t n_changed = source(d).changing_inputs().size();
    const std::size_t n_panels = incoming_[d].weight->n_panels();
    thread_local std::vector<kernels::ChangedInputs::Variant> variants;
    for (std::size_t panel = 2 * group; panel < std::min(2 * group + 2, n_panels); ++panel) {
        for (const Block& block : memory_.blocks) {
            for (std::size_t chunk = 0; chunk < memory_.chunks.size(); ++chunk) {
                const Range steps = memory_.chunks[chunk];
                assert(whole(steps) || block.count == 1);
                variants.clear();
                for (std::size_t v = 0; v < n_variants_; ++v) {
                    const Memory::Variant& variant = block.came[d].variants[v];
                    const StepChanges& changes = variant.changes[chunk];
                    const float* signal = memory_.psi.data() + place(v, group, block.first) +
                                          steps.first * group_width + panel % 2 * Panels::width;
                    variants.push_back(
                        {.signal = {signal, group_width},
                         .slope = memory_.ones.data(),
                         .gain = variant.gain.empty() ? nullptr : variant.gain.data() + steps.first,
                         .n_changes = 0,
                         .changes_end = changes.end.data(),
                         .index = changes.column.data(),
                         .value = changes.value.data()});
                }
                kernels::active().changed_inputs(
                    {.n_samples = steps.count * block.count,
                     .n_variants = n_variants_,
                     .variants = variants.data(),
                     .first_input = 0,
                     .chain = memory_.sums[d].changed.data() + panel * n_changed * Panels::width});
            }
        }
    }
}

/// Adds the rows of the wave to the chains of a group and of a block of inputs.
void SteppedPass::add_products(std::size_t d, std::size_t group, std::size_t input_block) {
    for (std::size_t base = 0; base < source(d).n_bases(); ++base) {
        bool go_on = n_added_ % samples_per_chain != 0;
        for (const Block& block : memory_.blocks) {
            const std::size_t n_parts = ceil_div(block.count * n_steps_, rows_per_part_);
            for (std::size_t part = 0; part < n_parts; ++part, go_on = true) {
                add_part(d, block, base, group, part, input_block, go_on);
            }
        }
    }
}

void SteppedPass::add_part(std::size_t d, const Block& block, std::size_t base, std::size_t group,
                           std::size_t part, std::size_t input_block, bool go_on) {
    const auto& kernels = kernels::active();
    const Memory::Came& came = block.came[d];
    const Memory::Input& input = came.inputs[base];
    const std::size_t n_inputs = this->n_inputs(d), per_task = inputs_per_task(d);
    const std::size_t n_blocks = ceil_div(n_inputs, per_task), first_input = input_block * per_task;
    const std::size_t n_rows = block.count * n_steps_, n_parts = ceil_div(n_rows, rows_per_part_);
    const std::size_t begin = part * n_rows / n_parts, length = (part + 1) * n_rows / n_parts - begin;
    const std::size_t n_panels = std::min<std::size_t>(2, incoming_[d].weight->n_panels() - 2 * group);
    float* weighed = scratch(signal_slot, length + 1, group_width).data();
    const auto weigh = [&](std::size_t row_stride, std::size_t panel_stride) {
        bool finite = true, first = true;
        for (std::size_t v = 0; v < n_variants_; ++v) {
            if (source(d).base_of(v) != base) continue;
            const std::vector<float>& gain = came.variants[v].gain;
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
    float* chains = memory_.sums[d].chains[base].data() + (group * n_inputs + first_input) * group_width;
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
void SteppedPass::end_chains(Memory::Sum& sum) {
    for (AlignedVector<float>& chain : sum.chains) {
        if (sum.n_chains == 2) merge_last(sum);
        if (sum.sums.size() < ++sum.n_sums) sum.sums.emplace_back(chain.size());
        AlignedVector<float>& place = sum.sums[sum.n_sums - 1];
        if (place.size() != chain.size()) place.resize(chain.size());
        place.swap(chain);
        // Two alone are added where the sum is asked for.
        if (++sum.n_chains == 2) continue;
        for (std::size_t n = sum.n_chains - 1; (n & 1) != 0; n >>= 1) merge_last(sum);
    }
}

void SteppedPass::merge_last(Memory::Sum& sum) {
    constexpr std::size_t floats_per_task = 16384;
    const AlignedVector<float>& last = sum.sums[sum.n_sums - 1];
    AlignedVector<float>& before = sum.sums[sum.n_sums - 2];
    for_blocks(last.size(), floats_per_task, [&](std::size_t first, std::size_t count) {
        kernels::active().add(last.data() + first, count, before.data() + first);
    });
    --sum.n_sums;
}

void SteppedPass::finish() {
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        Memory::Sum& sum = memory_.sums[d];
        if (varies(d)) {
            if (n_added_ % samples_per_chain != 0) end_chains(sum);
            continue;
        }
        sum.slope.resize(n_variants_);
        for (std::vector<double>& slope : sum.slope) slope.assign(n_added_ * population_.n_groups, 1.0);
        sum.gradient.emplace(population_, incoming_[d].drive.variants, sum.signal, sum.slope, sum.constant);
    }
    memory_.bias.assign(n_groups_ * group_width, 0.0);
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t u = 0; u < memory_.bias.size(); ++u)
            memory_.bias[u] += memory_.bias_of_variant[v * memory_.bias.size() + u];
    }
}

void SteppedPass::weights(const WeightTile& tile, float* out) const {
    const std::size_t d = tile.edge;
    if (!varies(d)) return memory_.sums[d].gradient->weights(tile, out);
    const Memory::Sum& from_sum = memory_.sums[d];
    const std::size_t n_inputs = this->n_inputs(d);
    const auto changing = source(d).changing_inputs();
    for (std::size_t p = 0; p < tile.n_panels; ++p) {
        const std::size_t panel = tile.first_panel + p;
        const std::size_t begin =
            ((panel / 2) * n_inputs + tile.first_input) * group_width + panel % 2 * Panels::width;
        float* to = out + p * tile.n_inputs * Panels::width;
        for (std::size_t i = 0; i < tile.n_inputs; ++i) {
            float sum[Panels::width] = {};
            for (std::size_t k = from_sum.n_sums; k-- > 0;) {
                const float* from = from_sum.sums[k].data() + begin + i * group_width;
                for (std::size_t u = 0; u < Panels::width; ++u)
                    sum[u] = k + 1 == from_sum.n_sums ? from[u] : from[u] + sum[u];
            }
            for (std::size_t u = 0; u < Panels::width; ++u) to[i * Panels::width + u] = sum[u] + 0.0f;
        }
        const auto first = std::ranges::lower_bound(changing, tile.first_input);
        for (auto c = first; c != changing.end() && *c < tile.first_input + tile.n_inputs; ++c) {
            const auto column = static_cast<std::size_t>(c - changing.begin());
            const float* from = from_sum.changed.data() + (panel * changing.size() + column) * Panels::width;
            kernels::active().add(from, Panels::width, to + (*c - tile.first_input) * Panels::width);
        }
    }
}

}  // namespace snnff

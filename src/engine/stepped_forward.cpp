// Units of a pass through the steps: their currents, what each step makes of them, and what is read from
// that.
#include <algorithm>

#include "engine/stepped_pass.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum ForwardSlot : std::size_t { weight_slot, step_chain_slot, step_current_slot, state_slot };

// Of each variant: sums of what is emitted and of membranes, the last membrane, its state; then what one step
// leaves.
enum : std::size_t { emitted_sum, membrane_sum, last_membrane, n_sums };

}  // namespace

std::size_t SteppedPass::work_size() const noexcept {
    return (n_variants_ * (population_.neuron->n_state() + n_sums) + 2) * samples_per_block_ * group_width;
}

void SteppedPass::respond(std::size_t group, std::span<Block> blocks, Range steps) {
    std::size_t room = 0;
    for (std::size_t d = 0; d < incoming_.size(); ++d)
        room += varies(d) ? GroupWeights::size(*incoming_[d].weight, columns_per_part_) : 0;
    float* copies = scratch(weight_slot, 1, room).data();
    thread_local std::vector<GroupWeights> weights;
    weights.clear();
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        if (!varies(d)) continue;
        weights.emplace_back(*incoming_[d].weight, group, columns_per_part_, copies);
        copies += GroupWeights::size(*incoming_[d].weight, columns_per_part_);
    }
    for (const Block& block : blocks) {
        if (whole(steps)) {
            float* work = scratch(state_slot, 1, work_size()).data();
            std::fill_n(work, work_size(), 0.0f);
            step_through(block, weights, group, steps, work);
            read_out(block, group, work);
        } else {
            const auto number = static_cast<std::size_t>(&block - memory_.blocks.data());
            step_through(block, weights, group, steps,
                         memory_.work.data() + (group * memory_.blocks.size() + number) * work_size());
        }
    }
}

/// Currents of a group in some steps, [sample·steps + step][32]. `chains`, a row of such for each drive, are
/// those of the bases at `done`.
void SteppedPass::currents(const Block& block, std::span<const GroupWeights> weights, std::size_t group,
                           std::size_t v, Range steps, std::span<std::size_t> done, MatrixView chains,
                           float* out) const {
    const std::size_t n_rows = block.count * steps.count, first_unit = group * group_width;
    const auto bias =
        std::span(population_.bias).subspan(first_unit, std::min(group_width, n_units() - first_unit));
    const bool brought = !memory_.constant.empty();
    if (brought) {
        for (std::size_t r = 0; r < n_rows; ++r) {
            const float* from = memory_.constant[v].row(block.first + r / steps.count).data() + first_unit;
            std::copy_n(from, bias.size(), out + r * group_width);
            std::fill_n(out + r * group_width + bias.size(), group_width - bias.size(), 0.0f);
        }
    }
    for (std::size_t d = 0, k = 0; d < incoming_.size(); ++d) {
        if (!varies(d)) continue;
        const Memory::Came& came = block.came[d];
        const std::size_t base = source(d).base_of(v);
        float* of_base = chains.row(k).data();
        if (base != done[k]) {
            const Memory::Input& input = came.inputs[base];
            weights[k].chains(whole(steps) ? input.rows : input.of_chunk, 0, n_rows, input.forward, of_base);
            done[k] = base;
        }
        const Memory::Variant& variant = came.variants[v];
        const std::vector<float>& gain = whole(steps) ? variant.gain : variant.gain_of_chunk;
        const bool first = k == 0 && !brought;
        float* to = first ? out : chains.row(chains.rows() - 1).data();
        step_currents(*incoming_[d].weight, first ? bias : std::span<const float>{}, group, n_rows, of_base,
                      variant.changes[memory_.chunks.size() - 1], gain, to);
        if (!first) kernels::active().add(to, n_rows * group_width, out);
        ++k;
    }
}

void SteppedPass::step_through(const Block& block, std::span<const GroupWeights> weights, std::size_t group,
                               Range steps, float* work) {
    const auto& kernels = kernels::active();
    const NeuronModel& neuron = *population_.neuron;
    const std::size_t count = block.count, n_state = neuron.n_state(), size = count * group_width;
    const std::size_t first_unit = group * group_width, n = std::min(group_width, n_units() - first_unit);
    const std::size_t n_rows = count * steps.count;
    // A row of chains for each drive that varies, and one more to add by where there are several.
    const MatrixView chains = scratch(step_chain_slot, weights.size() + 1, n_rows * group_width);
    float* current = scratch(step_current_slot, n_rows, group_width).data();
    const std::size_t per_variant = (n_state + n_sums) * size;
    float *membrane = work + n_variants_ * per_variant, *emitted = membrane + size;
    const auto tile = [&](float* p) { return MatrixView(p, count, n, group_width); };
    const bool fixed = !neuron.fixed_carry().empty();
    const auto reads = [&](auto... readings) {
        return ((population_.measure == readings || population_.output == readings) || ...);
    };
    const bool sums_membrane = reads(Reading::membrane_mean);
    const bool sums_emitted = neuron.spiking() || reads(Reading::rate, Reading::count, Reading::activation);
    const bool shows = request_.sent_steps || request_.watch != nullptr || scores_steps();
    thread_local std::vector<MatrixView> state;
    state.resize(n_state);
    thread_local std::vector<std::size_t> done;
    done.assign(weights.size(), static_cast<std::size_t>(-1));
    for (std::size_t v = 0; v < n_variants_; ++v) {
        currents(block, weights, group, v, steps, done, chains, current);
        float* of_variant = work + v * per_variant;
        for (std::size_t i = 0; i < n_state; ++i) state[i] = tile(of_variant + (n_sums + i) * size);
        for (std::size_t t = 0; t < steps.count; ++t) {
            const std::size_t step = steps.first + t;
            StepView view{};
            const std::size_t stride = steps.count * group_width, kept_stride = n_steps_ * group_width;
            view.current = ConstMatrixView(current + t * group_width, count, n, stride);
            view.state = state;
            view.membrane = tile(membrane);
            view.emitted = tile(emitted);
            if (request_.signal) {
                const std::size_t at = place(v, group, block.first) + step * group_width;
                view.psi = MatrixView(memory_.psi.data() + at, count, n, kept_stride);
                if (!fixed) {
                    view.carry = MatrixView(memory_.carry.data() + at, count, n, kept_stride);
                    view.charge = MatrixView(memory_.charge.data() + at, count, n, kept_stride);
                }
            }
            view.step = static_cast<std::int64_t>(step);
            view.first_unit = first_unit;
            neuron.step(view);
            if (sums_emitted) kernels.add(emitted, size, of_variant + emitted_sum * size);
            if (sums_membrane) kernels.add(membrane, size, of_variant + membrane_sum * size);
            if (!shows) continue;
            for (std::size_t s = 0; s < count; ++s) {
                const std::size_t sample = first_of_wave_ + block.first + s;
                if (request_.sent_steps)
                    std::ranges::copy(view.emitted.row(s),
                                      activity_->sent_steps.row(v, sample, step).subspan(first_unit).begin());
                if (request_.watch != nullptr) activity_->watched.note(v, sample, step, s, view);
                if (scores_steps() && request_.goodness != nullptr)
                    std::ranges::copy(view.emitted.row(s), memory_.measured[v]
                                                               .row((block.first + s) * n_steps_ + step)
                                                               .subspan(first_unit)
                                                               .begin());
            }
        }
        if (steps.first + steps.count == n_steps_)
            std::copy_n(membrane, size, of_variant + last_membrane * size);
    }
}

/// Readouts of a group's units from what their steps added up to.
void SteppedPass::read_out(const Block& block, std::size_t group, const float* work) {
    const std::size_t count = block.count, size = count * group_width, first_unit = group * group_width;
    const std::size_t n = std::min(group_width, n_units() - first_unit);
    const std::size_t per_variant = (population_.neuron->n_state() + n_sums) * size;
    for (std::size_t v = 0; v < n_variants_; ++v) {
        const float* of_variant = work + v * per_variant;
        const auto write = [&](Reading reading, MatrixView to) {
            const std::size_t which = reading == Reading::membrane        ? last_membrane
                                      : reading == Reading::membrane_mean ? membrane_sum
                                                                          : emitted_sum;
            for (std::size_t s = 0; s < count; ++s) {
                kernels::active().scale(of_variant + which * size + s * group_width,
                                        factor_of(reading, time_.steps), n, to.row(s).data() + first_unit);
            }
        };
        if (request_.output) {
            write(population_.output, activity_->output[v].view().rows(first_of_wave_ + block.first, count));
        }
        if (request_.goodness != nullptr && !scores_steps())
            write(population_.measure, memory_.measured[v].view().rows(block.first, count));
        if (population_.neuron->spiking())
            write(Reading::count, memory_.spikes[v].view().rows(block.first, count));
    }
}

void SteppedPass::score(std::size_t first, std::size_t count) {
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t s = first; s < first + count && population_.neuron->spiking(); ++s) {
            const double spikes = kernels::active().sum(memory_.spikes[v].row(s).data(), n_units());
            activity_->rate[v][first_of_wave_ + s] =
                spikes / static_cast<double>(n_units()) / static_cast<double>(n_steps_);
        }
        if (request_.goodness == nullptr) continue;
        const std::size_t of_sample = scores_steps() ? n_steps_ : 1;
        const MatrixView measured = memory_.measured[v].view().rows(first * of_sample, count * of_sample);
        const auto scores = std::span(activity_->goodness[v])
                                .subspan((first_of_wave_ + first) * n_scores(), count * n_scores());
        request_.goodness->evaluate(measured, scores, request_.signal ? measured : MatrixView{},
                                    population_.n_groups);
    }
}

}  // namespace snnff

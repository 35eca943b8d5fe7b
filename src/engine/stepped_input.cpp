// What a pass through the steps takes in: the input of a wave, as rows and as lists of what is not 0.
#include <algorithm>

#include "engine/stepped_pass.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum InputSlot : std::size_t { input_slot = 7 };

}  // namespace

void SteppedPass::take_input(Block& block, Range steps) {
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        if (varies(d)) take_input(block, d, steps);
    }
}

void SteppedPass::take_input(Block& block, std::size_t d, Range steps) {
    const std::size_t count = block.count, n_rows = steps.count * count, n_bases = source(d).n_bases();
    Memory::Came& came = block.came[d];
    const bool keeps = whole(steps) || request_.signal;
    if (steps.first == 0) {
        source(d).reopen(came.steps, first_of_wave_ + block.first, count);
        for (Memory::Input& input : came.inputs) {
            if (keeps) input.rows.begin(count * n_steps_, n_inputs(d));
        }
        for (Memory::Variant& variant : came.variants) variant.gain.clear();
    }
    thread_local std::vector<MatrixView> bases;
    bases.resize(n_bases);
    const MatrixView all = scratch(input_slot, n_bases * n_rows, n_inputs(d));
    for (std::size_t b = 0; b < n_bases; ++b) bases[b] = all.rows(b * n_rows, n_rows);
    came.steps->next(bases);
    for (std::size_t b = 0; b < n_bases; ++b) {
        Memory::Input& input = came.inputs[b];
        if (!whole(steps)) input.of_chunk.begin(n_rows, n_inputs(d));
        for (std::size_t r = 0; r < n_rows; ++r) {
            const std::size_t s = r % count, t = r / count;
            if (keeps) input.rows.put(s * n_steps_ + steps.first + t, bases[b].row(r));
            if (!whole(steps)) input.of_chunk.put(s * steps.count + t, bases[b].row(r));
        }
        if (!whole(steps)) input.of_chunk.end();
        if (keeps && steps.first + steps.count == n_steps_) input.rows.end();
    }
    const auto changing = source(d).changing_inputs();
    const bool counts = d == 0 && source(d).spiking();
    for (std::size_t v = 0; v < n_variants_; ++v) {
        Memory::Variant& variant = came.variants[v];
        take_gains(variant, d, v, block, steps, bases[source(d).base_of(v)]);
        variant.changes.resize(std::max(variant.changes.size(), memory_.chunks.size()));
        StepChanges& changes = variant.changes[memory_.chunks.size() - 1];
        changes.sort(came.steps->changes(v), changing, count, steps.count);
        if (!counts) continue;
        double* received = activity_->spikes_received[v].data() + first_of_wave_ + block.first;
        for (std::size_t r = 0; r < n_rows; ++r) {
            const std::size_t n = changes.end[r] - (r == 0 ? 0 : changes.end[r - 1]);
            received[r / steps.count] += static_cast<double>(n);
        }
        const Memory::Input& input = came.inputs[source(d).base_of(v)];
        const SparseRows& rows = whole(steps) ? input.rows : input.of_chunk;
        for (std::size_t s = 0; s < count; ++s)
            received[s] += static_cast<double>(rows.n_active(s * steps.count, steps.count));
    }
}

/// Gains of the chunk's rows, and of all steps' where they are kept. `input` is [step·count + sample, input].
void SteppedPass::take_gains(Memory::Variant& variant, std::size_t d, std::size_t v, const Block& block,
                             Range steps, MatrixView input) const {
    const auto of_samples = source(d).gain(v);
    const Normalisation* normalisation = incoming_[d].of_steps;
    if (of_samples.empty() && normalisation == nullptr) return;
    const std::size_t count = block.count;
    const auto gain = [&](std::size_t s, std::size_t t) {
        if (normalisation == nullptr) return of_samples[first_of_wave_ + block.first + s];
        return normalise(*normalisation, input.row(t * count + s), 1);
    };
    variant.gain.resize(count * n_steps_);
    variant.gain_of_chunk.resize(whole(steps) ? 0 : count * steps.count);
    for (std::size_t s = 0; s < count; ++s) {
        for (std::size_t t = 0; t < steps.count; ++t) {
            const float of_row = gain(s, t);
            variant.gain[s * n_steps_ + steps.first + t] = of_row;
            if (!whole(steps)) variant.gain_of_chunk[s * steps.count + t] = of_row;
        }
    }
}

void SteppedPass::list_input(Block& block, Range steps) const {
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        for (Memory::Input& input : block.came[d].inputs) {
            const SparseRows& rows = whole(steps) ? input.rows : input.of_chunk;
            if (rows.is_sparse()) {
                rows.list_rows(0, rows.n_rows(), columns_per_part_, input.forward);
            } else {
                input.forward.clear();
            }
        }
    }
    if (request_.signal && steps.first + steps.count == n_steps_) list_backward(block);
}

void SteppedPass::list_backward(Block& block) const {
    const std::size_t n_rows = block.count * n_steps_;
    for (std::size_t d = 0; d < incoming_.size(); ++d) {
        const std::size_t per_task = inputs_per_task(d), n_blocks = ceil_div(n_inputs(d), per_task);
        const std::size_t n_parts = ceil_div(n_rows, rows_per_part_);
        for (Memory::Input& input : block.came[d].inputs) {
            input.backward.resize(input.rows.is_sparse() ? n_parts * n_blocks : 0);
            for (std::size_t i = 0; i < input.backward.size(); ++i) {
                const std::size_t part = i / n_blocks, first_input = i % n_blocks * per_task;
                const std::size_t begin = part * n_rows / n_parts, end = (part + 1) * n_rows / n_parts;
                input.rows.list_columns(begin, end - begin, first_input,
                                        std::min(per_task, n_inputs(d) - first_input), input.backward[i]);
            }
        }
    }
}

}  // namespace snnff

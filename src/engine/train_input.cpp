// What a pass through the steps takes in: the input of a wave, as rows and as lists of what is not 0.
#include <algorithm>

#include "engine/train_pass.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum Slot : std::size_t { input_slot = 7 };

}  // namespace

void TrainPass::take_input(Block& block, Activity& activity) const {
    const std::size_t count = block.count, n_inputs = population_.n_inputs();
    const auto changing = source_.changing_inputs();
    for (Memory::Input& input : block.inputs) input.rows.begin(count * n_steps_, n_inputs);
    for (std::size_t v = 0; v < n_variants_; ++v) {
        Memory::Variant& variant = block.variants[v];
        variant.changes.resize(ceil_div(n_steps_, steps_per_chunk_));
        variant.gain.clear();
        const auto gain = source_.gain(v);
        for (std::size_t s = 0; s < (gain.empty() ? 0 : count); ++s) {
            variant.gain.insert(variant.gain.end(), n_steps_, gain[first_of_wave_ + block.first + s]);
        }
    }
    const auto steps = source_.open(first_of_wave_ + block.first, count);
    thread_local std::vector<MatrixView> bases;
    bases.resize(n_bases_);
    for (std::size_t step = 0, chunk = 0; step < n_steps_; step += steps_per_chunk_, ++chunk) {
        const std::size_t n_steps = std::min(steps_per_chunk_, n_steps_ - step), n_rows = n_steps * count;
        const MatrixView all = scratch(input_slot, n_bases_ * n_rows, n_inputs);
        for (std::size_t b = 0; b < n_bases_; ++b) bases[b] = all.rows(b * n_rows, n_rows);
        steps->next(bases);
        for (std::size_t b = 0; b < n_bases_; ++b) {
            for (std::size_t r = 0; r < n_rows; ++r) {
                block.inputs[b].rows.put(r % count * n_steps_ + step + r / count, bases[b].row(r));
            }
        }
        for (std::size_t v = 0; v < n_variants_; ++v) {
            StepChanges& changes = block.variants[v].changes[chunk];
            changes.sort(steps->changes(v), changing, count, n_steps);
            if (!source_.spiking()) continue;
            double* received = activity.spikes_received[v].data() + first_of_wave_ + block.first;
            for (std::size_t r = 0; r < n_rows; ++r) {
                const std::size_t n = changes.end[r] - (r == 0 ? 0 : changes.end[r - 1]);
                received[r / n_steps] += static_cast<double>(n);
            }
        }
    }
    for (Memory::Input& input : block.inputs) input.rows.end();
    if (!source_.spiking()) return;
    for (std::size_t v = 0; v < n_variants_; ++v) {
        const SparseRows& rows = block.inputs[source_.base_of(v)].rows;
        double* received = activity.spikes_received[v].data() + first_of_wave_ + block.first;
        for (std::size_t s = 0; s < count; ++s)
            received[s] += static_cast<double>(rows.n_active(s * n_steps_, n_steps_));
    }
}

void TrainPass::list_input(Block& block, bool learns) const {
    const std::size_t n_inputs = population_.n_inputs(), n_rows = block.count * n_steps_;
    const std::size_t per_chunk = block.count * steps_per_chunk_;
    for (Memory::Input& input : block.inputs) {
        const bool sparse = input.rows.is_sparse();
        input.forward.resize(sparse ? ceil_div(n_rows, per_chunk) : 0);
        for (std::size_t chunk = 0; chunk < input.forward.size(); ++chunk) {
            const std::size_t first = chunk * per_chunk;
            input.rows.list_rows(first, std::min(per_chunk, n_rows - first), columns_per_part_,
                                 input.forward[chunk]);
        }
        const std::size_t per_task = inputs_per_task(), n_blocks = ceil_div(n_inputs, per_task);
        const std::size_t n_parts = ceil_div(n_rows, rows_per_part_);
        input.backward.resize(sparse && learns ? n_parts * n_blocks : 0);
        for (std::size_t i = 0; i < input.backward.size(); ++i) {
            const std::size_t part = i / n_blocks, first_input = i % n_blocks * per_task;
            const std::size_t begin = part * n_rows / n_parts, end = (part + 1) * n_rows / n_parts;
            input.rows.list_columns(begin, end - begin, first_input,
                                    std::min(per_task, n_inputs - first_input), input.backward[i]);
        }
    }
}

}  // namespace snnff

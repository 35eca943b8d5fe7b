#include "engine/train_pass.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/batch.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

/// Rows of a block, and of a chunk where one sample has more: their currents stay in the second-level cache.
constexpr std::size_t rows_per_block = 400, most_samples_per_block = 16;
/// Samples of a wave: what they leave behind stays in the caches.
constexpr std::size_t most_samples_per_wave = 64;
/// Fewer groups of units than that are cut by inputs too.
constexpr std::size_t enough_tasks = 16;

enum Slot : std::size_t { chain_slot = 1, current_slot, state_slot };

std::size_t samples_per_block(std::size_t n_steps) {
    return std::clamp<std::size_t>(rows_per_block / n_steps, 1, most_samples_per_block);
}

bool counts_emitted(Readout readout) {
    return readout == Readout::rate || readout == Readout::count || readout == Readout::activation;
}

}  // namespace

std::size_t TrainPass::wave_size(const Population& population, const TimeGrid& time, const Drive& drive,
                                 std::size_t budget_bytes) {
    return wave_size(population, time, drive.n_variants(), drive.source->n_bases(), budget_bytes);
}

std::size_t TrainPass::wave_size(const Population& population, const TimeGrid& time, std::size_t n_variants,
                                 std::size_t n_bases, std::size_t budget_bytes) {
    const std::size_t inputs = n_bases * population.n_inputs();
    const std::size_t units = n_variants * n_groups(population.n_units()) * group_width;
    const std::size_t matrices = population.neuron->fixed_carry().empty() ? 3 : 1;
    const std::size_t per_sample =
        static_cast<std::size_t>(time.steps) * sizeof(float) * (inputs + matrices * units);
    return std::clamp<std::size_t>(budget_bytes / per_sample, 1, most_samples_per_wave);
}

std::size_t TrainPass::memory(const Population& population, const TimeGrid& time, const Size& size,
                              bool learns) {
    const auto n_steps = static_cast<std::size_t>(time.steps);
    const std::size_t wave = std::min(
        size.n_samples, wave_size(population, time, size.n_variants, size.n_bases, stored_steps_budget));
    const std::size_t n_rows = wave * n_steps, line = n_groups(population.n_units()) * group_width;
    std::size_t floats = 2 * size.n_variants * wave * population.n_units();  // measured, spikes
    // A bit for each element, and for each of a quarter of them its place, 16 bits long, in one or two lists.
    const std::size_t n_elements = size.n_bases * n_rows * population.n_inputs();
    const std::size_t input_bytes =
        n_elements / 8 + n_elements / 4 * (learns ? 2 : 1) * sizeof(std::uint16_t);
    if (learns) {
        const std::size_t n_stored = population.neuron->fixed_carry().empty() ? 3 : 1;
        floats += n_stored * size.n_variants * n_rows * line;
        const std::size_t n_chains = size.n_bases * ceil_div(size.n_samples, samples_per_chain);
        const std::size_t n_sums = static_cast<std::size_t>(std::bit_width(n_chains));
        floats += (size.n_bases + n_sums) * line * population.n_inputs() + line * size.n_changed;
    }
    return floats * sizeof(float) + input_bytes;
}

std::size_t TrainPass::scratch_memory(const Population& population, const TimeGrid& time, const Size& size) {
    const auto n_steps = static_cast<std::size_t>(time.steps);
    const std::size_t n_samples = samples_per_block(n_steps);
    const std::size_t n_rows = n_samples * std::min(n_steps, rows_per_block),
                      n_inputs = population.n_inputs();
    // The input of a block; currents and their chains, states and the weights of a group of units.
    const std::size_t n_states = size.n_variants * (population.neuron->n_state() + 3) + 2;
    return (size.n_bases * n_rows * n_inputs +
            group_width * (2 * n_rows + n_states * n_samples + n_inputs + n_inputs / 64)) *
           sizeof(float);
}

std::size_t TrainPass::wave_end(std::size_t first, std::size_t wave_size, std::size_t n_samples) noexcept {
    const std::size_t end_of_chains = (first / samples_per_chain + 1) * samples_per_chain;
    return std::min({first + wave_size, end_of_chains, n_samples});
}

TrainPass::TrainPass(const Population& population, const TimeGrid& time, const Drive& drive, Memory& memory)
    : population_(population),
      time_(time),
      source_(*drive.source),
      memory_(memory),
      n_steps_(static_cast<std::size_t>(time.steps)),
      n_groups_(n_groups(population.n_units())),
      n_variants_(drive.n_variants()),
      n_bases_(source_.n_bases()),
      samples_per_block_(samples_per_block(n_steps_)),
      steps_per_chunk_(samples_per_block_ > 1 ? n_steps_ : std::min(n_steps_, rows_per_block)) {}

void TrainPass::forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity) {
    const auto grow = [&](std::vector<std::vector<double>>& numbers, std::size_t n_lists,
                          std::size_t per_sample = 1) {
        numbers.resize(n_lists);
        for (std::vector<double>& of_variant : numbers) {
            of_variant.resize(first * per_sample);
            of_variant.resize((first + n) * per_sample, 0.0);
        }
    };
    grow(activity.goodness, n_variants_, population_.n_groups);
    grow(activity.rate, n_variants_);
    grow(activity.spikes_received, source_.spiking() ? n_variants_ : 0);
    if (request.signal) return run_wave(first, n, request, activity);
    const std::size_t wave = wave_size(population_, time_, {{}, &source_}, stored_steps_budget);
    for (std::size_t done = 0; done < n; done += wave) {
        run_wave(first + done, std::min(wave, n - done), request, activity);
    }
}

void TrainPass::run_wave(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity) {
    first_of_wave_ = first;
    n_in_wave_ = n;
    make_room(n, request);
    std::vector<Block>& blocks = memory_.blocks;
    for_blocks(blocks.size(), 1, [&](std::size_t b, std::size_t) { take_input(blocks[b], activity); });
    double n_active = 0.0, n_all = 0.0;
    for (const Block& block : blocks) {
        for (const Memory::Input& input : block.inputs) {
            n_active += static_cast<double>(input.rows.n_active(0, input.rows.n_rows()));
            n_all += static_cast<double>(input.rows.n_rows() * input.rows.n_columns());
        }
    }
    columns_per_part_ = rows_per_part_ = columns_per_part(n_active / n_all);
    for_blocks(blocks.size(), 1, [&](std::size_t b, std::size_t) { list_input(blocks[b], request.signal); });
    const std::size_t n_parts =
        std::clamp<std::size_t>(ceil_div(2 * enough_tasks, n_groups_), 1, blocks.size());
    for_blocks(n_groups_ * n_parts, 1, [&](std::size_t task, std::size_t) {
        const std::size_t part = task % n_parts;
        const std::size_t begin = part * blocks.size() / n_parts, end = (part + 1) * blocks.size() / n_parts;
        respond(task / n_parts, std::span(blocks).subspan(begin, end - begin), request, activity);
    });
    for_blocks(n, 16, [&](std::size_t begin, std::size_t count) { score(begin, count, request, activity); });
}

void TrainPass::make_room(std::size_t n, ForwardRequest request) {
    Memory& memory = memory_;
    const std::size_t n_blocks = ceil_div(n, samples_per_block_);
    for (; memory.blocks.size() > n_blocks; memory.blocks.pop_back())
        memory.spare.push_back(std::move(memory.blocks.back()));
    for (; memory.blocks.size() < n_blocks && !memory.spare.empty(); memory.spare.pop_back())
        memory.blocks.push_back(std::move(memory.spare.back()));
    memory.blocks.resize(n_blocks);
    for (std::size_t b = 0; b < memory.blocks.size(); ++b) {
        Block& block = memory.blocks[b];
        block.first = b * samples_per_block_;
        block.count = std::min(samples_per_block_, n - block.first);
        block.inputs.resize(n_bases_);
        block.variants.resize(n_variants_);
    }
    if (memory.n_samples < n || memory.measured.size() != n_variants_ ||
        memory.measured[0].cols() != n_units()) {
        memory.n_samples = n;
        shape(memory.measured, n_variants_, n, n_units());
        shape(memory.spikes, n_variants_, n, n_units());
    }
    if (!request.signal) return;
    // Units past the last of a panel are never written and stay 0.
    const std::size_t size = n_variants_ * n_groups_ * memory.n_samples * n_steps_ * group_width;
    const bool fixed = !population_.neuron->fixed_carry().empty();
    if (memory.psi.size() != size) memory.psi.assign(size, 0.0f);
    for (AlignedVector<float>* slopes : {&memory.carry, &memory.drive}) {
        if (slopes->size() != (fixed ? 0 : size)) slopes->assign(fixed ? 0 : size, 0.0f);
    }
}

std::size_t TrainPass::inputs_per_task() const noexcept {
    const std::size_t n_blocks = ceil_div(enough_tasks, n_groups_);
    return std::max<std::size_t>(64, ceil_div(ceil_div(population_.n_inputs(), n_blocks), 64) * 64);
}

void TrainPass::respond(std::size_t group, std::span<Block> blocks, ForwardRequest request,
                        Activity& activity) {
    const GroupWeights weights(population_.weight, group, columns_per_part_);
    for (const Block& block : blocks) step_through(block, weights, group, request, activity);
}

void TrainPass::step_through(const Block& block, const GroupWeights& weights, std::size_t group,
                             ForwardRequest request, Activity& activity) {
    const auto& kernels = kernels::active();
    const NeuronModel& neuron = *population_.neuron;
    const std::size_t count = block.count, n_state = neuron.n_state(), size = count * group_width;
    const std::size_t first_unit = group * group_width, n = std::min(group_width, n_units() - first_unit);
    const std::size_t most_rows = count * steps_per_chunk_;
    float* chains = scratch(chain_slot, most_rows, group_width).data();
    float* currents = scratch(current_slot, most_rows, group_width).data();
    // Of each variant: its state, and sums of what is emitted and of membranes; then what one step leaves.
    enum : std::size_t { emitted_sum, membrane_sum, last_membrane, n_sums };
    const std::size_t per_variant = (n_state + n_sums) * size;
    float* work = scratch(state_slot, 1, n_variants_ * per_variant + 2 * size).data();
    std::fill_n(work, n_variants_ * per_variant + 2 * size, 0.0f);
    float *membrane = work + n_variants_ * per_variant, *emitted = membrane + size;
    const auto tile = [&](float* p) { return MatrixView(p, count, n, group_width); };
    const bool sums_membrane =
        population_.measure == Readout::membrane_mean || population_.output == Readout::membrane_mean;
    const bool sums_emitted =
        neuron.spiking() || counts_emitted(population_.measure) || counts_emitted(population_.output);
    const bool fixed = !neuron.fixed_carry().empty();
    thread_local std::vector<MatrixView> state;
    state.resize(n_state);
    for (std::size_t step = 0, chunk = 0; step < n_steps_; step += steps_per_chunk_, ++chunk) {
        const std::size_t n_steps = std::min(steps_per_chunk_, n_steps_ - step), n_rows = n_steps * count;
        std::size_t done = n_bases_;
        for (std::size_t v = 0; v < n_variants_; ++v) {
            const std::size_t base = source_.base_of(v);
            if (base != done) {
                const Memory::Input& input = block.inputs[base];
                const auto lists =
                    input.forward.empty() ? std::span<const SpikeList>{} : std::span(input.forward[chunk]);
                weights.chains(input.rows, step * count, n_rows, lists, chains);
                done = base;
            }
            const Memory::Variant& variant = block.variants[v];
            const auto gain = std::span(variant.gain).subspan(variant.gain.empty() ? 0 : step * count);
            step_currents(population_, group, n_rows, chains, variant.changes[chunk], gain, currents);
            float* of_variant = work + v * per_variant;
            for (std::size_t i = 0; i < n_state; ++i) state[i] = tile(of_variant + (n_sums + i) * size);
            for (std::size_t t = 0; t < n_steps; ++t) {
                StepView view{};
                const std::size_t stride = n_steps * group_width, kept_stride = n_steps_ * group_width;
                view.current = ConstMatrixView(currents + t * group_width, count, n, stride);
                view.state = state;
                view.membrane = tile(membrane);
                view.emitted = tile(emitted);
                if (request.signal) {
                    const std::size_t at = place(v, group, block.first) + (step + t) * group_width;
                    view.psi = MatrixView(memory_.psi.data() + at, count, n, kept_stride);
                    if (!fixed) {
                        view.carry = MatrixView(memory_.carry.data() + at, count, n, kept_stride);
                        view.drive = MatrixView(memory_.drive.data() + at, count, n, kept_stride);
                    }
                }
                view.step = static_cast<std::int64_t>(step + t);
                view.first_unit = first_unit;
                neuron.step(view);
                if (sums_emitted) kernels.add(emitted, size, of_variant + emitted_sum * size);
                if (sums_membrane) kernels.add(membrane, size, of_variant + membrane_sum * size);
            }
            if (step + n_steps == n_steps_) std::copy_n(membrane, size, of_variant + last_membrane * size);
        }
    }
    for (std::size_t v = 0; v < n_variants_; ++v) {
        const float* of_variant = work + v * per_variant;
        const auto write = [&](Readout readout, float factor, MatrixView to) {
            const std::size_t which = readout == Readout::membrane        ? last_membrane
                                      : readout == Readout::membrane_mean ? membrane_sum
                                                                          : emitted_sum;
            for (std::size_t s = 0; s < count; ++s) {
                kernels.scale(of_variant + which * size + s * group_width, factor, n,
                              to.row(s).data() + first_unit);
            }
        };
        if (request.output) {
            write(population_.output, readout_factor(population_.output, n_steps_),
                  activity.output[v].view().rows(first_of_wave_ + block.first, count));
        }
        if (request.goodness != nullptr) {
            write(population_.measure, readout_factor(population_.measure, n_steps_),
                  memory_.measured[v].view().rows(block.first, count));
        }
        if (neuron.spiking()) write(Readout::count, 1.0f, memory_.spikes[v].view().rows(block.first, count));
    }
}

void TrainPass::score(std::size_t first, std::size_t count, ForwardRequest request, Activity& activity) {
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t s = first; s < first + count && population_.neuron->spiking(); ++s) {
            const double spikes = kernels::active().sum(memory_.spikes[v].row(s).data(), n_units());
            activity.rate[v][first_of_wave_ + s] =
                spikes / static_cast<double>(n_units()) / static_cast<double>(n_steps_);
        }
        if (request.goodness == nullptr) continue;
        const MatrixView measured = memory_.measured[v].view().rows(first, count);
        const std::size_t n_scores = population_.n_groups;
        const auto scores =
            std::span(activity.goodness[v]).subspan((first_of_wave_ + first) * n_scores, count * n_scores);
        request.goodness->evaluate(measured, scores, request.signal ? measured : MatrixView{}, n_scores);
    }
}

}  // namespace snnff
